"""Rows of a map's matrix, wherever they are: in its file, read before, in the open model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.matrix_rows import MatrixRows
from seethrough.core.atlas import EMBEDDING, N_NEIGHBOURS
from seethrough.core.atlas_rows import StoredRows
from seethrough.core.errors import SeethroughError, UnknownNameError
from seethrough.core.near_products import candidates, nearest_to

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.near_products import NearToken

# Rows that are kept of those that were read.
KEPT = 4096
NOTHING_STORED = StoredRows({}, ())


class RowShelf:
    """Gives rows of one matrix of one model at a time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._model, self._matrix = "", EMBEDDING
        self._stored = NOTHING_STORED
        self._read: dict[int, Array] = {}
        self._refused: SeethroughError | None = None

    async def open(self, model: str, matrix: str = EMBEDDING) -> StoredRows:
        """What is stored of a matrix's rows; nothing where its map has no such file.

        Raises:
            DownloadError, SourceError: The file did not come whole.
        """
        if (model, matrix) != (self._model, self._matrix):
            self._model, self._matrix = model, matrix
            self._stored, self._read, self._refused = NOTHING_STORED, {}, None
            if matrix != EMBEDDING:
                return NOTHING_STORED
            try:
                self._stored = await self._service.library.stored_rows(model)
            except UnknownNameError:
                return NOTHING_STORED
            except SeethroughError as error:
                self._refused = error
        if self._refused is not None:
            raise self._refused
        return self._stored

    async def rows(self, tokens: Sequence[int]) -> Array | None:
        """The rows of some tokens; None where some are neither here nor in an open model.

        Shapes: → float32 [len(tokens), d_model].

        Raises:
            SeethroughError: The engine could not give them, or another model was opened.
        """
        lacking = [token for token in dict.fromkeys(tokens) if self._known(token) is None]
        if lacking:
            if not self.is_open:
                return None
            read = await self._matrix_rows.rows(lacking)
            if len(self._read) + len(lacking) > KEPT:
                self._read.clear()
                return await self.rows(tokens)
            self._read |= dict(zip(lacking, read, strict=True))
        return np.stack([row for row in map(self._known, tokens) if row is not None])

    async def cosines(self, vector: Array, is_wanted: Callable[[], bool]) -> Array | None:
        """The cosine of every row with a vector; None where nobody waits any more.

        Rows are read in pieces, between which the page can breathe.
        Shapes: vector [d_model] → float64 [d_vocab].

        Raises:
            SeethroughError: As `rows`.
        """
        found = await self._matrix_rows.cosines(vector[None], is_wanted)
        return None if found is None else found[0]

    async def nearest(
        self, token: int, lengths: Array, is_wanted: Callable[[], bool]
    ) -> NearToken | None:
        """A token's nearest rows, exact; None where the model is not open, or nobody waits.

        Shapes: lengths [d_vocab], those of all rows.

        Raises:
            SeethroughError: As `rows`.
        """
        own = await self.rows([token])
        products = None
        if own is not None and self.is_open:
            products = await self._matrix_rows.products(own[0], is_wanted)
        if own is None or products is None:
            return None
        ids = candidates(products, lengths, token, N_NEIGHBOURS)
        rows = await self._matrix_rows.rows(ids.tolist())
        return nearest_to(token, own[0], ids, rows, N_NEIGHBOURS)

    @property
    def _matrix_rows(self) -> MatrixRows:
        return MatrixRows(self._service, self._model, self._matrix)

    @property
    def is_open(self) -> bool:
        """Whether the model can be asked for any row."""
        return self._service.is_loaded(self._model)

    def _known(self, token: int) -> Array | None:
        stored = self._stored.rows.get(token)
        return self._read.get(token) if stored is None else stored
