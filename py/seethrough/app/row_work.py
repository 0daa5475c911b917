"""Makes what is shown of rows: a plane of few words, an axis, a sum's answer, what is near."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.by_rows import chosen_tokens
from seethrough.app.row_shelf import NOTHING_STORED, RowShelf
from seethrough.app.state import Message
from seethrough.core.arithmetic import best_of, sum_of
from seethrough.core.errors import CancelledRunError, SeethroughError
from seethrough.core.local_plane import principal_plane, spread_between
from seethrough.core.routes import MAP

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.arithmetic import SumFound
    from seethrough.core.local_plane import LocalPlane, Spread
    from seethrough.core.near_products import NearToken

NEEDED = Message("rows.needs_model", {})
NO_ROWS = np.zeros((0, 1), np.float32)


class RowWork:
    """Makes what is shown of rows, one thing at a time; the only writer of it.

    Each of the four (plane, axis, sum, what is near a token) is made anew when what it is of
    changed. What failed is tried again for other tokens, or once the model is open.
    """

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._shelf = RowShelf(service)
        self._stored = NOTHING_STORED
        self._needed = NEEDED
        self._lock = asyncio.Lock()
        self._done: dict[str, object] = {}

    @property
    def _state(self) -> AppState:
        return self._store.state

    async def fill(self) -> None:
        """Make what the page shows and lacks."""
        async with self._lock:
            if self._state.route.view != MAP or self._state.chart.atlas is None:
                return
            await self._open(self._state.chart.chart_model, self._state.chart.atlas.matrix)
            await self._make("near", self._about_near, self._near)
            await self._make("local", self._about_local, self._plane)
            await self._make("axis", self._about_axis, self._spread)
            await self._make("sum", self._about_sum, self._sum)

    async def _open(self, model: str, matrix: str) -> None:
        """Have the stored rows. Where they did not come whole, that is told in place of a need."""
        self._needed = NEEDED
        try:
            self._stored = await self._shelf.open(model, matrix)
        except SeethroughError as error:
            self._stored, self._needed = NOTHING_STORED, Message(error.key, error.fields)

    async def _make(
        self,
        name: str,
        about: Callable[[], tuple[object, ...]],
        make: Callable[[], Awaitable[LocalPlane | Spread | SumFound | NearToken | None]],
    ) -> None:
        """Make one thing, or tell why not; nothing where it is of the same tokens as before."""
        wanted = about()
        if self._done.get(name) == wanted:
            return
        made, told = None, None
        try:
            made = await make()
        except CancelledRunError:
            return
        except SeethroughError as error:
            told = Message(error.key, error.fields)
        if about() == wanted:
            self._done[name] = wanted
            field = "sum_found" if name == "sum" else name
            self._store.replace(**{field: made, f"{name}_told": told or self._lack(made, wanted)})

    def _lack(self, made: object, wanted: tuple[object, ...]) -> Message | None:
        """That the model is needed, where nothing came of what was wanted."""
        return self._needed if made is None and None not in wanted else None

    def _about_local(self) -> tuple[object, ...]:
        return (*self._of_rows(), chosen_tokens(self._state.chart, self._state.by_rows))

    def _of_rows(self) -> tuple[object, ...]:
        """Whose rows they are, and whether all can be had."""
        chart = self._state.chart
        matrix = None if chart.atlas is None else chart.atlas.matrix
        return (chart.chart_model, matrix, self._shelf.is_open)

    def _about_axis(self) -> tuple[object, ...]:
        return (*self._about_local(), *self._state.by_rows.axis_ends)

    def _about_sum(self) -> tuple[object, ...]:
        return (*self._of_rows(), *self._state.by_rows.sum_terms)

    def _about_near(self) -> tuple[object, ...]:
        chart = self._state.chart
        return (*self._of_rows(), chart.chart_token if chart.is_near_asked else None)

    async def _plane(self) -> LocalPlane | None:
        tokens = chosen_tokens(self._state.chart, self._state.by_rows)
        rows = await self._shelf.rows(tokens) if tokens else NO_ROWS
        return None if rows is None else principal_plane(tokens, rows)

    async def _spread(self) -> Spread | None:
        begin, end = self._state.by_rows.axis_ends
        tokens = chosen_tokens(self._state.chart, self._state.by_rows)
        if begin is None or end is None or not tokens:
            return None
        rows = await self._shelf.rows((begin, end, *tokens))
        if rows is None:
            return None
        return spread_between((begin, end), rows[0], rows[1], tokens, rows[2:])

    async def _sum(self) -> SumFound | None:
        """The nearest rows to the sum: known, or looked for among all rows of the open model."""
        wanted, atlas = self._state.by_rows.sum_terms, self._state.chart.atlas
        terms = tuple(token for token in wanted if token is not None)
        known = next((one for one in self._stored.sums if one.terms == terms), None)
        if known is not None or len(terms) < len(wanted) or atlas is None:
            return known
        rows = await self._shelf.rows(terms)
        if rows is None or not self._shelf.is_open:
            return None
        self._store.replace(is_adding=True)
        try:
            cosines = await self._shelf.cosines(sum_of(*rows), lambda: self._still_adds(wanted))
        finally:
            self._store.replace(is_adding=False)
        if cosines is None:
            raise CancelledRunError("engine.cancelled")
        return best_of(cosines, terms)

    async def _near(self) -> NearToken | None:
        """The rows nearest to the open token, where the map's files do not have them."""
        chart = self._state.chart
        token, atlas = chart.chart_token, chart.atlas
        if token is None or atlas is None or not chart.is_near_asked:
            return None
        found = await self._shelf.nearest(token, atlas.norms, lambda: self._still_near(token))
        if found is None and self._shelf.is_open:
            raise CancelledRunError("engine.cancelled")
        return found

    def _still_near(self, token: int) -> bool:
        return self._state.chart.chart_token == token and self._state.route.view == MAP

    def _still_adds(self, terms: tuple[int | None, ...]) -> bool:
        return self._state.by_rows.sum_terms == terms and self._state.route.view == MAP
