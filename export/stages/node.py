"""The npm packages that travel to the page, as web/package-lock.json pins them."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from export.stages import programs, stamps
from export.stages.console import Step, megabytes
from export.stages.errors import BuildError
from export.stages.folders import check_room, size_of
from export.stages.paths import NODE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

OLDEST_NODE = 20
ROOM = 800_000_000
MODULES = NODE / "node_modules"
FILES = (ROOT / "web" / "package.json", ROOT / "web" / "package-lock.json")
INSTALL = "Install Node.js {oldest} or newer (it brings npm), then run this again."


def ensure(*, development: bool = False) -> Path:
    """Install the packages; with `development`, those of the benchmarks and tests too.

    Returns: The node_modules folder.

    Raises:
        BuildError: Node or npm is missing or too old, no room, or no connection.
    """
    plain, full = stamps.digest(*FILES), stamps.digest(*FILES, "development")
    good = [full] if development else [plain, full]
    if not any(stamps.is_fresh("node", wanted, [MODULES]) for wanted in good):
        _check_versions()
        _install(development=development)
        stamps.mark("node", good[0])
    return MODULES


def _check_versions() -> None:
    found = _version(program("node"))
    if found < OLDEST_NODE:
        raise BuildError(
            "The node on this machine is version {found}. " + INSTALL,
            found=found,
            oldest=OLDEST_NODE,
        )
    program("npm")


def program(name: str) -> str:
    """The path of node or npm.

    Raises:
        BuildError: It is not on this machine.
    """
    path = shutil.which(name)
    if path is None:
        raise BuildError("There is no {name} here. " + INSTALL, name=name, oldest=OLDEST_NODE)
    return path


def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.match(r"v(\d+)\.", said)
    return int(number[1]) if number else 0


def _install(*, development: bool) -> None:
    NODE.mkdir(parents=True, exist_ok=True)
    check_room(NODE, ROOM, "Fetching the npm packages")
    stamps.forget("node")
    for file in FILES:
        shutil.copyfile(file, NODE / file.name)
    command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += [] if development else ["--omit=dev"]
    with Step("npm packages for the page") as step:
        outcome = programs.run(command, step, log="npm", report=_describe, cwd=NODE)
        outcome.check("Fetching the npm packages")
        step.note(f"{megabytes(size_of(MODULES))} installed")


def _describe(_line: str) -> str:
    return f"{megabytes(size_of(MODULES))} unpacked"
