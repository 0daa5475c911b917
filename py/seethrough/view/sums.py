"""IN THE MAKING: the sum that made a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.app.state import AppState

FIELDS = ("language",)


def render(_state: AppState) -> str:
    """The sum of the chosen cell."""
    return ""
