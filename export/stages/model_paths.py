"""What lies at a path that stands for a model: a checkpoint, or a folder of the hub's own cache."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from export.stages.errors import BuildError

if TYPE_CHECKING:
    from pathlib import Path

README_START = 4096
CACHED = "models--"
SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class Place:
    """A checkpoint on the disk: its path, its name for readers, where it is from."""

    path: Path
    title: str
    origin: str
    revision: str = ""


def place_at(path: Path) -> Place:
    """What a path leads to; of a folder of the hub's cache, the snapshot in it.

    Raises:
        BuildError: It is the hub's cache, and does not say which model of it.
    """
    if path.is_dir() and not (path / "config.json").exists():
        path = _snapshot_in(path)
    if path.parent.name == SNAPSHOTS and path.parent.parent.name.startswith(CACHED):
        repo = path.parent.parent.name.removeprefix(CACHED).replace("--", "/", 1)
        return Place(path, repo.rpartition("/")[2], f"Hugging Face {repo}", path.name)
    title = _printable(path.name if path.is_dir() else path.stem)
    kind = "folder" if path.is_dir() else "file"
    return Place(path, title, f"local {kind} {_printable(path.name)}")


def slug_of(title: str) -> str:
    """A name for addresses: ASCII letters, digits, points and hyphens.

    Letters lose their accents; a name in another script alone becomes a number made of it.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9.]+", "-", plain.lower()).strip("-.")
    return slug or f"model-{sha256(title.encode()).hexdigest()[:8]}"


def licence_of(path: Path) -> str:
    """What a folder's model card says of the licence, in its first lines; empty: nothing."""
    card = path / "README.md"
    if not card.is_file():
        return ""
    with card.open(encoding="utf-8", errors="replace") as file:
        start = file.read(README_START)
    found = re.match(r"---\n(?:(?!---).*\n)*?license:[ \t]*([\w.-]+)[ \t]*\n", start, re.ASCII)
    return found[1] if found else ""


def _snapshot_in(folder: Path) -> Path:
    """The snapshot that a model's folder in the hub's cache means; any other folder is itself."""
    if (folder / SNAPSHOTS).is_dir():
        return _one_of(folder)
    models = sorted(one.name for one in folder.glob(f"{CACHED}*") if (one / SNAPSHOTS).is_dir())
    if models:
        raise BuildError(
            "The folder {folder} is the hub's cache. Name one of its models: {models}.",
            folder=folder.name,
            models=", ".join(str(folder / one) for one in models[:5]),
        )
    return folder


def _one_of(folder: Path) -> Path:
    found = sorted(one for one in (folder / SNAPSHOTS).iterdir() if one.is_dir())
    head = folder / "refs" / "main"
    named = head.read_text("utf-8", "replace").strip() if head.is_file() else ""
    chosen = [one for one in found if one.name == named] or found
    if len(chosen) != 1:
        raise BuildError(
            "The folder {folder} of the hub's cache holds {n} snapshots. Name one: {names}.",
            folder=folder.name,
            n=len(chosen),
            names=", ".join(map(str, chosen[:5])) or "none is there, so fetch the model again",
        )
    return chosen[0]


def _printable(name: str) -> str:
    """A file's name as text that can be written: undecodable bytes are replaced."""
    return name.encode("utf-8", "replace").decode()
