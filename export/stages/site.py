"""dist/: assembled beside the old one and swapped in whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import node, stamps
from export.stages.folders import link_tree, size_of
from export.stages.paths import CACHE, DIST, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Beside the models, which are copied.
ROOM = 200_000_000
SOURCES = (ROOT / "py", ROOT / "web", ROOT / "export")


def ensure(
    python: Path, *, models: Sequence[Path], modules: Path, bytecode: Path, command: str
) -> Path:
    """Assemble the site unless neither its sources nor what it carries changed.

    Args:
        command: What a person types for this site and ANOTHER model; the page says it.

    Returns: The dist folder, whole.

    Raises:
        BuildError: No room, or the site builder's own sentence.
    """
    # What was made beside a model lies in folders of its own (export/asset_lists.py).
    beside = [one for model in models for one in sorted(model.iterdir()) if one.is_dir()]
    made = [*(model / "manifest.json" for model in models), *beside]
    carried = (modules / "pyodide" / "package.json", *made)
    wanted = stamps.digest(*SOURCES, *carried, bytecode, command)
    if not stamps.is_fresh("site", wanted, [DIST / "index.html"]):
        _assemble(python, models, modules, bytecode, command)
        stamps.mark("site", wanted)
    return DIST


def _assemble(
    python: Path, models: Sequence[Path], modules: Path, bytecode: Path, said: str
) -> None:
    title = doing = "Assembling the site"
    room = ROOM + sum(map(size_of, models))
    making = Making(title, doing, stamp="site", log="site", room=room)
    new = CACHE / "site.new"
    node.program("node")  # our package is compiled on the way
    command = [python, "-m", "export.site", "--models", *models]
    command += ["--node", modules, "--bytecode", bytecode, "--command", said]

    def link_models() -> None:
        for model in models:
            if not (new / "models" / model.name).exists():
                link_tree(model, new / "models" / model.name)

    remake(making, DIST, new, command, finish=link_models)
