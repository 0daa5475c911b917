"""The second place that stands beside the first: it is opened, closed, and chosen by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.second import Second

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Store


def switch_second(store: Store) -> None:
    """Put a second place beside the first, or take it away."""
    state = store.state
    store.replace(second=first_second(state) if state.beside is None else None)


def close_second(store: Store) -> None:
    """Take the second place away."""
    if store.state.choice.second is not None:
        store.replace(second=None)


def first_second(state: AppState) -> Second | None:
    """What to begin with: the next head, else the token before, else the next layer.

    None where the step has no pair, or the model and text have no second of anything.
    """
    config, choice, step = state.run.config, state.choice, state.step
    n_tokens = len(state.run.tokens)
    if config is None or step is None or step.pair is None or not n_tokens:
        return None
    if "head" in step.pair.by and config.n_heads > 1:
        return Second(head=(choice.head + 1) % config.n_heads)
    if "position" in step.pair.by and n_tokens > 1:
        return Second(position=choice.position - 1 if choice.position else 1)
    if "layer" in step.pair.by and config.n_layers > 1:
        return Second(layer=(choice.layer + 1) % config.n_layers)
    return None


def choose_second(store: Store, **parts: int) -> None:
    """Choose the second place's layer, head or position; what is not named stays."""
    now = store.state.choice.second or Second()
    chosen = replace(now, **parts)
    if chosen != now:
        store.replace(second=chosen)
