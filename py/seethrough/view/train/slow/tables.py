"""A table of numbers: a title for each column, a row for each thing."""

from __future__ import annotations

from seethrough.view.node import Node, h


def data_table(head: list[str], rows: list[Node]) -> Node:
    """A table with a title for each column."""
    columns = h("tr", {}, [h("th", {"scope": "col"}, name) for name in head])
    return h("table", {"class": "data-table"}, h("thead", {}, columns), h("tbody", {}, rows))
