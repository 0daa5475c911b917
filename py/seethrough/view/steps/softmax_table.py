"""Every number of step 6, exactly: the four columns, and the tail by rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view import tail
from seethrough.view.folded import folded
from seethrough.view.logit_facts import last_position, spread
from seethrough.view.node import Node, h
from seethrough.view.numbers import exact
from seethrough.view.words import hook_mark, name_of, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.distribution import Distribution
    from seethrough.view.steps.softened import Softened

COLUMNS = ("token", "logit", "below", "power", "prob")


def data(scene: Scene, made: Softened) -> Node:
    """The four columns with all their digits, and the tail by rank."""
    whole = spread(scene)
    return folded(
        scene,
        "softmax-data",
        say(scene, "softmax.table"),
        lambda: [
            exact_table(scene, made),
            "" if whole is None else tail.table(scene, whole, names(scene, whole)),
        ],
    )


def exact_table(scene: Scene, made: Softened) -> Node:
    """Every number of the picture, exactly."""
    heads = [h("th", {"scope": "col"}, say(scene, f"softmax.column.{name}")) for name in COLUMNS]
    lines = [
        exact_line(scene, row.item.visible, row.item.logit, row.below, row.power, row.prob)
        for row in made.rows
    ]
    others = exact_line(
        scene, say(scene, "softmax.others"), None, None, made.rest, made.rest / made.total
    )
    together = exact_line(scene, say(scene, "softmax.total"), None, None, made.total, 1.0)
    caption = rich(
        scene,
        "softmax.exact.caption",
        logits=hook_mark(f"{hooks.LOGITS}[{last_position(scene)}]"),
        largest=exact(scene, made.largest),
    )
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("caption", {}, caption),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {}, lines),
            h("tfoot", {}, others, together),
        ),
    )


def exact_line(scene: Scene, name: str, *values: float | None) -> Node:
    """A line of exact numbers."""
    cells = [
        h("td", {"class": "number"}, "" if value is None else exact(scene, value))
        for value in values
    ]
    return h("tr", {}, h("th", {"scope": "row"}, h("bdi", {}, name)), cells)


def names(scene: Scene, whole: Distribution) -> dict[int, str]:
    """The tokens of the ranks that are told, where their text is known here."""
    told = {rank: name_of(scene, int(whole.order[rank - 1])) for rank in tail.named_ranks(whole)}
    return {rank: name for rank, name in told.items() if name is not None}
