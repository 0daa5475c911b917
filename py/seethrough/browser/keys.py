"""Keys that work everywhere on the page, and never while a control has use for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import ffi
from seethrough.core.routes import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ACTIONS = {
    "ArrowRight": "step-next",
    "ArrowLeft": "step-back",
    "r": "live",
    "?": "shortcuts",
    "h": "shortcuts",
    "t": "toggle-theme",
}
# A focused control with keys of its own: it is never robbed of them.
BUSY = "input, textarea, select, canvas, summary, dialog, [role=slider], [contenteditable]"


class Keys:
    """Turns keys into actions; 1 to 9 are the steps of the walk."""

    def __init__(
        self, act: Callable[[str, Mapping[str, str]], None], jump: Callable[[str], None]
    ) -> None:
        self._act = act
        self._jump = jump
        ffi.listen(ffi.document, "keydown", self._pressed)

    def _pressed(self, event: ffi.Js) -> None:
        if event.ctrlKey or event.metaKey or event.altKey or event.defaultPrevented:
            return
        target = event.target
        if hasattr(target, "closest") and not ffi.is_absent(target.closest(BUSY)):
            return
        key = str(event.key)
        if key in ACTIONS or key.lower() in ACTIONS:
            self._act(ACTIONS.get(key) or ACTIONS[key.lower()], {})
        elif key.isascii() and key.isdecimal() and 0 < int(key) <= len(STEPS):
            self._jump(list(STEPS)[int(key) - 1])
