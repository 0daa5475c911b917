"""The linters, in two lanes beside each other: those of Python, and those of the scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import node, programs, scripts
from export.stages.beside import side_by_side
from export.stages.console import Step, say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The second run of mypy goes by what the first one has kept.
OF_PYTHON = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
    ("mypy build.py", ("mypy", "build.py")),
)


def failing(python: Path) -> list[str]:
    """Run them all, say what those found that fail, and return the names of these, in order."""
    ours = [(name, [str(python), "-m", *command]) for name, command in OF_PYTHON]
    lanes = (ours, scripts.checks(node.MODULES))
    said: dict[str, str] = {}
    side_by_side(*(lambda lane=lane: said.update(_said_by(lane)) for lane in lanes))
    failed = [name for lane in lanes for name, _ in lane if name in said]
    for name in failed:
        say(f"{name}:\n{said[name]}")
    return failed


def _said_by(lane: Iterable[tuple[str, list[str]]]) -> dict[str, str]:
    """What those linters say that fail, by name; one after the other."""
    said = {}
    for name, command in lane:
        with Step(name) as step:
            outcome = programs.run(command, step, log=_log_of(name), report=lambda _line: None)
        if outcome.code != 0:
            said[name] = outcome.output.rstrip()
    return said


def _log_of(name: str) -> str:
    return "check-" + name.replace(" ", "-").replace(".py", "")
