"""The vectors whose tokens are asked for: what neurons, heads and halves write, as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name, leaf_of
from seethrough.core.moves import through_norm
from seethrough.core.pushes import RESULT, WRITTEN_BY
from seethrough.core.sums import layer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig


async def vectors_of(
    service: Service, run: Run, config: ModelConfig, cells: Sequence[Cell]
) -> Array:
    """What each writes, [n, d_model]: a neuron at an activation of 1, a head, a half.

    Raises:
        SeethroughError: As `Service.weight`, `Service.still`.
    """
    reading = _Reading(service, run, config)
    return np.stack([await reading.vector(cell, cells) for cell in cells])


class Written(NamedTuple):
    """What was written at a position, [d_model]; None where it is not known."""

    position: int
    vector: Array | None


class _Reading:
    """Reads each weight once for all vectors that are asked for together."""

    def __init__(self, service: Service, run: Run, config: ModelConfig) -> None:
        self._service = service
        self._run = run
        self._config = config
        self._read: dict[tuple[str, Sequence[int] | None], Array] = {}

    async def vector(self, cell: Cell, cells: Sequence[Cell]) -> Array:
        """One of some vectors.

        Through the norm's weight where a family has a norm after each half; of a neuron its divisor
        is left out, which changes all tokens alike.
        """
        leaf = leaf_of(cell.name)
        if leaf == RESULT:
            return await self._read_last(await self._head_result(cell))
        if leaf == WRITTEN_BY:
            return await self._neuron(cell, cells)
        position = cell.index[0]
        return await self._read_last(Written(position, self._run.captured.row(cell.name, position)))

    async def _neuron(self, cell: Cell, cells: Sequence[Cell]) -> Array:
        """A neuron's row of the matrix; the rows of all neurons of its layer are read at once."""
        mine = tuple(sorted(one.index[0] for one in cells if one.name == cell.name))
        row: Array = (await self._weight(cell.name, mine))[mine.index(cell.index[0])]
        if not family_of(self._config).has_norms_after:
            return row
        weight = await self._weight(hook_name("ln2_post.w", layer_of(cell.name)))
        return through_norm(self._config, row, weight, 1.0)

    async def _head_result(self, cell: Cell) -> Written:
        """What a head wrote at a position: its z through its own rows of W_O."""
        config, captured = self._config, self._run.captured
        layer, (position, head) = layer_of(cell.name), cell.index
        z = captured.row(hook_name(hooks.Z, layer), position)
        if z is None:
            return Written(position, None)
        rows = tuple(range(head * config.d_head, (head + 1) * config.d_head))
        w_o = await self._weight(hook_name("attn.W_O", layer), rows)
        made: Array = z[head].astype(np.float64) @ w_o
        divisor = captured.row(hook_name(hooks.LN1_POST_SCALE, layer), position)
        if divisor is not None:
            weight = await self._weight(hook_name("ln1_post.w", layer))
            made = through_norm(config, made, weight, float(divisor[0]))
        return Written(position, made)

    async def _read_last(self, written: Written) -> Array:
        """What the final norm of its token makes of what was written: [d_model]; else zeros."""
        scale = self._run.captured.row(hooks.FINAL_SCALE, written.position)
        if written.vector is None or scale is None:
            return np.zeros(self._config.d_model)
        weight = await self._weight("ln_final.w")
        return through_norm(self._config, written.vector, weight, float(scale[0]))

    async def _weight(self, name: str, rows: tuple[int, ...] | None = None) -> Array:
        """A weight that is on hand, else rows of it of the run's own model, which is open still."""
        captured = self._run.captured
        if rows is not None:
            shown = [captured.row(name, row) for row in rows]
            known = [row for row in shown if row is not None]
            if len(known) == len(rows):
                return np.stack(known)
        elif name in captured.arrays and name not in captured.positions:
            return captured.arrays[name]
        if (name, rows) not in self._read:
            self._read[name, rows] = await weight_of(self._service, self._run, name, rows)
        return self._read[name, rows]


async def weight_of(
    service: Service, run: Run, name: str, rows: Sequence[int] | int | None = None
) -> Array:
    """Rows of a weight of the run's own model, which must still be open."""
    async with service.still(run.model):
        return await service.weight(name, rows)
