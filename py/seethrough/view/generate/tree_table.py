"""Every way of the tree in numbers: its text, how long and how likely it is, why it ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core.tokens import END
from seethrough.core.tree import PRESENT
from seethrough.view.folded import folded
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import count, exact
from seethrough.view.steps.written import bits, text_of
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tree import Way

COLUMNS = ("way", "name", "n_tokens", "surprise", "stop")


def folded_table(scene: Scene) -> list[Child]:
    """The table, closed at first; nothing before the first token."""
    if not scene.run.steps:
        return []
    return [folded(scene, "tree-data", say(scene, "tree.table"), lambda: lines(scene))]


def lines(scene: Scene) -> Node:
    """The table itself."""
    head = [h("th", {"scope": "col"}, say(scene, f"tree.table.{name}")) for name in COLUMNS]
    rows = [line(scene, way) for way in scene.run.ways if way.steps]
    whole = h(
        "table",
        {"class": "numbers"},
        h("caption", {}, say(scene, "tree.table.caption")),
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, rows),
    )
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)


def line(scene: Scene, way: Way) -> Node:
    """One way; the present one says so where it has no name."""
    here = say(scene, "tree.here") if way.index == PRESENT else ""
    words = text_of(way.steps, has_end=way.stop == END)
    values: list[Child] = [
        h("bdi", {}, scene.run.place_names.get(way.ids, here)),
        count(scene, len(way.steps)),
        exact(scene, math.fsum(bits(step.prob) for step in way.steps)),
        way.stop,
    ]
    first = h("th", {"scope": "row"}, h("bdi", {}, words))
    return h("tr", {}, first, [h("td", {}, value) for value in values])
