"""Rows of the embedding or of the unembedding, read from the open model, token by token.

An untied unembedding is stored dimension by dimension, so a token's vector there is a column: it is
read whole, in pieces, and what is asked of all tokens adds up piece by piece.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.engine import ProductRequest
from seethrough.app.unembedding import PIECE
from seethrough.core.arithmetic import cosines_with
from seethrough.core.atlas import EMBEDDING, UNEMBEDDING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

# Numbers that the engine multiplies at once: a twentieth of a second or two.
MULTIPLIED = 1 << 22


class MatrixRows:
    """The rows of one matrix of one model that is open."""

    def __init__(self, service: Service, model: str, matrix: str) -> None:
        self._service = service
        self._model = model
        self._matrix = matrix

    @property
    def _config(self) -> ModelConfig:
        return self._service.library.manifest(self._model).config

    @property
    def _is_by_token(self) -> bool:
        """Whether a token's numbers lie side by side."""
        return self._matrix == EMBEDDING

    async def rows(self, tokens: Sequence[int]) -> Array:
        """The rows of some tokens, float32 [len(tokens), d_model]; raises as `Service.weight`."""
        if self._is_by_token:
            return await self._read(EMBEDDING, tokens)
        config, mine = self._config, list(tokens)
        parts = [
            (await self._read(UNEMBEDDING, at))[:, mine]
            for at in pieces(config.d_model, config.d_vocab, PIECE)
        ]
        return np.ascontiguousarray(np.concatenate(parts).T)

    async def cosines(self, vectors: Array, is_wanted: Callable[[], bool]) -> Array | None:
        """The cosine of every row with some vectors, in float64; None where nobody waits any more.

        Shapes: vectors [n, d_model] → [n, d_vocab].
        """
        config = self._config
        if self._is_by_token:
            found = []
            for at in pieces(config.d_vocab, config.d_model, PIECE):
                if not is_wanted():
                    return None
                piece = await self._read(EMBEDDING, at)
                found.append(np.stack([cosines_with(piece, one) for one in vectors]))
            return np.concatenate(found, axis=1)
        products = np.zeros((len(vectors), config.d_vocab))
        squares = np.zeros(config.d_vocab)
        wide = vectors.astype(np.float64)
        for at in pieces(config.d_model, config.d_vocab, PIECE):
            if not is_wanted():
                return None
            piece = (await self._read(UNEMBEDDING, at)).astype(np.float64)
            products += wide[:, at.start : at.stop] @ piece
            squares += np.einsum("dt,dt->t", piece, piece)
        scale = np.sqrt((wide**2).sum(axis=1))[:, None] * np.sqrt(squares)
        return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0.0)

    async def products(self, vector: Array, is_wanted: Callable[[], bool]) -> Array | None:
        """Every row times a vector, made by the engine beside the page; None as in `cosines`.

        Shapes: vector float32 [d_model] → float32 [d_vocab].
        """
        config = self._config
        sizes = (config.d_vocab, config.d_model)
        n_rows, width = sizes if self._is_by_token else sizes[::-1]
        found = np.zeros(config.d_vocab, np.float32)
        for at in pieces(n_rows, width, MULTIPLIED):
            if not is_wanted():
                return None
            mine = vector[None] if self._is_by_token else vector[None, at.start : at.stop]
            asked = ProductRequest(self._matrix, at.start, at.stop, mine, self._is_by_token)
            async with self._service.still(self._model):
                piece = (await self._service.engine.product(asked))[0]
            if self._is_by_token:
                found[at.start : at.stop] = piece
            else:
                found += piece
        return found

    async def _read(self, name: str, rows: Sequence[int]) -> Array:
        async with self._service.still(self._model):
            return await self._service.weight(name, rows)


def pieces(n_rows: int, width: int, most: int) -> list[range]:
    """Rows from first to last, in stretches of at most so many numbers."""
    step = max(most // width, 1)
    return [range(first, min(first + step, n_rows)) for first in range(0, n_rows, step)]
