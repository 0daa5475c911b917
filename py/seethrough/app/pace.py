"""How often what is being written is drawn anew: a picture costs more than the pass behind it."""

from __future__ import annotations

import time

# Seconds between two drawings: the page stays free for the pointer, the eye sees it grow.
BETWEEN = 0.25


class Pace:
    """Says when it is time again; the first time at once.

    `between`: seconds.
    """

    def __init__(self, between: float = BETWEEN) -> None:
        self._between = between
        self._last = -between

    def is_due(self) -> bool:
        """Whether so much time went by since it last said yes."""
        now = time.monotonic()
        if now - self._last < self._between:
            return False
        self._last = now
        return True
