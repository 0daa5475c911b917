"""A vector's numbers as a table, as many a line as read well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Child, Markup, Node, h
from seethrough.view.numbers import exact

if TYPE_CHECKING:
    from seethrough.app.state import Spoken
    from seethrough.core.cache import Array

COLUMNS = 8


def vector_table(spoken: Spoken, caption: Child, values: Array, hook: str, position: int) -> Node:
    """All values of one vector, exactly.

    Args:
        caption: What the vector is.
        hook, position: Its name: the table carries it for whoever reads or exports the numbers.
    """
    heads = [h("th", {"scope": "col"}, f"+{step}") for step in range(COLUMNS)]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers", "data-hook": hook, "data-position": str(position)},
            h("caption", {}, caption),
            h("thead", {}, h("tr", {}, h("td"), heads)),
            h("tbody", {"translate": "no"}, Markup(lines(spoken, values))),
        ),
    )


def lines(spoken: Spoken, values: Array) -> str:
    """The table's lines; written directly, for a step has thousands of such cells."""
    return "".join(
        f'<tr><th scope="row">{start}</th>'
        + "".join(
            f'<td class="number">{exact(spoken, value)}</td>'
            for value in values[start : start + COLUMNS]
        )
        + "</tr>"
        for start in range(0, len(values), COLUMNS)
    )
