"""A head's pattern as numbers: all of it, or of a long prompt the chosen token's row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.folded import folded
from seethrough.view.node import Node, h
from seethrough.view.numbers import exact
from seethrough.view.words import hook_mark, rich, say, token_at, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.attention_grid import Grid

TABLE_UP_TO = 32


def data(scene: Scene, grid: Grid) -> Node:
    """The pattern as numbers; of a long prompt the chosen token's row."""
    whole = grid.side <= TABLE_UP_TO
    return folded(
        scene,
        "attention-data",
        say(scene, "view.attention.table" if whole else "view.attention.row"),
        lambda: h(
            "div",
            {"class": "table scroll", "tabindex": "0"},
            matrix_table(scene, grid) if whole else row_table(scene, grid),
        ),
    )


def axis_head(scene: Scene, position: int, scope: str) -> Node:
    """A table heading: the position and its token."""
    token = token_at(scene, position)
    mark = None if token is None else token_mark(token.visible)
    return h("th", {"scope": scope}, str(position), " ", mark)


def matrix_table(scene: Scene, grid: Grid) -> Node:
    """Every weight; masked pairs have no number."""
    heads_row = [axis_head(scene, key, "col") for key in range(grid.side)]
    masked = h("td", {"class": "masked"}, say(scene, "view.attention.masked"))
    lines = []
    for query in range(grid.side):
        weights = [
            h("td", {"class": "number"}, exact(scene, grid.pattern[query, key]))
            for key in range(query + 1)
        ]
        future = [masked] * (grid.side - query - 1)
        lines.append(h("tr", {}, axis_head(scene, query, "row"), weights, future))
    return h(
        "table",
        {"class": "numbers"},
        h("caption", {}, rich(scene, "view.attention.caption", name=hook_mark(grid.name))),
        h("thead", {}, h("tr", {}, h("td"), heads_row)),
        h("tbody", {}, lines),
    )


def row_table(scene: Scene, grid: Grid) -> Node:
    """One query's weights, key by key."""
    weights = grid.pattern[grid.position, : grid.position + 1]
    lines = [
        h(
            "tr",
            {},
            axis_head(scene, key, "row"),
            h("td", {"class": "number"}, exact(scene, weight)),
        )
        for key, weight in enumerate(weights)
    ]
    name = hook_mark(f"{grid.name}[{grid.position}]")
    return h(
        "table",
        {"class": "numbers"},
        h("caption", {}, rich(scene, "view.attention.caption", name=name)),
        h("tbody", {}, lines),
    )
