"""The chosen number on the page: what traces it, closes it, and lights up what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.tracing import Tracer
from seethrough.browser import dom, ffi, focus
from seethrough.core.sums import UNEMBED
from seethrough.view.strip import PREFIX
from seethrough.view.sums import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cell import Cell

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

PANEL = "sum"
HEADING = "#sum-title"
# A trace ends with other tokens; one that waits for a model goes on when it opens.
FOLLOWED = ("tokens", "engine")


class Sums:
    """Handlers of everything that carries a cell."""

    def __init__(self, service: Service) -> None:
        self._tracer = Tracer(service)
        self._store = service.store
        self._opener = ""

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        return {
            "select-cell": lambda values: self.select(values["cell"]),
            "close-sum": lambda _values: self._close(),
        }

    def follow(self) -> None:
        """Keep up with the page."""
        self._store.subscribe(FOLLOWED, lambda _state: ffi.start_task(self._tracer.renew()))
        self._store.subscribe(("sum",), self.light)

    async def select(self, cell: str) -> None:
        """Trace a number, where the page has a place to show it; the panel comes into sight."""
        if ffi.is_absent(ffi.document.getElementById(PANEL)):
            return
        self._opener = focus.who(outside=PANEL) or self._opener
        await self._tracer.select(cell)
        if self._store.state.sum is not None and dom.reveal(PANEL):
            focus.give_to(HEADING)  # the number itself is out of sight now

    def _close(self) -> None:
        """Trace nothing; who opened the panel has the focus again."""
        is_inside = not focus.who(outside=PANEL)
        self._tracer.close()
        if is_inside and self._opener:
            focus.give_to(self._opener)
        self._opener = ""

    def light(self, state: AppState) -> None:
        """Mark the sources on the page as it is drawn now."""
        found = sources(state)
        rows = {f"{PREFIX}{cell.name}@{row_of(cell)}" for cell in found}
        dom.light(frozenset(map(str, found)), frozenset(rows))


def row_of(cell: Cell) -> int:
    """The row that a strip shows a number in: its position, or the token of an unembedding."""
    return cell.index[1] if cell.name == UNEMBED else cell.index[0]
