"""How build.py ends: a plain exit code, and a sentence instead of a traceback."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from export.stages import console
from export.stages.errors import BuildError
from export.stages.paths import LOGS, shown, user_cache

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED = 1
INTERRUPTED = 130
FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


def end_well(run: Callable[[], int]) -> int:
    """Run a command to its exit code; whatever stops it is said in one sentence."""
    console.prepare()
    _hear_signals()
    try:
        return run()
    except KeyboardInterrupt:
        _complain("Stopped. Run the same command again to go on from here.")
        return INTERRUPTED
    except BuildError as error:
        _complain(str(error))
    except OSError as error:
        _complain(_of_system(error))
    except Exception:  # noqa: BLE001 - the last boundary: a reader gets a sentence, never a trace
        _complain(_of_ourselves())
    return FAILED


def _hear_signals() -> None:
    # A shell starts background programs with SIGINT ignored; this hears it all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _complain(sentence: str) -> None:
    sys.stdout.flush()
    print(f"build.py: {sentence}", file=sys.stderr, flush=True)


def _of_system(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in FULL:
        return (
            f"The disk is full{where}. Make room (SEETHROUGH_CACHE can move the downloads from"
            f" {shown(user_cache())} to another disk), then run this again."
        )
    return (
        f"{error.strerror or error}{where}. Check that this user may read and write there, then"
        " run this again."
    )


def _of_ourselves() -> str:
    name = sys.exc_info()[0]
    log = LOGS / "fault.log"
    try:
        LOGS.mkdir(parents=True, exist_ok=True)
        log.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return f"A fault in build.py itself ({name and name.__name__}). Please report it."
    return (
        f"A fault in build.py itself ({name and name.__name__}). Please report it with"
        f" {shown(log)}; python3 build.py clean starts from nothing."
    )
