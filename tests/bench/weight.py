"""What the site weighs: its files on the disk, and what crosses the network."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LARGE = 500_000
MB = 1_000_000


def kind_of(path: str) -> str:
    """The part of the site that a path belongs to, for a sum."""
    parts = path.strip("/").split("/")
    return f"{parts[0]}/" if len(parts) > 1 else "the page's own files"


def listing(dist: Path) -> list[str]:
    """The large files one by one, the others summed by folder; largest first."""
    sums: Counter[str] = Counter()
    for file in dist.rglob("*"):
        if file.is_file():
            path = file.relative_to(dist).as_posix()
            size = file.stat().st_size
            sums[path if size >= LARGE else f"{kind_of(path)} (small files)"] += size
    rows = [f"| {path} | {size / MB:.2f} |" for path, size in sums.most_common()]
    return ["| dist/ | MB |", "|---|---|", *rows, f"| all | {sums.total() / MB:.2f} |"]


def sent(counts: Mapping[str, Mapping[str, int]], folder: str) -> list[str]:
    """Bytes that the server sent in each kind of visit, the model's apart."""
    lines = ["| over the network | site, MB | model, MB | files |", "|---|---|---|---|"]
    for name, paths in counts.items():
        of_model = sum(size for path, size in paths.items() if f"{folder}/models/" in path)
        of_site = sum(paths.values()) - of_model
        lines.append(f"| {name} | {of_site / MB:.2f} | {of_model / MB:.2f} | {len(paths)} |")
    return lines
