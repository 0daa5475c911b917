"""A number of the model that opens the sum behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h

if TYPE_CHECKING:
    from seethrough.core.cell import Cell


def cell_button(where: Cell, shown: str, told: str) -> Node:
    """The button.

    Args:
        shown: The number as it stands there.
        told: The exact number.
    """
    return h(
        "button",
        {
            "type": "button",
            "class": "cell-button number",
            "data-action": "select-cell",
            "data-cell": str(where),
            "title": told,
        },
        shown,
    )
