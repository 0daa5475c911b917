"""The map of a model's vocabulary, made from the exported files and kept beside them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from export.stages import stamps
from export.stages.folders import link_tree
from export.stages.paths import CACHE, LOCKS, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "atlas"
MADE = CACHE / "atlases"
ROOM = 20_000_000
CORE = ROOT / "py" / "seethrough" / "core"
# Narrow, for it takes longest of all stages: what the rows, the texts and the layouts come from.
SOURCES = (
    ROOT / "export" / "asset_lists.py",
    ROOT / "export" / "atlas.py",
    ROOT / "export" / "atlas_rows.py",
    ROOT / "export" / "layout.py",
    *(CORE / f"{name}.py" for name in ("atlas", "near", "token_kinds", "weights")),
    *(CORE / f"{name}.py" for name in ("arithmetic", "atlas_rows", "row_words", "word_groups")),
    *sorted(CORE.glob("tokenizer*.py")),
)


def ensure(python: Path, model: Path) -> Path:
    """Make a model's map unless neither its weights, its tokeniser nor the maker changed.

    It is made beside the models, for an export puts a new folder in the place of the model's.

    Returns: The folder of the map, inside the model's.

    Raises:
        BuildError: No room, or the maker's own sentence.
    """
    made, name = MADE / model.name, f"atlas-{model.name}"
    wanted = stamps.digest(*SOURCES, LOCKS / "export.txt", *_content(model))
    if not stamps.is_fresh(name, wanted, [made]):
        title = f"Drawing the map of {model.name}"
        making = Making(title, "Drawing the map", stamp=name, log="atlas", room=ROOM)
        new = made.with_name(f"{model.name}.new")
        remake(making, made, new, [python, "-m", "export.atlas", model])
        stamps.mark(name, wanted)
    if _listed(model / FOLDER) != _listed(made):
        drop(model)
        link_tree(made, model / FOLDER)
    return model / FOLDER


def drop(model: Path) -> None:
    """Take the map away from a model that is to have none; it stays for a later build."""
    shutil.rmtree(model / FOLDER, ignore_errors=True)


def _listed(folder: Path) -> str:
    """The list of a map's files, which tells their hashes."""
    file = folder / "assets.json"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _content(model: Path) -> list[str]:
    """What identifies the rows and the texts: another graph over them changes no map."""
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    files = [row for row in manifest.get("assets", ()) if row["kind"] in {"weights", "tokenizer"}]
    return [model.name, *(row["sha256"] for row in files)]
