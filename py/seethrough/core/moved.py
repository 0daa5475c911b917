"""By how many positions a reader moved a query and a key, to see what a rotation does."""

from __future__ import annotations

import re
from dataclasses import dataclass

WRITTEN = re.compile(r"([0-9]{1,6}),(-?[0-9]{1,6})")


@dataclass(frozen=True)
class Moved:
    """By how many positions both were moved together, and further apart."""

    together: int = 0
    apart: int = 0

    def __bool__(self) -> bool:
        return bool(self.together or self.apart)


def read_moved(text: str) -> Moved | None:
    """Positions as an address has them: 3,-2; None: it means nothing."""
    found = WRITTEN.fullmatch(text) if text.isascii() else None
    return None if found is None else Moved(int(found[1]), int(found[2]))


def written_moved(moved: Moved) -> str:
    """The inverse of `read_moved`."""
    return f"{moved.together},{moved.apart}"
