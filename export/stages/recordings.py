"""The recorded walks of a model, made with the exported files and kept beside them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from export.stages import stamps
from export.stages.paths import CACHE, LOCKS, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "recordings"
ROOM = 80_000_000
SOURCES = (
    ROOT / "export" / "asset_lists.py",
    ROOT / "export" / "prompts.py",
    ROOT / "export" / "gallery.py",
    ROOT / "export" / "documents.py",
    ROOT / "export" / "record.py",
    ROOT / "export" / "record_documents.py",
    ROOT / "export" / "record_gallery.py",
    ROOT / "export" / "gallery_drafts.json",
    ROOT / "export" / "record_heads.py",
    ROOT / "export" / "record_insides.py",
    ROOT / "export" / "record_parts.py",
    ROOT / "export" / "native.py",
    ROOT / "py" / "seethrough" / "core",
)


def ensure(python: Path, model: Path, prompts: str = "") -> Path:
    """Record the prompts unless neither they, the model nor the recorder changed.

    Args:
        prompts: The text of a list of prompts (export/prompts.py); empty: the usual ones.

    Returns: The folder of the recordings, inside the model's.

    Raises:
        BuildError: No room, or the recorder's own sentence.
    """
    folder = model / FOLDER
    name = f"recordings-{model.name}"
    told = [prompts] if prompts else []
    wanted = stamps.digest(*SOURCES, LOCKS / "export.txt", model / "manifest.json", *told)
    if not stamps.is_fresh(name, wanted, [folder]):
        _record(python, model, folder, name, prompts)
        stamps.mark(name, wanted)
    return folder


def drop(model: Path) -> None:
    """Remove the walks of an earlier build from a model that is to have none."""
    stamps.forget(f"recordings-{model.name}")
    shutil.rmtree(model / FOLDER, ignore_errors=True)


def _record(python: Path, model: Path, folder: Path, name: str, prompts: str) -> None:
    title = f"Recording walks with {model.name}"
    making = Making(title, "Recording the walks", stamp=name, log="record", room=ROOM)
    new = model.with_name(f"{model.name}.recordings.new")
    command = [python, "-m", "export.record", model]
    if prompts:
        file = CACHE / f"{name}.json"
        file.write_text(prompts, encoding="utf-8")
        command += ["--prompts", file]
    remake(making, folder, new, command)
