"""Traces a number to the numbers that made it: captures and reads what its sum needs.

What is known already is used as it is; the rest comes from the open model, in one run.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.actions import PICTURE_TOKENS
from seethrough.app.inputs import CAPTURE_BYTES
from seethrough.app.layer_details import KEPT_WHOLE
from seethrough.app.state import Message, Tracing
from seethrough.core.captured import BY_HEAD, FIRST_OF_UNEMBED
from seethrough.core.cell import Cell, parse_cell
from seethrough.core.errors import InputError, SeethroughError
from seethrough.core.hooks import block_leaves, hook_name, leaf_of
from seethrough.core.sum_parts import Slice
from seethrough.core.sums import UNEMBED, check_cell, layer_of, needs, sum_of, weight_dims

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.config import ModelConfig
    from seethrough.core.sums import Needs
    from seethrough.core.tokens import TokenView

    Places = tuple[tuple[str, int | None], ...]

WAITS, READS = Message("sums.waits"), Message("sums.reads")
MATRICES = 8
MOST_READ = CAPTURE_BYTES // 128  # numbers that `Service.weight` gives at once
# Whole layers of a long input add up; the first ones go when they pass this.
KEPT_BYTES = 64 * 1024 * 1024
TRAIL = 12


@dataclass
class Kept:
    """What tracers share: one request at a time, the weights that were read, what was captured."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    read: OrderedDict[tuple[str, Slice], Array] = field(default_factory=OrderedDict)
    added: dict[str, Array] = field(default_factory=dict)


