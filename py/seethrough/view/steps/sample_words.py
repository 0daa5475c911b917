"""How tokens and shares of the step "sample" are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.numbers import probability
from seethrough.view.words import name_of, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.view.node import Node


def named(state: AppState, token: int) -> str:
    """A token's text as shown; its number where nobody knows the text here."""
    known = name_of(state, token)
    return say(state, "step.sample.unnamed", id=token) if known is None else known


def marked(state: AppState, token: int) -> Node:
    """A token inside a sentence."""
    return token_mark(named(state, token))


def share(state: AppState, value: float) -> str:
    """A probability as the page writes them."""
    return probability(float(value), state.language)


def share_of(state: AppState, probs: Array, token: int) -> str:
    """A token's probability among some."""
    return share(state, float(probs[token]))


def number(value: float) -> str:
    """A setting as it was set: 0.8, 40."""
    return f"{value:g}"
