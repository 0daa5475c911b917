"""Keys that work everywhere on the page, and never while a control has use for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import dom, ffi
from seethrough.core.keys import action_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JUMP = "jump"
# Controls that are written into, or that find an entry by its first letter: every key is theirs.
# A dialog's too, while it is open: the focus stays in a closed one until the next frame.
WRITTEN = (
    "input:not([type=range], [type=radio], [type=checkbox]), textarea, select, dialog[open], "
    "[contenteditable]"
)
# Controls that are moved by arrows, and those that are pressed by Space.
MOVED = "input, canvas, [role=slider]"
PRESSED = "button, a, summary, input"
# While a step is shown to a class: the keys of a clicker, too; no button is robbed of Enter.
PRESENTING = {
    " ": "step-next",
    "PageDown": "step-next",
    "PageUp": "step-back",
    "Escape": "present",
}


class Keys:
    """Turns keys into actions; 1 to 9 are the steps of a tour."""

    def __init__(
        self,
        act: Callable[[str, Mapping[str, str]], None],
        jump: Callable[[int], None],
        are_on: Callable[[], bool],
        is_presenting: Callable[[], bool],
    ) -> None:
        self._act = act
        self._jump = jump
        self._are_on = are_on
        self._is_presenting = is_presenting
        ffi.listen(ffi.document, "keydown", self._pressed)

    def _pressed(self, event: ffi.Js) -> None:
        if event.ctrlKey or event.metaKey or event.altKey or event.defaultPrevented:
            return
        if event.key == "Escape" and not dom.has_dialog() and dom.fold_menus():
            event.preventDefault()
            return
        shows = PRESENTING.get(str(event.key)) if self._is_presenting() else None
        if shows and not _is_written(event.target):
            event.preventDefault()
            self._act(shows, {})
            return
        is_off = event.key != "Escape" and not self._are_on()
        if is_off or _is_its_own(event.target, str(event.key)):
            return
        action = action_of(str(event.key))
        if event.key == " " and action:
            event.preventDefault()
        if action == JUMP:
            self._jump(int(event.key))
        elif action:
            self._act(action, {})


def _is_written(target: ffi.Js) -> bool:
    """Whether the focused control is written into, or stands in a dialog."""
    return hasattr(target, "closest") and not ffi.is_absent(target.closest(WRITTEN))


def _is_its_own(target: ffi.Js, key: str) -> bool:
    """Whether the focused control has a use for the key itself: it is never robbed of it."""
    kinds = [WRITTEN]
    kinds += [MOVED] if key.startswith("Arrow") else []
    kinds += [PRESSED] if key == " " else []
    has_closest = hasattr(target, "closest")
    return has_closest and not ffi.is_absent(target.closest(", ".join(kinds)))
