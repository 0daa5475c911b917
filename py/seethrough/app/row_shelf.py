"""Rows of the embedding, wherever they are: in the map's file, read before, in the open model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.unembedding import PIECE
from seethrough.core.arithmetic import cosines_with
from seethrough.core.atlas_rows import EMBEDDING, StoredRows
from seethrough.core.errors import SeethroughError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.app.service import Service
    from seethrough.core.cache import Array

# Rows that are kept of those that were read.
KEPT = 4096
NOTHING_STORED = StoredRows({}, ())


class RowShelf:
    """Gives rows of one model at a time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._model = ""
        self._stored = NOTHING_STORED
        self._read: dict[int, Array] = {}
        self._refused: SeethroughError | None = None

    async def open(self, model: str) -> StoredRows:
        """What is stored of a model's rows; nothing where its map has no such file.

        Raises:
            DownloadError, SourceError: The file did not come whole.
        """
        if model != self._model:
            self._model, self._stored, self._read = model, NOTHING_STORED, {}
            self._refused = None
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
            async with self._service.still(self._model):
                read = await self._service.weight(EMBEDDING, lacking)
            if len(self._read) + len(lacking) > KEPT:
                self._read.clear()
                return await self.rows(tokens)
            self._read |= dict(zip(lacking, read, strict=True))
        return np.stack([row for row in map(self._known, tokens) if row is not None])

    async def cosines(
        self, vector: Array, n_tokens: int, is_wanted: Callable[[], bool]
    ) -> Array | None:
        """The cosine of every row with a vector; None where nobody waits any more.

        Rows are read in pieces, between which the page can breathe.
        Shapes: vector [d_model] → float64 [n_tokens].

        Raises:
            SeethroughError: As `rows`.
        """
        found, step = [], max(PIECE // len(vector), 1)
        for first in range(0, n_tokens, step):
            if not is_wanted():
                return None
            async with self._service.still(self._model):
                at = range(first, min(first + step, n_tokens))
                found.append(cosines_with(await self._service.weight(EMBEDDING, at), vector))
        return np.concatenate(found)

    @property
    def is_open(self) -> bool:
        """Whether the model can be asked for any row."""
        return self._service.is_loaded(self._model)

    def _known(self, token: int) -> Array | None:
        stored = self._stored.rows.get(token)
        return self._read.get(token) if stored is None else stored
