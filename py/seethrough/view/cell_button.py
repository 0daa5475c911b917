"""A number of the model that opens the sum behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h

if TYPE_CHECKING:
    from seethrough.core.cell import Cell


def cell_button(
    where: Cell,
    shown: str,
    told: str,
    label: str | None = None,
    *,
    classes: str = "cell-button number",
) -> Node:
    """The button.

    Args:
        shown: The number, or its name, as it stands there.
        told: What a pointer is told: the exact number, or the cell's name.
        label: Name and value together, where `shown` is not all of it.
    """
    return h(
        "button",
        {
            "type": "button",
            "class": classes,
            "data-action": "select-cell",
            "data-cell": str(where),
            "aria-label": label,
            "title": told,
        },
        shown,
    )
