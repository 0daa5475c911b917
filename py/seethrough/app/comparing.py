"""Tokens that the reader compares: one of the best opened, or one of their own asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.app.message import Message
from seethrough.core import hooks
from seethrough.core.clean_text import clean_text
from seethrough.core.distribution import distribution
from seethrough.core.tokens import candidate, texts

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.app.state import AppState

MOST_ASKED = 3
MOST_CHARACTERS = 200


class Comparing:
    """What a reader does at the step "logits"; their vectors come as that step wants them."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.store = service.store

    def compare(self, token: int) -> None:
        """Open one of the compared tokens: its terms are told."""
        self.store.replace(compared=token)

    def ask(self, text: str) -> None:
        """Compare a token of the reader's own: the first one of a text."""
        state, model = self.store.state, self.service.model
        logits = state.run.captured.row(hooks.LOGITS, len(state.run.tokens) - 1)
        if model is None or logits is None or not self.service.is_loaded(state.run.model):
            self.store.replace(asked_note=Message("asked.no_model"))
            return
        cleaned = clean_text(text[:MOST_CHARACTERS]).text
        ids = model.tokenizer.encode(cleaned)
        if not ids:
            key = "asked.no_token" if cleaned else "asked.empty"
            self.store.replace(asked_note=Message(key))
            return
        fields = {"n_tokens": len(ids), "token": texts(model.tokenizer, ids[0])[1]}
        note = Message("asked.several", fields) if len(ids) > 1 else None
        self.store.replace(asked_note=note, **compare_with(state, ids[0]))


def compare_with(state: AppState, token: int) -> dict[str, Any]:
    """The choice that compares a token with the best ones; empty where it cannot be."""
    run = state.run
    if token in {item.id for item in (*state.choice.asked, *run.top)}:
        return {"compared": token}
    logits, vocabulary = run.captured.row(hooks.LOGITS, len(run.tokens) - 1), state.vocabulary
    if vocabulary is None or logits is None or token >= logits.size:
        return {}
    told = texts(vocabulary, token)
    new = candidate(token, float(logits[token]), distribution(logits).logsumexp, *told)
    return {"compared": token, "asked": (*state.choice.asked, new)[-MOST_ASKED:]}
