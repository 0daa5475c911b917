"""The virtual environment .venv, and the pinned package groups in it, installed on demand."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

from export.stages import programs, stamps
from export.stages.console import Step, megabytes
from export.stages.downloads import temporary_environment
from export.stages.errors import BuildError
from export.stages.folders import check_room, size_of
from export.stages.paths import CACHE, LOCKS, VENV

if TYPE_CHECKING:
    from pathlib import Path

    from export.stages.programs import Outcome

WINDOWS = sys.platform == "win32"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
GROUPS = VENV / "seethrough"
UNFINISHED = GROUPS / "unfinished"
TEMPORARY = CACHE / "temporary" / "pip"

# Free bytes that a group needs while it is installed: downloads, and the files unpacked.
USUAL_ROOM = 500_000_000
ROOM = {"torch": 2_500_000_000, "torch-cpu": 1_500_000_000, "torch-cuda": 7_000_000_000}
TITLES = {
    "export": "Python packages for the export",
    "test": "Python packages for the tests",
    "reference": "Python packages for the reference tests",
    "torch-cpu": "torch for CPUs",
    "torch": "torch",
    "torch-cuda": "CUDA libraries that this build of torch needs",
    "lock": "Python packages for locking",
}


def ensure(*groups: str) -> Path:
    """Make .venv and install the groups that are missing or whose lock changed.

    Returns: The environment's own Python.

    Raises:
        BuildError: No venv module, no room, no connection, or a file that is not the pinned one.
    """
    if not _is_whole():
        _create()
    for group in groups:
        install(group)
    return PYTHON


def install(group: str) -> None:
    """Install one group, unless its lock is installed already.

    Raises:
        BuildError: As `ensure`.
    """
    if not is_installed(group):
        attempt(group).check(f"Installing {TITLES[group]}")


def _is_whole() -> bool:
    return PYTHON.exists() and GROUPS.is_dir() and not UNFINISHED.exists()


def is_installed(group: str) -> bool:
    """True when the group is there as its lock says now."""
    stamp = GROUPS / group
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _wanted(group)


def _wanted(group: str) -> str:
    return stamps.digest(LOCKS / f"{group}.txt")


def _create() -> None:
    if VENV.exists() and not GROUPS.exists():
        raise BuildError(
            "There is a .venv folder here that build.py did not make. Move it away or delete it,"
            " then run this again."
        )
    # A package that was being installed may be half there, and pip would take it for whole.
    shutil.rmtree(VENV, ignore_errors=True)
    with Step("Python environment .venv") as step:
        stamps.write_whole(UNFINISHED, "")
        command = [sys.executable, "-m", "venv", VENV]
        outcome = programs.run(command, step, log="venv", report=lambda _line: None)
        if outcome.code != 0 and "ensurepip" in outcome.output:
            raise BuildError(
                "This Python has no ensurepip, which makes virtual environments. On Debian and"
                " Ubuntu: apt-get install python3-venv; then run this again."
            )
        outcome.check("Making .venv")
        UNFINISHED.unlink()


def attempt(group: str) -> Outcome:
    """Run pip for one group; a failure is the caller's to judge.

    Raises:
        BuildError: There is no room for it.
    """
    check_room(VENV, ROOM.get(group, USUAL_ROOM), TITLES[group])
    shutil.rmtree(TEMPORARY, ignore_errors=True)
    stamps.write_whole(UNFINISHED, group)
    before, env = size_of(VENV), temporary_environment(TEMPORARY)
    with Step(TITLES[group]) as step:
        command = _pip_install(group)
        outcome = programs.run(command, step, log=f"pip-{group}", report=_describe, env=env)
        step.note(f"{megabytes(size_of(VENV) - before)} installed")
    shutil.rmtree(TEMPORARY, ignore_errors=True)
    if outcome.code == 0:
        stamps.write_whole(GROUPS / group, _wanted(group))
        UNFINISHED.unlink()
    return outcome


def _pip_install(group: str) -> list[object]:
    # --no-deps: the lock is complete, and torch's own list would pull gigabytes of CUDA.
    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    options += ["--no-deps", "--no-compile", "--only-binary", ":all:", "--require-hashes"]
    return [PYTHON, "-m", "pip", "install", *options, "-r", LOCKS / f"{group}.txt"]


def _describe(line: str) -> str:
    fetched = f"{megabytes(size_of(TEMPORARY))} fetched"
    if line.startswith("Installing"):
        return f"{fetched}, installing"
    package = re.match(
        r"(?:Collecting|Downloading|Using cached|Processing) (?:\S*/)?([\w.]+)", line
    )
    return f"{fetched}, {package[1]}" if package else fetched
