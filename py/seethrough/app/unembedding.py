"""Rows of the unembedding: the vectors of tokens, wherever the model stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.cache import Array

ROWS = "W_U"
# An untied unembedding is stored by rows of d_model: a token's vector takes one number of each.
# So it is read whole, in pieces of at most so many numbers, and the page can breathe between them.
PIECE = 1 << 20


async def read_rows(service: Service, run: Run, tokens: tuple[int, ...]) -> Array | None:
    """The vectors of some tokens: rows of the embedding where it is tied, else columns of W_U.

    None where another model was opened meanwhile.
    Shapes: → [len(tokens), d_model].
    """
    config = run.config
    if config is None:
        return None
    if config.tie_word_embeddings:
        return await service.weight("W_E", tokens)
    piece = max(1, PIECE // config.d_vocab)
    parts = []
    for first in range(0, config.d_model, piece):
        rows = range(first, min(first + piece, config.d_model))
        if not service.is_loaded(run.model):
            return None
        parts.append((await service.weight(ROWS, rows))[:, list(tokens)])
    return np.ascontiguousarray(np.concatenate(parts).T)
