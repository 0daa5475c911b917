"""A look in passing: the sum behind the number that the pointer or the focus rests on.

It comes after a short rest, waits for whoever goes on into it, and goes when the number is left.
A click, Enter or a tap keeps it: that is the sum of browser/sums.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seethrough.browser import ffi

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState
    from seethrough.app.tracing import Tracer

SLOT = "peek"
REST_S = 0.15
# How long it stays when it is left, so that a pointer can go over into it.
GRACE_S = 0.3
# Numbers of a whole vector, which say by their place which they are.
IN_TABLE = "#view table[data-hook] td.number"
BAR = "#view td.bar-cell"
# What ends it at once: other numbers, another page, another sum that is kept.
ENDS = ("tokens", "route", "layer", "head", "position", "model", "sum")


class Peek:
    """Follows the pointer and the focus over everything that names a cell.

    Args:
        choose: Keeps a number's sum.
    """

    def __init__(self, tracer: Tracer, choose: Callable[[str], None]) -> None:
        self._tracer = tracer
        self._choose = choose
        self._store = tracer.store
        self._wanted = ""
        self._box: ffi.Box = (0, 0, 0, 0)
        self._turn = 0
        self._waits = False

    def follow(self) -> None:
        """Listen, from now on."""
        ffi.listen(ffi.document, "pointerover", self._pointed)
        ffi.listen(ffi.document.documentElement, "pointerleave", lambda _event: self.leave())
        ffi.listen(ffi.document, "click", self._clicked)
        ffi.listen(ffi.document, "focusin", self._focused)
        ffi.listen(ffi.document, "focusout", lambda _event: self.leave())
        ffi.listen(ffi.document, "keydown", self._pressed)
        self._store.subscribe((SLOT,), self._place)
        self._store.subscribe(("route",), lambda _state: self._wait())
        self._store.subscribe(ENDS, lambda _state: self._begin_anew())

    def over(self, cell: str, box: ffi.Box) -> None:
        """The pointer, or the focus, is at a number that stands in a box of the window."""
        if cell == self._wanted or self._store.state.chrome.stage.is_playing:
            return
        self._wanted, self._box = cell, box
        self._after(REST_S)

    def leave(self) -> None:
        """Whatever was there is left."""
        if self._wanted:
            self._wanted = ""
            self._after(GRACE_S)

    def end(self) -> None:
        """Take it away now; it comes again when the number was left and is come to again."""
        self._turn += 1
        self._tracer.close()

    def _begin_anew(self) -> None:
        """What is under the pointer is another number now, or another page."""
        self._wanted = ""
        self.end()

    def _wait(self) -> None:
        """On another page nothing opens under a pointer that has not moved there."""
        if not self._waits:
            self._waits = True
            ffi.listen(ffi.document, "pointermove", self._moved, is_once=True)

    def _moved(self, event: ffi.Js) -> None:
        self._waits = False
        self._pointed(event)

    def _after(self, seconds: float) -> None:
        self._turn += 1
        ffi.start_task(self._settle(self._turn, seconds))

    async def _settle(self, turn: int, seconds: float) -> None:
        """Show what is rested on, unless something else came meanwhile."""
        await asyncio.sleep(seconds)
        if turn != self._turn:
            return
        state = self._store.state
        kept = "" if state.choice.sum is None else str(state.choice.sum.cell)
        if not self._wanted or self._wanted == kept:
            self._tracer.close()
        elif self._wanted != self._shown():
            await self._tracer.select(self._wanted)

    def _shown(self) -> str:
        tracing = self._tracer.tracing
        return "" if tracing is None else str(tracing.cell)

    def _pointed(self, event: ffi.Js) -> None:
        target = event.target
        if self._waits or event.pointerType == "touch" or not hasattr(target, "closest"):
            return
        if not ffi.is_absent(target.closest(f"#{SLOT}")):
            self._stay()
        elif ffi.is_absent(target.closest("[data-rows]")):  # a picture tells its cells itself
            named = _named(target)
            if named is None:
                self.leave()
            else:
                self.over(named[0], ffi.box_of(named[1]))

    def _clicked(self, event: ffi.Js) -> None:
        """A number or a bar that is no button is kept by a click, or a tap, as one that is."""
        target = event.target
        if hasattr(target, "closest") and ffi.is_absent(target.closest("button, a, [data-rows]")):
            named = _named(target)
            if named is not None:
                self._choose(named[0])

    def _focused(self, event: ffi.Js) -> None:
        target = event.target
        if target.matches(":focus-visible"):
            self._at(target.closest("#view [data-cell]"))

    def _at(self, element: ffi.Js) -> None:
        if ffi.is_absent(element):
            self.leave()
        else:
            self.over(str(element.getAttribute("data-cell")), ffi.box_of(element))

    def _stay(self) -> None:
        """The pointer went over into it."""
        self._wanted = self._shown()
        self._turn += 1

    def _pressed(self, event: ffi.Js) -> None:
        """Escape takes it away, and nothing else then."""
        if event.key == "Escape" and self._tracer.tracing is not None:
            event.preventDefault()
            self.end()

    def _place(self, state: AppState) -> None:
        if state.choice.peek is not None:
            ffi.place_card(SLOT, self._box)


def _named(target: ffi.Js) -> tuple[str, ffi.Js] | None:
    """The cell that an element is, and the element that has it; of a bar its line's last one."""
    number, bar = target.closest(IN_TABLE), target.closest(BAR)
    if not ffi.is_absent(number):
        return _cell_of_table(number), number
    found = target.closest("#view [data-cell]")
    if not ffi.is_absent(bar):
        cells = list(bar.parentElement.querySelectorAll("[data-cell]"))
        found = cells[-1] if cells else found
    return None if ffi.is_absent(found) else (str(found.getAttribute("data-cell")), found)


def _cell_of_table(number: ffi.Js) -> str:
    """Which cell a number of a vector's table is: lines begin with the first one's place."""
    table, line = number.closest("table"), number.parentElement
    at = int(line.cells.item(0).textContent) + int(number.cellIndex) - 1
    return f"{table.getAttribute('data-hook')}[{table.getAttribute('data-position')},{at}]"
