"""Which tokens some vectors push: each vector times the whole unembedding, piece by piece."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.engine import ProductRequest
from seethrough.app.found import Found
from seethrough.app.pushed_vectors import vectors_of
from seethrough.app.unembedding import ROWS
from seethrough.core.hooks import leaf_of
from seethrough.core.pushes import N_PUSHED, WRITTEN_BY, Push, Pushes, extremes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig

# Numbers of the unembedding that the engine multiplies at once: a twentieth of a second or two, so
# that what is asked meanwhile does not wait for more.
PIECE = 1 << 22
BEGUN = 4  # sums that were left before their end, each a number a token and vector
ROWS_KEPT = 4096  # neurons whose tokens are known: a few words each


@dataclass
class Begun:
    """Products that are not all there: [n, d_vocab], and the next row of the unembedding."""

    products: Array
    next_row: int = 0


class Pushing:
    """Finds the tokens that vectors push; what was begun and left goes on where it was.

    A neuron's row is the model's, whatever is read: its tokens are kept by its name.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._begun: OrderedDict[tuple[str, bytes], Begun] = OrderedDict()
        self._rows: OrderedDict[tuple[str, Cell], Pushes] = OrderedDict()

    async def ask(
        self,
        run: Run,
        vectors: frozenset[Cell],
        are_wanted: Callable[[frozenset[Cell]], bool],
    ) -> Found:
        """The tokens that each vector pushes most; what is known where nobody waits for the rest.

        Raises:
            SeethroughError: As `Service.weight`, `Service.still`.
        """
        if run.config is None:
            return Found()
        found = {cell: self._rows[run.model, cell] for cell in vectors & self._known(run.model)}
        cells = sorted(vectors - found.keys(), key=str)
        if cells:
            rows = (await vectors_of(self._service, run, run.config, cells)).astype(np.float32)
            products = await self._products(run, run.config, rows, lambda: are_wanted(vectors))
            if products is not None:
                found |= await self._told(run, cells, products)
        return Found(pushes=found)

    def _known(self, model: str) -> frozenset[Cell]:
        return frozenset(cell for of, cell in self._rows if of == model)

    async def _products(
        self, run: Run, config: ModelConfig, vectors: Array, are_wanted: Callable[[], bool]
    ) -> Array | None:
        """The vectors times every token's row, [n, d_vocab]; None where it was left before."""
        key = (run.model, vectors.tobytes())
        begun = self._begun.setdefault(
            key, Begun(np.zeros((len(vectors), config.d_vocab), np.float32))
        )
        self._begun.move_to_end(key)
        while len(self._begun) > BEGUN:
            self._begun.popitem(last=False)
        for request in requests(config, vectors, begun.next_row):
            async with self._service.still(run.model):
                piece = await self._service.engine.product(request)
            if request.is_by_row:
                begun.products[:, request.first : request.end] = piece
            else:
                begun.products += piece
            begun.next_row = request.end
            if not are_wanted():
                return None
        return self._begun.pop(key).products

    async def _told(self, run: Run, cells: list[Cell], products: Array) -> Mapping[Cell, Pushes]:
        """The farthest tokens of each vector, by their names; those of neurons are kept."""
        async with self._service.still(run.model) as model:
            name = model.tokenizer.visible
        found = {cell: told(row, name) for cell, row in zip(cells, products, strict=True)}
        self._rows |= {
            (run.model, cell): pushes
            for cell, pushes in found.items()
            if leaf_of(cell.name) == WRITTEN_BY
        }
        while len(self._rows) > ROWS_KEPT:
            self._rows.popitem(last=False)
        return found


def requests(config: ModelConfig, vectors: Array, next_row: int) -> Iterator[ProductRequest]:
    """What is multiplied from a row of the unembedding on, piece by piece.

    A tied unembedding lies token by token, another one dimension by dimension, whose products with
    all tokens add up.
    """
    is_tied = config.tie_word_embeddings
    n_rows, width = config.d_vocab, config.d_model
    if not is_tied:
        n_rows, width = width, n_rows
    step = max(PIECE // width, 1)
    for first in range(next_row, n_rows, step):
        end = min(first + step, n_rows)
        mine = vectors if is_tied else vectors[:, first:end]
        yield ProductRequest("W_E" if is_tied else ROWS, first, end, mine, is_tied)


def told(products: Array, name: Callable[[int], str]) -> Pushes:
    """The tokens of the largest products and of the smallest. Shapes: products [d_vocab]."""
    up, down = (
        tuple(Push(at, name(at), float(products[at])) for at in side)
        for side in extremes(products, N_PUSHED)
    )
    return Pushes(up, down, float(products.mean(dtype=np.float64)))
