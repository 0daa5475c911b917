"""The chosen number on the page: what traces it, closes it, and lights up what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.pairing import close_second
from seethrough.app.tracing import Tracer
from seethrough.browser import dom, ffi, focus
from seethrough.browser.peek import SLOT, Peek
from seethrough.core.sums import UNEMBED
from seethrough.view import hook_places, slices
from seethrough.view.strip import PREFIX
from seethrough.view.sums import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState
    from seethrough.core.cell import Cell

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

PANEL = "sum"
HEADING = "#sum-title"
# The same of a gradient, in the slow motion of a training step.
SLOW_PANEL, SLOW_HEADING = "slow-sum", "#slow-sum-title"
# A trace ends with other tokens; one that waits for a model goes on when it opens.
FOLLOWED = ("tokens", "engine")


class Sums:
    """Handlers of everything that carries a cell."""

    def __init__(self, actions: Actions) -> None:
        self._tracer = Tracer(actions.service, actions.fetcher)
        self._store = actions.store
        self._actions = actions
        peek = Tracer(actions.service, actions.fetcher, SLOT, self._tracer.lock)
        self.peek = Peek(peek, self._keep)
        self._opener = ""

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        return {
            "select-cell": lambda values: self.select(values["cell"]),
            "show-hook": lambda values: self._show_hook(values["hook"]),
            "slow-sum": lambda values: self._select_slow(values["name"], values["index"]),
            "close-sum": lambda _values: self._close(),
        }

    def follow(self) -> None:
        """Keep up with the page."""
        self._store.subscribe(FOLLOWED, lambda _state: ffi.start_task(self._tracer.renew()))
        self._store.subscribe(("sum", "peek", "hook"), self.light)
        self.peek.follow()

    def _keep(self, cell: str) -> None:
        ffi.start_task(self.select(cell))

    async def select(self, cell: str) -> None:
        """Trace a number, where the page has a place to show it; the panel comes into sight."""
        if ffi.is_absent(ffi.document.getElementById(PANEL)):
            return
        self._opener = focus.who(outside=PANEL) or self._opener
        self.peek.end()
        await self._tracer.select(cell)
        if self._store.state.choice.sum is not None and dom.reveal(PANEL):
            focus.give_to(HEADING)  # the number itself is out of sight now

    async def _select_slow(self, name: str, written: str) -> None:
        """Open the sum behind a gradient of the training step; the panel comes into sight."""
        self._opener = focus.who(outside=SLOW_PANEL) or self._opener
        await self._actions.slowing.open_sum(name, tuple(map(int, written.split(","))))
        if self._store.state.lesson.slow.opened is not None and dom.reveal(SLOW_PANEL):
            focus.give_to(SLOW_HEADING)

    async def _show_hook(self, leaf: str) -> None:
        """Light up a hook of the code, or leave it; its first number opens where it can be told."""
        state = self._store.state
        is_shown = leaf == state.choice.hook
        self._store.replace(hook="" if is_shown else leaf)
        cell = None if is_shown else hook_places.cell_here(state, leaf)
        is_open = self._tracer.service.is_loaded(state.run.model)
        if cell is not None and (is_open or state.run.captured.value(cell) is not None):
            await self.select(str(cell))

    def _close(self) -> None:
        """Trace nothing; who opened the panel has the focus again. Else the second place goes."""
        is_slow = self._store.state.lesson.slow.opened is not None
        if self._store.state.choice.sum is None and not is_slow:
            close_second(self._store)
        is_inside = not focus.who(outside=SLOW_PANEL if is_slow else PANEL)
        if is_slow:
            self._actions.slowing.close_sum()
        self._tracer.close()
        if is_inside and self._opener:
            focus.give_to(self._opener)
        self._opener = ""

    def light(self, state: AppState) -> None:
        """Mark the sources on the page as it is drawn now."""
        found = sources(state)
        rows = {f"{PREFIX}{cell.name}@{row_of(cell)}" for cell in found}
        rows |= {f"{slices.PREFIX}{cell.name}@{place_of(cell)}" for cell in found}
        dom.light(frozenset(map(str, found)), frozenset(rows))
        ffi.show_hook(state.choice.hook)


def row_of(cell: Cell) -> int:
    """The row that a strip shows a number in: its position, or the token of an unembedding."""
    return cell.index[1] if cell.name == UNEMBED else cell.index[0]


def place_of(cell: Cell) -> str:
    """The place of a slice that holds a number: all before the last axis."""
    return ",".join(map(str, cell.index[:-1]))
