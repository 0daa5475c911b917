"""What the exporters' command lines share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seethrough.core.errors import SeethroughError

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable


LINUX_STATUS = Path("/proc/self/status")


def exit_code(name: str, work: Callable[[], None]) -> int:
    """Do the work: 0, or 1 with a sentence on stderr; `name` is what could not read or write."""
    try:
        work()
    except SeethroughError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The {name} could not write or read a file: {error}.", file=sys.stderr)
        return 1
    return 0


def peak_memory() -> str:
    """The most memory that this program has held so far, as the end of a sentence.

    Returns: Nothing on Windows, which does not say it this way.
    """
    if sys.platform == "win32":
        return ""
    return f", at most {peak_bytes() / 1e6:.0f} MB of memory"


def peak_bytes() -> int:
    """The same in bytes. Linux's getrusage counts what the starting program held as well."""
    if LINUX_STATUS.is_file():
        lines = LINUX_STATUS.read_text("ascii", "replace").splitlines()
        told = next((line for line in lines if line.startswith("VmHWM:")), "")
        if told:
            return int(told.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
