"""A folder that another program makes: beside the old one, swapped in when it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from export.stages import programs, stamps
from export.stages.console import Step, megabytes
from export.stages.folders import check_room, size_of, start_anew, swap_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Making:
    """What is made: its step's title, the failure's first words, its stamp and log, its room."""

    title: str
    doing: str
    stamp: str
    log: str
    room: int


def remake(
    making: Making,
    folder: Path,
    new: Path,
    command: Iterable[object],
    finish: Callable[[], None] = lambda: None,
) -> None:
    """Run one of our exporters with `--out new`, then put its folder where the old one was.

    Args:
        finish: What is still to be done in `new` before that.

    Raises:
        BuildError: No room, or the program's own sentence.
    """
    start_anew(new)
    check_room(new, making.room, making.doing)
    with Step(making.title) as step:
        outcome = programs.run(
            [*command, "--out", new],
            step,
            log=making.log,
            report=lambda line: line,
            env={"PYTHONPATH": "py"},
        )
        outcome.check(making.doing)
        finish()
        step.note(megabytes(size_of(new)))
        stamps.forget(making.stamp)
        swap_in(new, folder)
