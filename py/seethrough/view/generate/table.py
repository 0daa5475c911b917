"""Every new token in numbers: share, rank, surprise, entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.folded import folded
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import count, exact
from seethrough.view.steps.written import bits
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken

COLUMNS = ("step", "token", "id", "prob", "rank", "surprise", "entropy")


def folded_table(scene: Scene) -> list[Child]:
    """The table, closed at first; nothing before the first token."""
    if not scene.run.steps:
        return []
    return [folded(scene, "generate-data", say(scene, "generate.table"), lambda: lines(scene))]


def lines(scene: Scene) -> Node:
    """The table itself."""
    head = [h("th", {"scope": "col"}, say(scene, f"generate.table.{name}")) for name in COLUMNS]
    rows = [line(scene, at, new) for at, new in enumerate(scene.run.steps)]
    whole = h(
        "table",
        {"class": "numbers"},
        h("caption", {}, say(scene, "generate.table.caption")),
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, rows),
    )
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)


def line(scene: Scene, at: int, new: NewToken) -> Node:
    """One new token."""
    unknown = say(scene, "loop.unknown")
    values: list[Child] = [
        h("bdi", {}, new.visible),
        str(new.id),
        exact(scene, new.prob),
        count(scene, new.rank + 1),
        exact(scene, bits(new.prob)),
        unknown if new.entropy is None else exact(scene, new.entropy),
    ]
    number = h("th", {"scope": "row"}, count(scene, at + 1))
    return h("tr", {}, number, [h("td", {}, value) for value in values])
