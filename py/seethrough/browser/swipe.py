"""A finger that wipes over the step turns to the one beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import ffi

if TYPE_CHECKING:
    from collections.abc import Callable

PLATE = ".plate-of"
# What a finger moves by itself: pictures that scroll, controls, text fields.
ITS_OWN = ".scroll, canvas, input, select, textarea, [role=slider]"
LEAST_PX = 60.0
STEEPEST = 0.5


class Swipes:
    """Calls `turn(1)` for a swipe towards the left, `turn(-1)` towards the right.

    Where text runs from right to left it is the other way round.
    """

    def __init__(self, turn: Callable[[int], object]) -> None:
        self._turn = turn
        self._from: tuple[float, float] | None = None
        ffi.listen(ffi.document, "touchstart", self._began)
        ffi.listen(ffi.document, "touchend", self._ended)

    def _began(self, event: ffi.Js) -> None:
        target = event.target
        is_one = event.touches.length == 1 and hasattr(target, "closest")
        on_plate = is_one and not ffi.is_absent(target.closest(PLATE))
        if on_plate and ffi.is_absent(target.closest(ITS_OWN)):
            finger = event.touches.item(0)
            self._from = float(finger.clientX), float(finger.clientY)
        else:
            self._from = None

    def _ended(self, event: ffi.Js) -> None:
        if self._from is None or event.changedTouches.length != 1:
            return
        finger, (x, y) = event.changedTouches.item(0), self._from
        self._from = None
        across, down = float(finger.clientX) - x, float(finger.clientY) - y
        if abs(across) >= LEAST_PX and abs(down) <= STEEPEST * abs(across):
            is_mirrored = str(ffi.document.documentElement.dir) == "rtl"
            self._turn(1 if (across < 0) != is_mirrored else -1)
