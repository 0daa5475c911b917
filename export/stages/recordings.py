"""The recorded walks of a model, made with the exported files and kept beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import stamps
from export.stages.paths import LOCKS, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

ROOM = 20_000_000
SOURCES = (
    ROOT / "export" / "asset_lists.py",
    ROOT / "export" / "record.py",
    ROOT / "export" / "record_parts.py",
    ROOT / "export" / "native.py",
    ROOT / "py" / "seethrough" / "core",
)


def ensure(python: Path, model: Path) -> Path:
    """Record the curated prompts unless neither the model nor the recorder changed.

    Returns: The folder of the recordings, inside the model's.

    Raises:
        BuildError: No room, or the recorder's own sentence.
    """
    folder = model / "recordings"
    name = f"recordings-{model.name}"
    wanted = stamps.digest(*SOURCES, LOCKS / "export.txt", model / "manifest.json")
    if not stamps.is_fresh(name, wanted, [folder]):
        _record(python, model, folder, name)
        stamps.mark(name, wanted)
    return folder


def _record(python: Path, model: Path, folder: Path, name: str) -> None:
    title = f"Recording walks with {model.name}"
    making = Making(title, "Recording the walks", stamp=name, log="record", room=ROOM)
    new = model.with_name(f"{model.name}.recordings.new")
    remake(making, folder, new, [python, "-m", "export.record", model])
