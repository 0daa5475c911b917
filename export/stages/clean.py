"""build.py clean: remove what was made here, and on request what was downloaded."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from export.stages import hub, releases, venv
from export.stages.console import Step, megabytes
from export.stages.errors import BuildError
from export.stages.folders import size_of
from export.stages.paths import CACHE, DIST, VENV, shown, user_cache

if TYPE_CHECKING:
    from pathlib import Path


def clean(*, is_downloads: bool) -> None:
    """Remove dist/, .cache/ and our .venv; with downloads, our folders in the user's cache too."""
    # The lock is held by this very process, and Windows removes no open file.
    ours = [DIST, *(path for path in CACHE.iterdir() if path.name != "lock")]
    if venv.GROUPS.exists():
        ours.append(VENV)
    if is_downloads:
        cache = user_cache()
        ours += [*(cache / one.folder for one in releases.ALL), cache / hub.FOLDER]
        ours += [*cache.glob("pyodide-*"), *cache.glob("work-*")]
    for path in ours:
        if path.exists():
            _remove(path)


def _remove(path: Path) -> None:
    with Step(f"Removing {shown(path)}") as step:
        step.note(megabytes(size_of(path)))
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            raise BuildError(
                "{path} cannot be removed ({error}). Stop what uses it, then run this again.",
                path=shown(path),
                error=error.strerror,
            ) from error
