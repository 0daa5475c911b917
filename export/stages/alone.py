"""One build at a time in a checkout: a second one waits for the first.

The programs that a build starts inherit its lock. If the build is killed outright, what it started
may still be writing, and the next build waits for that too.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from export.stages.console import Step
from export.stages.paths import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WAIT_S = 0.2

held: list[int] = []


@contextmanager
def alone() -> Iterator[None]:
    """Hold the checkout's lock; the system lets go of it however this process ends."""
    CACHE.mkdir(parents=True, exist_ok=True)
    handle = os.open(CACHE / "lock", os.O_RDWR | os.O_CREAT)
    try:
        if not _take(handle):
            with Step("Waiting for another build.py in this checkout") as step:
                while not _take(handle):
                    step.note(None)
                    time.sleep(WAIT_S)
        held.append(handle)
        yield
    finally:
        held.clear()
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
