"""Stamps: a stage is done while a hash of what went into it stays the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from export.stages.paths import STAMPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 20
IGNORED = {"__pycache__", "node_modules", ".DS_Store"}


def digest(*parts: Path | str) -> str:
    """One hash of words, files and whole folders (names and contents, in a fixed order)."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(f"word {part}\0".encode())
            continue
        for file in _files(part):
            name = file.relative_to(part).as_posix()
            total.update(f"file {part.name}/{name} {sha256(file)}\0".encode())
    return total.hexdigest()


def sha256(file: Path) -> str:
    """The file's SHA-256 in hexadecimal, as lock files spell it."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_fresh(name: str, wanted: str, outputs: Iterable[Path]) -> bool:
    """True when the stage ran for the same inputs and what it made is still there."""
    stamp = STAMPS / name
    return (
        stamp.is_file()
        and stamp.read_text(encoding="ascii") == wanted
        and all(output.exists() for output in outputs)
    )


def forget(name: str) -> None:
    """Before a stage starts: until `mark`, nothing it leaves behind counts as made."""
    (STAMPS / name).unlink(missing_ok=True)


def mark(name: str, made: str) -> None:
    """After a stage ended: what it made is good for these inputs."""
    write_whole(STAMPS / name, made)


def write_whole(file: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(text, encoding="ascii")
    partial.replace(file)


def _files(part: Path) -> Iterator[Path]:
    if part.is_file():
        yield part
        return
    for path in sorted(part.rglob("*")):
        if path.is_file() and not IGNORED.intersection(path.relative_to(part).parts):
            yield path
