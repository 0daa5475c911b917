"""What is known of the logits behind the shown input: steps 5 and 6 draw from it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.distribution import Distribution, Terms, distribution

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.tokens import Candidate

ROWS = "W_U"
PART = "logits"


def last_position(state: AppState) -> int:
    """The position whose state is unembedded; −1 where there is none."""
    return len(state.tokens) - 1


def query_of(state: AppState) -> Array | None:
    """What is compared with every row: the final norm's output, [d_model]."""
    return state.captured.row(hooks.FINAL_OUT, last_position(state))


def terms_of(state: AppState, token: int) -> Terms | None:
    """The products that a token's logit is the sum of; None where query or row is not here."""
    query, row = query_of(state), state.captured.row(ROWS, token)
    return None if query is None or row is None else Terms(query, row)


def spread(state: AppState) -> Distribution | None:
    """Softmax over the whole vocabulary; None where the full logits are not here."""
    return _spread(state.captured, last_position(state))


@lru_cache(maxsize=1)
def _spread(captured: Captured, last: int) -> Distribution | None:
    logits = captured.row(hooks.LOGITS, last)
    return None if logits is None or not logits.size else distribution(logits)


def compared(state: AppState, most: int) -> tuple[Candidate, ...]:
    """The best tokens, then those that the reader asked for, with this input's own numbers.

    An asked token without a known logit is left out.
    """
    best, whole = state.top[:most], spread(state)
    opened = tuple(item for item in state.top[most:] if item.id == state.compared)
    if whole is None:
        return (*best, *opened)
    shown, logits, probs = {item.id for item in (*best, *opened)}, whole.logits, whole.probs
    asked = (item for item in state.asked if item.id not in shown and item.id < logits.size)
    now = (
        replace(item, logit=float(logits[item.id]), prob=float(probs[item.id])) for item in asked
    )
    return (*best, *opened, *now)


def is_coming(state: AppState) -> bool:
    """Whether what is missing is on its way: from the engine, or in a part of the recording."""
    if state.recorded is None:
        return state.source == "live"
    return any(card.id == state.recorded.id and PART in card.parts for card in state.recordings)
