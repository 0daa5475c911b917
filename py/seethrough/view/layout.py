"""Which panel fills which slot of the page, when it changes, and which pictures it holds.

The browser layer needs nothing else from view/: `PANELS`, `raster_for`, `describe_cell` and
`ACTIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view import attention, continuation, message, residual, status, tokens, top

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import AppState
    from seethrough.core.cache import Array

# Every data-action that a panel's markup can carry; the first three are the static form's.
ACTIONS = (
    "run",
    "generate",
    "cancel",
    "download",
    "retry",
    "select-position",
    "select-layer",
    "select-head",
    "append-token",
)


@dataclass(frozen=True)
class Panel:
    """One slot: the fields of AppState that it is drawn from, and how."""

    fields: tuple[str, ...]
    render: Callable[[AppState], str]


PANELS: Mapping[str, Panel] = {
    "status": Panel(("language", "models", "model", "engine"), status.render),
    "message": Panel(("language", "notice", "error"), message.render),
    "tokens": Panel(("language", "tokens", "picture"), tokens.render),
    "top": Panel(("language", "top", "config", "elapsed_ms"), top.render),
    "continuation": Panel(("language", "tokens", "continuation", "stop"), continuation.render),
    "residual": Panel(("language", "tokens", "config", "picture"), residual.render),
    "attention": Panel(("language", "tokens", "config", "picture"), attention.render),
}


def raster_for(state: AppState, name: str, dark: bool) -> Array | None:  # noqa: FBT001 - agreed
    """Pixels [height, width, 4] of a `<canvas data-raster="name">`; None where nothing is drawn.

    Raises:
        ValueError: No panel has such a picture.
    """
    if name == "residual":
        return residual.raster(state, dark=dark)
    if name == "attention":
        return attention.raster(state, dark=dark)
    kind, _, number = name.partition("-")
    if kind == "head" and number.isdecimal():
        return attention.head_raster(state, int(number), dark=dark)
    msg = f"no picture {name!r}"
    raise ValueError(msg)


def describe_cell(state: AppState, name: str, row: int, column: int) -> str:
    """A picture's cell as text; empty outside it or where nothing is drawn.

    Raises:
        ValueError: No panel has such a picture.
    """
    if name == "residual":
        return residual.describe_cell(state, row, column)
    if name == "attention":
        return attention.describe_cell(state, row, column)
    msg = f"no picture {name!r}"
    raise ValueError(msg)
