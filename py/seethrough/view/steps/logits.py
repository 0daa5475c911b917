"""IN THE MAKING: replaced by its step's own view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view import top

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState
    from seethrough.view.node import Child

FIELDS = (
    "language",
    "tokens",
    "picture",
    "top",
    "config",
    "elapsed_ms",
    "continuation",
    "stop",
    "captured",
)


def render(state: AppState) -> str:
    """The step's picture."""
    return top.render(state)


def moments(_state: AppState) -> Sequence[Child]:
    """The sentences of the film."""
    return ()
