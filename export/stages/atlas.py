"""The map of a model's vocabulary, made from the exported files and kept beside them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from export.stages import stamps
from export.stages.paths import LOCKS, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "atlas"
ROOM = 20_000_000
CORE = ROOT / "py" / "seethrough" / "core"
# Narrow, for it takes longest of all stages: what the rows, the texts and the layouts come from.
SOURCES = (
    ROOT / "export" / "asset_lists.py",
    ROOT / "export" / "atlas.py",
    ROOT / "export" / "layout.py",
    *(CORE / f"{name}.py" for name in ("atlas", "near", "token_kinds", "weights")),
    *sorted(CORE.glob("tokenizer*.py")),
)


def ensure(python: Path, model: Path) -> Path:
    """Make a model's map unless neither its weights, its tokeniser nor the maker changed.

    Returns: The folder of the map, inside the model's.

    Raises:
        BuildError: No room, or the maker's own sentence.
    """
    folder, name = model / FOLDER, f"atlas-{model.name}"
    wanted = stamps.digest(*SOURCES, LOCKS / "export.txt", *_content(model))
    if not stamps.is_fresh(name, wanted, [folder]):
        title = f"Drawing the map of {model.name}"
        making = Making(title, "Drawing the map", stamp=name, log="atlas", room=ROOM)
        new = model.with_name(f"{model.name}.atlas.new")
        remake(making, folder, new, [python, "-m", "export.atlas", model])
        stamps.mark(name, wanted)
    return folder


def drop(model: Path) -> None:
    """Remove the map of an earlier build from a model that is to have none."""
    stamps.forget(f"atlas-{model.name}")
    shutil.rmtree(model / FOLDER, ignore_errors=True)


def _content(model: Path) -> list[str]:
    """What identifies the rows and the texts: another graph over them changes no map."""
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    files = [row for row in manifest["assets"] if row["kind"] in {"weights", "tokenizer"}]
    return [manifest["id"], *(row["sha256"] for row in files)]
