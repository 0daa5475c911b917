"""A model's checkpoint from the hub, fetched once for all checkouts of this user."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from export.stages import programs, stamps
from export.stages.console import Step
from export.stages.paths import user_cache

if TYPE_CHECKING:
    from pathlib import Path

    from export.stages.models import Model

FOLDER = "hub"
LISTING = "hub.json"
COMMIT = re.compile(r"[0-9a-f]{40}")


def source(python: Path, model: Model) -> Path:
    """Fetch the repository's checkpoint at its revision; returns its folder.

    Where a branch or tag was asked for, the commit that it was at the first time is kept.

    Raises:
        BuildError: The downloader's own sentence.
    """
    folder = place_of(model)
    name = f"hub-{folder.name}"
    if not stamps.is_fresh(name, identity(folder), [folder / LISTING]):
        revision = commit_in(folder) or model.revision
        title = model.title if model.name else f"{model.repo} of the hub"
        with Step(f"The model {title}") as step:
            outcome = programs.run(
                [python, "-m", "export.hub", model.repo, revision, "--out", folder],
                step,
                log=f"hub-{model.id}",
                report=lambda line: line,
                env={"PYTHONPATH": "py"},
            )
            outcome.check(f"Fetching {title}")
            step.note(outcome.output.strip().rpartition("\n")[2])
        stamps.mark(name, identity(folder))
    return folder


def place_of(model: Model) -> Path:
    """Where a repository's checkpoint at its revision lies, for all checkouts of this user."""
    is_commit = COMMIT.fullmatch(model.revision)
    revision = model.revision[:12] if is_commit else model.revision
    return user_cache() / FOLDER / f"{model.repo.replace('/', '--')}-{revision}"


def commit_in(folder: Path) -> str:
    """The commit whose files were fetched into a folder; empty where none were."""
    try:
        told = json.loads((folder / LISTING).read_text(encoding="utf-8"))
        return told["revision"] if COMMIT.fullmatch(told["revision"]) else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def identity(folder: Path) -> str:
    """What the files looked like when their hashes were last checked, which takes a while."""
    try:
        files = json.loads((folder / LISTING).read_text(encoding="utf-8"))["files"]
        seen = [(folder / name).stat() for name in sorted(files)]
    except (OSError, ValueError, KeyError, TypeError):
        return "absent"
    return " ".join(f"{one.st_size}:{one.st_mtime_ns}" for one in seen)
