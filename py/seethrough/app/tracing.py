"""Traces a number to the numbers that made it: asks for what its sum needs, and makes the sum.

What is known already is used as it is; the rest is the fetcher's (app/fetcher.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.run import PICTURE_TOKENS
from seethrough.app.state import Message, Tracing
from seethrough.core.captured import BY_HEAD
from seethrough.core.cell import Cell, parse_cell
from seethrough.core.errors import InputError, SeethroughError
from seethrough.core.hooks import block_leaves, hook_name, leaf_of
from seethrough.core.sums import check_cell, layer_of, needs, sum_of, weight_dims
from seethrough.core.wants import Wants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.fetcher import Fetcher
    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.sum_parts import Slice
    from seethrough.core.sums import Needs
    from seethrough.core.tokens import TokenView

WAITS, READS = Message("sums.waits"), Message("sums.reads")
# Of inputs up to this long the whole layer is asked for, because the trail goes on in it.
WHOLE_LAYER = 128
TRAIL = 12


class Tracer:
    """Keeps `state.sum`: the number that the reader traces, and the sum behind it.

    The last one asked for wins: what was left meanwhile asks the engine for nothing more. While
    the engine computes something else, it is waited for.

    Args:
        place: The field of the state that it keeps: "sum", or "peek" for a look in passing.
        lock: What it shares with another tracer: one of them asks at a time.
    """

    def __init__(
        self,
        service: Service,
        fetcher: Fetcher,
        place: str = "sum",
        lock: asyncio.Lock | None = None,
    ) -> None:
        self.service = service
        self.store = service.store
        self.fetcher = fetcher
        self.lock = lock or asyncio.Lock()
        self._place = place
        self._turn = 0

    @property
    def tracing(self) -> Tracing | None:
        """What is traced now."""
        now: Tracing | None = getattr(self.store.state.choice, self._place)
        return now

    def _show(self, tracing: Tracing | None) -> None:
        self.store.replace(**{self._place: tracing})

    async def select(self, written: str) -> None:
        """Trace a cell, as `str(Cell)` writes it; what is no cell is said in a sentence."""
        cell = parse_cell(written)
        if cell is None:
            self.store.replace(error=Message("sums.unreadable", {"cell": written[:80]}))
            return
        turn = self._turn = self._turn + 1
        state = self.store.state
        tracing = Tracing(cell, tokens=state.run.tokens, trail=trail_to(cell, self.tracing))
        try:
            await self._trace(tracing, state, turn)
        except SeethroughError as error:
            if turn == self._turn:
                message = Message(error.key, error.fields)
                self._show(replace(tracing, message=message))

    def close(self) -> None:
        """Trace nothing."""
        self._turn += 1
        if self.tracing is not None:
            self._show(None)

    async def renew(self) -> None:
        """Follow the page: other tokens end the trace, a model that opens makes a waiting one."""
        state, tracing = self.store.state, self.tracing
        if tracing is None:
            return
        before, now = ids_of(tracing.tokens), ids_of(state.run.tokens)
        if tracing.tokens is not state.run.tokens:
            if not before or now[: len(before)] != before:
                self.close()
            elif now == before or tracing.sum is None:
                await self.select(str(tracing.cell))
            else:
                self._show(replace(tracing, tokens=state.run.tokens))
        elif tracing.needs_model and self.service.is_loaded(state.run.model):
            await self.select(str(tracing.cell))

    async def _trace(self, tracing: Tracing, state: AppState, turn: int) -> None:
        """Make the sum, at once where everything is known."""
        run, cell = state.run, tracing.cell
        if run.config is None or not run.tokens:
            raise InputError("sums.nothing_shown")
        check_cell(cell, run.config, len(run.tokens))
        asked = needs(cell, run.config, run.ids)
        wants = wants_of(asked)
        weights = self.fetcher.weights.known(run, asked.weights)
        if wants.lacking(run.captured, None) or len(weights) < len(asked.weights):
            waiting = replace(tracing, value=value_now(run, cell))
            if not self.service.is_loaded(run.model):
                message = Message("sums.needs_model")
                self._show(replace(waiting, message=message, needs_model=True))
                return
            weights = await self._fetch(waiting, run, asked, turn)
            if self.tracing is None:  # the reader has left it
                return
        now = self.store.state.run
        is_wanted = turn == self._turn and now.is_of(run)
        if (
            is_wanted
            and not wants.lacking(now.captured, None)
            and len(weights) == len(asked.weights)
        ):
            made = sum_of(cell, run.config, run.ids, now.captured, weights)
            self._show(replace(tracing, value=made.value, sum=made))

    async def _fetch(
        self, waiting: Tracing, run: Run, asked: Needs, turn: int
    ) -> dict[Slice, Array]:
        """Bring the hooks and the slices of weights that a sum needs; the reader is told."""

        def is_wanted() -> bool:
            return turn == self._turn and self.store.state.run.is_of(run)

        lacking = wants_of(asked).lacking(run.captured, None)
        check_reach(lacking, waiting.cell)
        self._show(replace(waiting, message=WAITS if lacking else READS))
        async with self.lock:
            if lacking:
                await self.fetcher.bring(with_layer(lacking, waiting.cell, run), is_wanted)
            if is_wanted():
                self._show(replace(waiting, message=READS))
            return await self.fetcher.weights.read(run, asked.weights, is_wanted)


def wants_of(asked: Needs) -> Wants:
    """The hooks that a sum needs, as they are asked for."""
    return Wants(frozenset(asked.hooks))


def with_layer(lacking: Wants, cell: Cell, run: Run) -> Wants:
    """The same with the whole layer of a short input, at every position."""
    layer, n_tokens = layer_of(cell.name), len(run.tokens)
    if run.config is None or layer is None or n_tokens > WHOLE_LAYER:
        return lacking
    names = [hook_name(leaf, layer) for leaf in block_leaves(run.config)]
    return lacking | Wants(frozenset((name, at) for name in names for at in range(n_tokens)))


def ids_of(tokens: Iterable[TokenView]) -> tuple[int, ...]:
    """The ids of shown tokens."""
    return tuple(token.id for token in tokens)


def trail_to(cell: Cell, before: Tracing | None) -> tuple[Cell, ...]:
    """The cells that led here: a trail goes on through the factors of the last sum."""
    if before is None or before.cell == cell:
        return before.trail if before else ()
    if cell in before.trail:
        return before.trail[: before.trail.index(cell)]
    is_source = before.sum is not None and cell in before.sum.sources
    return (*before.trail, before.cell)[-TRAIL:] if is_source else ()


def check_reach(lacking: Wants, cell: Cell) -> None:
    """Reject cells beyond the first PICTURE_TOKENS positions.

    Raises:
        InputError: A position behind those that the pictures show.
    """
    places = [place for _, place in lacking.hooks if place is not None]
    by_head = [cell.index[1]] if leaf_of(cell.name) in BY_HEAD else []
    if lacking and max([*places, *by_head], default=0) >= PICTURE_TOKENS:
        raise InputError("sums.too_far", limit=PICTURE_TOKENS)


def value_now(run: Run, cell: Cell) -> float | None:
    """The number itself, where it is here already."""
    is_weight = run.config is not None and cell.name in weight_dims(run.config)
    return None if is_weight else run.captured.value(cell)