class Tracer:
    """Keeps `state.sum`: the number that the reader traces, and the sum behind it.

    The last one asked for wins: what was left meanwhile asks the engine for nothing more. While
    the engine computes something else, it is waited for.

    Args:
        place: The field of the state that it keeps: "sum", or "peek" for a look in passing.
        kept: What it shares with another tracer.
    """

    def __init__(self, service: Service, place: str = "sum", kept: Kept | None = None) -> None:
        self.service = service
        self.store = service.store
        self.kept = kept or Kept()
        self._place = place
        self._turn = 0

    @property
    def tracing(self) -> Tracing | None:
        """What is traced now."""
        now: Tracing | None = getattr(self.store.state, self._place)
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
        tracing = Tracing(cell, tokens=state.tokens, trail=trail_to(cell, self.tracing))
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
        before, now = ids_of(tracing.tokens), ids_of(state.tokens)
        if tracing.tokens is not state.tokens:
            if not before or now[: len(before)] != before:
                self.close()
            elif now == before or tracing.sum is None:
                await self.select(str(tracing.cell))
            else:
                self._show(replace(tracing, tokens=state.tokens))
        elif tracing.needs_model and self.service.is_loaded(state.model):
            await self.select(str(tracing.cell))

    async def _trace(self, tracing: Tracing, state: AppState, turn: int) -> None:
        """Make the sum, at once where everything is known."""
        config, ids = state.config, ids_of(state.tokens)
        if config is None or not ids:
            raise InputError("sums.nothing_shown")
        check_cell(tracing.cell, config, len(ids))
        asked = needs(tracing.cell, config, ids)
        weights = self._known_weights(state, asked)
        is_known = not missing_of(state.captured, asked) and len(weights) == len(asked.weights)
        if not is_known:
            waiting = replace(tracing, value=value_now(state, tracing.cell))
            if not self.service.is_loaded(state.model):
                message = Message("sums.needs_model")
                self._show(replace(waiting, message=message, needs_model=True))
                return
            is_captured = not missing_of(state.captured, asked)
            self._show(replace(waiting, message=READS if is_captured else WAITS))
            async with self.kept.lock:
                if turn == self._turn:
                    await self._fetch_hooks(state, config, tracing.cell, asked)
                if turn == self._turn and len(weights) < len(asked.weights):
                    self._show(replace(waiting, message=READS))
                    weights = await self._fetch_weights(state, config, asked, turn)
        now = self.store.state
        is_wanted = turn == self._turn and now.tokens is state.tokens
        if is_wanted and not missing_of(now.captured, asked):
            made = sum_of(tracing.cell, config, ids, now.captured, weights)
            self._show(replace(tracing, value=made.value, sum=made))

    async def _fetch_hooks(
        self, state: AppState, config: ModelConfig, cell: Cell, asked: Needs
    ) -> None:
        """Capture what is missing; of a short input the whole layer, because the trail goes on."""
        missing = missing_of(self.store.state.captured, asked)
        if not missing:
            return
        check_reach(missing, cell)
        ids = ids_of(state.tokens)[:PICTURE_TOKENS]
        is_whole = len(ids) <= KEPT_WHOLE
        names = {name for name, _ in missing}
        if is_whole and (layer := layer_of(cell.name)) is not None:
            block = {hook_name(leaf, layer) for leaf in block_leaves(config)}
            names |= {name for name in block if not is_all(self.store.state.captured, name, ids)}
        at = [place for name, place in missing if name in FIRST_OF_UNEMBED and place is not None]
        unembed = ((config.n_layers, at[0]),) if at else None
        cache = await self.service.capture_ids(ids, tuple(sorted(names)), unembed=unembed)
        now = self.store.state
        if now.tokens is not state.tokens:
            return
        captured = now.captured
        for name, array in cache.items():
            if name in FIRST_OF_UNEMBED:
                captured = with_rows(captured, name, {at[0]: array[0]})
            elif is_whole or leaf_of(name) in BY_HEAD:
                captured = self._with_whole(captured, name, array)
            else:
                rows = {place: array[place].copy() for one, place in missing if one == name}
                captured = with_rows(captured, name, rows)
        self.store.replace(captured=self._bounded(captured, keep=names))

    def _with_whole(self, captured: Captured, name: str, array: Array) -> Captured:
        """With all positions of a hook; rows that are shown already stay the very numbers."""
        if leaf_of(name) in BY_HEAD or name not in captured.arrays:
            self.kept.added[name] = array
            return captured.with_more({name: array})
        return with_rows(captured, name, dict(enumerate(array)))

    def _bounded(self, captured: Captured, keep: set[str]) -> Captured:
        """Without the first layers that were captured for sums, where there are too many."""
        self.kept.added = {
            name: array
            for name, array in self.kept.added.items()
            if captured.arrays.get(name) is array
        }
        arrays = dict(captured.arrays)
        for name in [name for name in self.kept.added if name not in keep]:
            if sum(array.nbytes for array in self.kept.added.values()) <= KEPT_BYTES:
                break
            del arrays[name], self.kept.added[name]
        return replace(captured, arrays=arrays)

    def _known_weights(self, state: AppState, asked: Needs) -> dict[Slice, Array]:
        """Slices that were read before, or lie among the captured rows of the unembedding."""
        known = {}
        for part in asked.weights:
            row = None
            if part.name == UNEMBED and part.column is not None:
                row = state.captured.row(UNEMBED, part.column)
            matrix = self.kept.read.get((state.model, Slice(part.name)))
            kept = self.kept.read.get((state.model, part))
            found = row if row is not None else kept
            if found is None and matrix is not None:
                found = cut(matrix, part)
            if found is not None:
                known[part] = found
        return known

    async def _fetch_weights(
        self,
        state: AppState,
        config: ModelConfig,
        asked: Needs,
        turn: int,
    ) -> dict[Slice, Array]:
        """All slices that a sum needs; fewer where it is not wanted any more."""
        found = self._known_weights(state, asked)
        for part in asked.weights:
            if part not in found and turn == self._turn:
                found[part] = await self._fetch_weight(state.model, config, part)
        return found

    async def _fetch_weight(self, model: str, config: ModelConfig, part: Slice) -> Array:
        """One slice: a row alone, a column with its whole matrix where that is not too much."""
        if part.name == UNEMBED and config.tie_word_embeddings:
            return (await self.service.weight("W_E", part.column))[0]
        if part.row is not None:
            return (await self.service.weight(part.name, part.row))[0]
        dims = weight_dims(config)[part.name]
        if int(np.prod(dims)) <= MOST_READ:
            whole = Slice(part.name)
            return cut(self._keep((model, whole), await self.service.weight(part.name)), part)
        step = max(MOST_READ // dims[1], 1)
        pieces = [
            (await self.service.weight(part.name, range(at, min(at + step, dims[0]))))[
                :, part.column
            ].copy()
            for at in range(0, dims[0], step)
        ]
        return self._keep((model, part), np.concatenate(pieces))

    def _keep(self, key: tuple[str, Slice], array: Array) -> Array:
        """Keep what was read last."""
        self.kept.read[key] = array
        self.kept.read.move_to_end(key)
        while len(self.kept.read) > MATRICES:
            self.kept.read.popitem(last=False)
        return array


def ids_of(tokens: Iterable[TokenView]) -> tuple[int, ...]:
    """The ids of shown tokens."""
    return tuple(token.id for token in tokens)


def cut(matrix: Array, part: Slice) -> Array:
    """A row or a column of a matrix; a vector is whole."""
    if part.row is not None:
        return matrix[part.row]
    return matrix if part.column is None else matrix[:, part.column]


def trail_to(cell: Cell, before: Tracing | None) -> tuple[Cell, ...]:
    """The cells that led here: a trail goes on through the factors of the last sum."""
    if before is None or before.cell == cell:
        return before.trail if before else ()
    if cell in before.trail:
        return before.trail[: before.trail.index(cell)]
    is_source = before.sum is not None and cell in before.sum.sources
    return (*before.trail, before.cell)[-TRAIL:] if is_source else ()


def missing_of(captured: Captured, asked: Needs) -> Places:
    """The hooks, each at its position, that are not known."""
    return tuple(
        (name, place)
        for name, place in asked.hooks
        if (name not in captured.arrays if place is None else captured.row(name, place) is None)
    )


def is_all(captured: Captured, name: str, ids: tuple[int, ...]) -> bool:
    """Whether a hook is known at every position."""
    if leaf_of(name) in BY_HEAD:
        return name in captured.arrays
    return all(captured.row(name, position) is not None for position in range(len(ids)))


def check_reach(missing: Places, cell: Cell) -> None:
    """Refuse what only a run over thousands of positions at once could give.

    Raises:
        InputError: A position behind those that the pictures show.
    """
    places = [place for _, place in missing if place is not None]
    by_head = [cell.index[1]] if leaf_of(cell.name) in BY_HEAD else []
    if max([*places, *by_head], default=0) >= PICTURE_TOKENS:
        raise InputError("sums.too_far", limit=PICTURE_TOKENS)


def with_rows(captured: Captured, name: str, rows: Mapping[int | None, Array]) -> Captured:
    """A hook with more positions; those that are known stay the very numbers."""
    more = {place: row for place, row in rows.items() if place is not None}
    found: dict[int, Array] = {}
    if name in captured.arrays:
        array = captured.arrays[name]
        found = dict(zip(captured.positions.get(name) or range(len(array)), array, strict=True))
    found |= {place: row for place, row in more.items() if place not in found}
    in_order = range(len(found))
    places = tuple(in_order) if set(found) == set(in_order) else tuple(found)
    positions = {} if places == tuple(in_order) else {name: places}
    return captured.with_more({name: np.stack([found[place] for place in places])}, positions)


def value_now(state: AppState, cell: Cell) -> float | None:
    """The number itself, where it stands in the state already."""
    return None if weight_like(cell, state) else state.captured.value(cell)


def weight_like(cell: Cell, state: AppState) -> bool:
    """Whether a cell is a weight's: rows of weights in `captured` are not addressed like it."""
    return state.config is not None and cell.name in weight_dims(state.config)
