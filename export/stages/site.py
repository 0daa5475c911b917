"""dist/: assembled beside the old one and swapped in whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import programs, stamps
from export.stages.console import Step, megabytes
from export.stages.folders import check_room, link_tree, size_of, start_anew, swap_in
from export.stages.paths import CACHE, DIST, ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROOM = 300_000_000
SOURCES = (ROOT / "py", ROOT / "web", ROOT / "export")


def ensure(python: Path, *, models: Sequence[Path], modules: Path, wheels: Path) -> Path:
    """Assemble the site unless neither its sources nor what it carries changed.

    Returns: The dist folder, whole.

    Raises:
        BuildError: No room, or the site builder's own sentence.
    """
    made = [model / part for model in models for part in ("manifest.json", "recordings")]
    carried = (modules / "pyodide" / "package.json", *made)
    wanted = stamps.digest(*SOURCES, *carried, wheels.name)
    if not stamps.is_fresh("site", wanted, [DIST / "index.html"]):
        _assemble(python, models, modules, wheels)
        stamps.mark("site", wanted)
    return DIST


def _assemble(python: Path, models: Sequence[Path], modules: Path, wheels: Path) -> None:
    new = CACHE / "site.new"
    start_anew(new)
    check_room(new, ROOM, "Assembling the site")
    command = [python, "-m", "export.site", "--out", new, "--models", *models]
    command += ["--node", modules, "--pyodide", wheels]
    with Step("Assembling the site") as step:
        outcome = programs.run(
            command, step, log="site", report=lambda line: line, env={"PYTHONPATH": "py"}
        )
        outcome.check("Assembling the site")
        for model in models:
            if not (new / "models" / model.name).exists():
                link_tree(model, new / "models" / model.name)
        step.note(megabytes(size_of(new)))
        stamps.forget("site")
        swap_in(new, DIST)
