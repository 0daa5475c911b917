"""Stages side by side that do not need one another: each has mostly one processor, or waits."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from export.stages import programs

if TYPE_CHECKING:
    from collections.abc import Callable


def side_by_side(*stages: Callable[[], object]) -> None:
    """Run the stages, each on a thread, until all are done.

    Where one fails, or this is interrupted, the programs of the others are ended first.

    Raises:
        BuildError: What the first one that failed has to say.
    """
    with ThreadPoolExecutor(len(stages)) as pool:
        going = [pool.submit(stage) for stage in stages]
        try:
            done, _ = wait(going, return_when=FIRST_EXCEPTION)
        finally:
            programs.stopped.set()  # who still runs something is not to go on
            wait(going)
            programs.stopped.clear()
    for one in (*done, *going):
        one.result()
