"""The path of a token of the shown text over the map: its states, and the rows nearest to each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.chart import Path
from seethrough.app.matrix_rows import MatrixRows
from seethrough.app.message import Message
from seethrough.app.pushed_vectors import weight_of
from seethrough.app.state import card_of
from seethrough.app.unembedding import PIECE
from seethrough.core.atlas import PCA
from seethrough.core.errors import SeethroughError
from seethrough.core.path import Nearest, directions_of, nearest_by, nearest_so_far
from seethrough.core.recording import stream_names
from seethrough.core.wants import want

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.charting import Charting
    from seethrough.app.fetcher import Fetcher
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array

ROWS = "W_E"
STATES, NEAREST, WALK = "states", "nearest", "walk"


class Pathing:
    """Draws one path at a time; the last one asked for wins.

    Args:
        show_recording: Shows a recorded walk, by its id and model.
    """

    def __init__(
        self,
        service: Service,
        fetcher: Fetcher,
        charting: Charting,
        show_recording: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._service = service
        self._store = service.store
        self._fetcher = fetcher
        self._charting = charting
        self._show_recording = show_recording
        self._turn = 0

    @property
    def _state(self) -> AppState:
        return self._store.state

    async def open_walk(self, subject: str, position: int | None = None) -> None:
        """Show a recorded walk, and the path of one of its tokens: the last, where none is named.

        One that this build does not have changes nothing.
        """
        card = card_of(self._state.site.recordings, subject)
        if card is None:
            return
        if not card.is_of(self._state.run.recorded):
            self._store.replace(chart_waits=WALK)
            await self._show_recording(card.id, card.model)
            self._store.replace(chart_waits="")
        recorded = self._state.run.recorded
        if recorded is not None and card.is_of(recorded):
            await self.open(recorded.positions[-1] if position is None else position)

    async def open(self, position: int) -> None:
        """Draw the path of a token; nothing where its states or the map are not to be had."""
        self._turn += 1
        turn = self._turn
        if not can_have(self._state, position):
            return
        self._store.replace(chart_path=None, chart_state=None, chart_waits=STATES)
        try:
            units = await self._units(position)
        except SeethroughError as error:
            self._fail(error, turn)
            return
        if turn != self._turn:
            return
        if units is None:
            self._store.replace(chart_waits="")
            return
        self._see_vectors()
        path = Path(self._state.run.tokens, position, units)
        self._store.replace(chart_path=path, chart_waits="", chart_token=None)
        self._charting.fly_along()
        await self.name(turn)

    def _see_vectors(self) -> None:
        """Show the layout that has a place for vectors, while nothing names their neighbours."""
        chart = self._state.chart
        if chart.chart_layout != PCA and not self._service.is_loaded(chart.chart_model):
            self._charting.lay_out(PCA)

    async def name(self, turn: int | None = None) -> None:
        """Name each state's nearest tokens, where the model is open: all its rows are looked at."""
        turn = self._turn if turn is None else turn
        path, model = self._state.chart.chart_path, self._state.chart.chart_model
        if path is None or path.nearest is not None or not self._service.is_loaded(model):
            return
        self._store.replace(chart_waits=NEAREST)
        try:
            nearest = await self._nearest(path.units, turn)
        except SeethroughError as error:
            self._fail(error, turn)
            return
        if nearest is not None and turn == self._turn:
            is_first = self._state.chart.chart_layout != PCA
            self._store.replace(chart_path=replace(path, nearest=nearest), chart_waits="")
            if is_first:
                self._charting.fly_along()

    def close(self) -> None:
        """Take the path away."""
        self._turn += 1
        self._store.replace(chart_path=None, chart_state=None, chart_waits="")

    def show(self, state: int | None) -> None:
        """Draw the path up to one of its states; None: whole."""
        path = self._state.chart.chart_path
        if path is not None:
            is_inside = state is not None and 0 <= state < len(path.units) - 1
            self._store.replace(chart_state=state if is_inside else None)

    async def _units(self, position: int) -> Array | None:
        """A token's states as directions: of a live run they are asked for first."""
        run, atlas = self._state.run, self._state.chart.atlas
        if run.config is None or atlas is None or atlas.projection is None:
            return None
        if run.stream_at(position) is None and run.source == "live":
            wanted = want(stream_names(run.config.n_layers), position)
            turn = self._turn
            await self._fetcher.bring(wanted, lambda: turn == self._turn)
        stream = self._state.run.stream_at(position)
        if stream is None or not self._state.run.is_of(run):
            return None
        return directions_of(run.config, stream, atlas.projection)

    async def _nearest(self, units: Array, turn: int) -> Nearest | None:
        """The rows nearest to each direction, piece by piece; None where nobody waits any more."""
        run, known = self._state.run, None
        atlas = self._state.chart.atlas
        if atlas is None:
            return None
        if atlas.matrix != ROWS:
            matrix = MatrixRows(self._service, run.model, atlas.matrix)
            cosines = await matrix.cosines(units, lambda: turn == self._turn)
            return None if cosines is None else nearest_by(cosines)
        step = max(PIECE // units.shape[1], 1)
        for first in range(0, atlas.n_tokens, step):
            rows = range(first, min(first + step, atlas.n_tokens))
            piece = await weight_of(self._service, run, ROWS, rows)
            if turn != self._turn:
                return None
            known = nearest_so_far(units, piece, first, known)
        return known

    def _fail(self, error: SeethroughError, turn: int) -> None:
        if turn == self._turn:
            told = Message(error.key, error.fields)
            self._store.replace(chart_waits="", error=told)


def can_have(state: AppState, position: int) -> bool:
    """Whether the path of a token can be drawn: on the map of its own model, of a kept token."""
    run, chart = state.run, state.chart
    is_kept = 0 <= position <= run.last_kept
    if run.recorded is not None:
        is_kept = position in run.recorded.positions
    has_places = chart.atlas is not None and chart.atlas.projection is not None
    return is_kept and has_places and run.model == chart.chart_model
