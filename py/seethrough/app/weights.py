"""Slices of weights that sums are made of, read through the engine and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.inputs import CAPTURE_BYTES
from seethrough.core.sum_parts import Slice
from seethrough.core.sums import UNEMBED, weight_dims

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

MATRICES = 8
MOST_READ = CAPTURE_BYTES // 128  # numbers that `Service.weight` gives at once


class Weights:
    """Reads slices, a matrix once; the matrices read last are kept."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._read: OrderedDict[tuple[str, Slice], Array] = OrderedDict()

    def known(self, run: Run, slices: tuple[Slice, ...]) -> dict[Slice, Array]:
        """Those that were read before, or lie among the captured rows of the unembedding."""
        found = {part: self._known(run, part) for part in slices}
        return {part: array for part, array in found.items() if array is not None}

    async def read(
        self, run: Run, slices: tuple[Slice, ...], is_wanted: Callable[[], bool]
    ) -> dict[Slice, Array]:
        """All slices that a sum needs; fewer where nobody waits any more.

        Raises:
            SeethroughError: The engine could not give them, or has another model now.
        """
        found, config = self.known(run, slices), run.config
        if config is None:
            return found
        for part in slices:
            if part not in found and is_wanted():
                async with self._service.still(run.model):
                    found[part] = await self._slice(run.model, config, part)
        return found

    def _known(self, run: Run, part: Slice) -> Array | None:
        if part.name == UNEMBED and part.column is not None:
            row = run.captured.row(UNEMBED, part.column)
            if row is not None:
                return row
        matrix = self._read.get((run.model, Slice(part.name)))
        kept = self._read.get((run.model, part))
        return cut(matrix, part) if kept is None and matrix is not None else kept

    async def _slice(self, model: str, config: ModelConfig, part: Slice) -> Array:
        """One slice: a row alone, a column with its whole matrix where that is not too much."""
        weight = self._service.weight
        if part.name == UNEMBED and config.tie_word_embeddings:
            return (await weight("W_E", part.column))[0]
        if part.row is not None:
            return (await weight(part.name, part.row))[0]
        dims = weight_dims(config)[part.name]
        if int(np.prod(dims)) <= MOST_READ:
            whole = Slice(part.name)
            return cut(self._keep((model, whole), await weight(part.name)), part)
        step = max(MOST_READ // dims[1], 1)
        pieces = [
            (await weight(part.name, range(at, min(at + step, dims[0]))))[:, part.column].copy()
            for at in range(0, dims[0], step)
        ]
        return self._keep((model, part), np.concatenate(pieces))

    def _keep(self, key: tuple[str, Slice], array: Array) -> Array:
        """Keep what was read last."""
        self._read[key] = array
        self._read.move_to_end(key)
        while len(self._read) > MATRICES:
            self._read.popitem(last=False)
        return array


def cut(matrix: Array, part: Slice) -> Array:
    """A row or a column of a matrix; a vector is whole."""
    if part.row is not None:
        return matrix[part.row]
    return matrix if part.column is None else matrix[:, part.column]
