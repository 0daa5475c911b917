"""The numbers that the page holds itself to at every start, kept beside the exported files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import stamps
from export.stages.paths import LOCKS, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "check"
ROOM = 1_000_000
SOURCES = (
    ROOT / "export" / "asset_lists.py",
    ROOT / "export" / "self_check.py",
    ROOT / "py" / "seethrough" / "core",
)


def ensure(python: Path, model: Path) -> Path:
    """Compute a model's check unless neither the model nor the reference changed.

    Returns: The folder of the check, inside the model's.

    Raises:
        BuildError: No room, or the maker's own sentence.
    """
    folder, name = model / FOLDER, f"check-{model.name}"
    wanted = stamps.digest(*SOURCES, LOCKS / "export.txt", model / "manifest.json")
    if not stamps.is_fresh(name, wanted, [folder]):
        title = f"Computing the self-check of {model.name}"
        making = Making(title, "Computing the self-check", stamp=name, log="self-check", room=ROOM)
        new = model.with_name(f"{model.name}.check.new")
        remake(making, folder, new, [python, "-m", "export.self_check", model])
        stamps.mark(name, wanted)
    return folder
