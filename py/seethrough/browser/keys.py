"""Keys that work everywhere on the page, and never while a control has use for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import dom, ffi
from seethrough.core.keys import action_of
from seethrough.core.routes import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JUMP = "jump"
# A focused control with keys of its own: it is never robbed of them.
BUSY = "input, textarea, select, canvas, summary, dialog, [role=slider], [contenteditable]"
# Those of them that have a use for Escape.
CLOSED_BY_ESCAPE = "input, textarea, select, dialog, [contenteditable]"


class Keys:
    """Turns keys into actions; 1 to 9 are the steps of the walk."""

    def __init__(
        self,
        act: Callable[[str, Mapping[str, str]], None],
        jump: Callable[[str], None],
        are_on: Callable[[], bool],
    ) -> None:
        self._act = act
        self._jump = jump
        self._are_on = are_on
        ffi.listen(ffi.document, "keydown", self._pressed)

    def _pressed(self, event: ffi.Js) -> None:
        if event.ctrlKey or event.metaKey or event.altKey or event.defaultPrevented:
            return
        if event.key == "Escape" and dom.fold_menus():
            event.preventDefault()
            return
        target = event.target
        busy = CLOSED_BY_ESCAPE if event.key == "Escape" else BUSY
        if hasattr(target, "closest") and not ffi.is_absent(target.closest(busy)):
            return
        if not self._are_on() or _is_its_own(target, str(event.key)):
            return
        action = action_of(str(event.key))
        if event.key == " " and action:
            event.preventDefault()
        if action == JUMP:
            self._jump(STEPS[int(event.key) - 1])
        elif action:
            self._act(action, {})


def _is_its_own(target: ffi.Js, key: str) -> bool:
    """Whether a focused button or link has a use for the key itself: it is pressed by Space."""
    has_closest = hasattr(target, "closest")
    return key == " " and has_closest and not ffi.is_absent(target.closest("button, a"))
