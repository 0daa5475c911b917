"""The texts that a licence asks to go with a model, kept beside the exported files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from export.stages import releases, stamps
from export.stages.paths import ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

    from export.stages.models import Model

FOLDER = "licence"
ROOM = 1_000_000
SOURCES = (ROOT / "export" / "licence.py", ROOT / "export" / "plain_text.py")


def ensure(python: Path, model: Model, folder: Path) -> None:
    """Put them there, for a model whose licence asks for it.

    Raises:
        BuildError: They are not to be had: the model is not passed on without them.
    """
    release, place = model.release, folder / FOLDER
    if release is None or release.terms is None:
        shutil.rmtree(place, ignore_errors=True)
        return
    terms = release.terms
    text, beside = releases.checked_terms(release, terms)
    told = [f"--title={terms.title}", f"--notice={terms.notice}", f"--file={release.file.name}"]
    name = f"licence-{folder.name}"
    wanted = stamps.digest(*SOURCES, text, beside, *told)
    if stamps.is_fresh(name, wanted, [place]):
        return
    making = Making(f"The {terms.title}", "Writing the licence", name, "licence", ROOM)
    new = folder.with_name(f"{folder.name}.licence.new")
    command = [python, "-m", "export.licence", *told, "--text", text, "--beside", beside]
    remake(making, place, new, command)
    stamps.mark(name, wanted)
