"""What the exporters' command lines share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from seethrough.core.errors import SeethroughError

if TYPE_CHECKING:
    from collections.abc import Callable


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
