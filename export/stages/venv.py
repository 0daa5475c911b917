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

WINDOWS = sys.platform == "win32"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
GROUPS = VENV / "seethrough"
UNFINISHED = GROUPS / "unfinished"
TEMPORARY = CACHE / "temporary" / "pip"

# Free bytes that a group needs while it is installed: downloads, and the files unpacked.
ROOM = {"export": 500_000_000, "test": 600_000_000, "reference": 2_500_000_000, "lock": 10**8}
TITLES = {
    "export": "Python packages for the export",
    "test": "Python packages for the tests",
    "reference": "Python packages for the reference tests",
    "reference-cuda": "CUDA libraries that this build of torch needs",
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
        if not _is_installed(group):
            _install(group)
    if "reference" in groups:
        _complete_torch()
    return PYTHON


def _is_whole() -> bool:
    return PYTHON.exists() and GROUPS.is_dir() and not UNFINISHED.exists()


def _is_installed(group: str) -> bool:
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


def _install(group: str) -> None:
    check_room(VENV, ROOM.get(group, ROOM["reference"]), TITLES[group])
    with Step(TITLES[group]) as step:
        shutil.rmtree(TEMPORARY, ignore_errors=True)
        stamps.write_whole(UNFINISHED, group)
        before = size_of(VENV)
        outcome = programs.run(
            _pip_install(group),
            step,
            log=f"pip-{group}",
            report=_describe,
            env=temporary_environment(TEMPORARY),
        )
        shutil.rmtree(TEMPORARY, ignore_errors=True)
        outcome.check(f"Installing {TITLES[group]}")
        stamps.write_whole(GROUPS / group, _wanted(group))
        UNFINISHED.unlink()
        step.note(f"{megabytes(size_of(VENV) - before)} installed")


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


def _complete_torch() -> None:
    # On Linux, PyPI's torch loads CUDA libraries at import even where there is no GPU; a CPU
    # build (its version ends in +cpu), macOS and Windows need nothing more.
    if _is_installed("reference-cuda") or _is_installed("reference-whole"):
        return
    with Step("torch") as step:
        command = [PYTHON, "-c", "import torch"]
        works = programs.run(command, step, log="torch", report=lambda _line: "first import")
    if works.code != 0:
        _install("reference-cuda")
    else:
        stamps.write_whole(GROUPS / "reference-whole", _wanted("reference"))
