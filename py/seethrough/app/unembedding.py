"""Rows of the unembedding: those of the best tokens, and of tokens that the reader asks for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.state import Message
from seethrough.core import hooks
from seethrough.core.clean_text import clean_text
from seethrough.core.distribution import distribution
from seethrough.core.tokens import candidate, texts

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured

ROWS = "W_U"
MOST_ASKED = 3
MOST_CHARACTERS = 200
# An untied unembedding is stored by rows of d_model: a token's vector takes one number of each.
# So it is read whole, in pieces of at most so many numbers, and the page can breathe between them.
PIECE = 1 << 20


class Unembedding:
    """Keeps in `captured`, as `W_U`, the vectors of the tokens that are compared.

    There `positions` are token ids: `captured.row("W_U", token)` is [d_model].
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.store = service.store
        self._lock = asyncio.Lock()

    async def fill(self) -> None:
        """Fetch the rows that are missing; nothing where the shown model is not loaded."""
        async with self._lock:
            state = self.store.state
            missing = missing_rows(state)
            if not missing or not self.service.is_loaded(state.model):
                return
            rows = await self._rows(state, missing)
            now = self.store.state
            if rows is not None and (now.model, now.config) == (state.model, state.config):
                self.store.replace(captured=with_rows(now.captured, missing, rows))

    def compare(self, token: int) -> None:
        """Open one of the compared tokens: its terms are told."""
        self.store.replace(compared=token)

    def ask(self, text: str) -> None:
        """Compare a token of the reader's own: the first one of a text."""
        state, model = self.store.state, self.service.model
        logits = state.captured.row(hooks.LOGITS, len(state.tokens) - 1)
        if model is None or logits is None or not self.service.is_loaded(state.model):
            self._say(Message("asked.no_model"))
            return
        cleaned = clean_text(text[:MOST_CHARACTERS]).text
        ids = model.tokenizer.encode(cleaned)
        if not ids:
            key = "asked.no_token" if cleaned else "asked.empty"
            self._say(Message(key))
            return
        fields = {"n_tokens": len(ids), "token": texts(model.tokenizer, ids[0])[1]}
        note = Message("asked.several", fields) if len(ids) > 1 else None
        self._say(note)
        self.store.replace(**compare_with(state, ids[0]))

    def _say(self, note: Message | None) -> None:
        self.store.replace(asked_note=note)

    async def _rows(self, state: AppState, tokens: tuple[int, ...]) -> Array | None:
        """The vectors of some tokens: rows of the embedding where it is tied, else columns of W_U.

        None where another model was opened meanwhile.
        Shapes: → [len(tokens), d_model].
        """
        config = state.config
        if config is None:
            return None
        if config.tie_word_embeddings:
            return await self.service.weight("W_E", tokens)
        piece = max(1, PIECE // config.d_vocab)
        parts = []
        for first in range(0, config.d_model, piece):
            rows = range(first, min(first + piece, config.d_model))
            if not self.service.is_loaded(state.model):
                return None
            parts.append((await self.service.weight(ROWS, rows))[:, list(tokens)])
        return np.ascontiguousarray(np.concatenate(parts).T)


def compare_with(state: AppState, token: int) -> dict[str, Any]:
    """The fields of AppState that compare a token with the best ones; none where it cannot be."""
    if token in {item.id for item in (*state.asked, *state.top)}:
        return {"compared": token}
    logits = state.captured.row(hooks.LOGITS, len(state.tokens) - 1)
    if state.vocabulary is None or state.engine.model != state.model or logits is None:
        return {}
    if token >= logits.size:
        return {}
    told = texts(state.vocabulary, token)
    new = candidate(token, float(logits[token]), distribution(logits).logsumexp, *told)
    return {"compared": token, "asked": (*state.asked, new)[-MOST_ASKED:]}


def missing_rows(state: AppState) -> tuple[int, ...]:
    """The tokens that the present step compares and whose rows are not here."""
    if state.route.view != "walk" or state.route.step != "logits":
        return ()
    wanted = dict.fromkeys(item.id for item in (*state.top, *state.asked))
    known = state.captured.positions.get(ROWS, ())
    return tuple(token for token in wanted if token not in known)


def with_rows(captured: Captured, tokens: tuple[int, ...], rows: Array) -> Captured:
    """The same with more rows of the unembedding; those that were there stay."""
    known = captured.positions.get(ROWS, ())
    if known:
        rows = np.concatenate([captured.arrays[ROWS], rows])
    return captured.with_more({ROWS: rows}, {ROWS: (*known, *tokens)})
