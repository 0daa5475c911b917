"""The softmax of the chosen row in its stages, as a table: scores become weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view.cell_button import cell_button
from seethrough.view.film import timed
from seethrough.view.ideas.plain import rect
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, exact, probability, readout
from seethrough.view.words import say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.block.row import Key, Row

# The columns, each with what is done to come to it.
STAGES = ("score", "below", "power", "weight")


def shots_of(row: Row) -> tuple[str, ...]:
    """The stages that are known: without scores there is nothing to perform."""
    return ("score", "below", "power", "total", "weight") if row.total is not None else ()


def stages(scene: Scene, row: Row, shots: tuple[str, ...]) -> Node:
    """A line for each key, a column for each stage, the weights as bars."""
    shown = STAGES if row.total is not None else ("weight",)
    lines = [line(scene, row, key, shots) for key in row.keys]
    return h(
        "table",
        {"class": "stages"},
        h("thead", {}, h("tr", {}, heads(scene, row, shown, shots))),
        h("tbody", {}, lines, others(scene, row, shown)),
        foot(scene, row, shots) if row.total is not None else "",
    )


def heads(scene: Scene, row: Row, shown: tuple[str, ...], shots: tuple[str, ...]) -> list[Node]:
    """What each column is, and what was done to come to it."""
    fields = {
        "max": readout(scene, row.top or 0.0),
        "sum": readout(scene, row.total or 0.0),
    }
    columns = [
        h(
            "th",
            {"scope": "col", "class": f"is-{name}", **timed(shots, name, "rise")},
            h("span", {"class": "operation"}, say(scene, f"stages.do.{name}", **fields))
            if name != "score" and row.total is not None
            else "",
            h("span", {}, say(scene, f"stages.{name}")),
        )
        for name in shown
    ]
    return [h("th", {"scope": "col"}, say(scene, "stages.key")), *columns, h("td")]


def line(scene: Scene, row: Row, key: Key, shots: tuple[str, ...]) -> Node:
    """One key through the stages."""
    is_best = key is row.best
    bar = h(
        "svg",
        {"class": "stage-bar", "width": "100%", "height": "14", "aria-hidden": "true"},
        rect(0, max(key.weight, 0.0)),
    )
    return h(
        "tr",
        {"class": "is-best" if is_best else None},
        h(
            "th",
            {"scope": "row"},
            str(key.position),
            " ",
            token_mark(visible_at(scene, key.position)),
        ),
        values(scene, row, key, shots),
        h("td", {"class": "stage-bars", **timed(shots, "weight", "grow")}, bar),
    )


def values(scene: Scene, row: Row, key: Key, shots: tuple[str, ...]) -> list[Node]:
    """The numbers of a key, stage by stage; those of the model open their sums."""
    weight = cell_button(
        row.cell(hooks.PATTERN, key.position),
        probability(scene, key.weight),
        exact(scene, key.weight),
    )
    last = stage("weight", shots, weight)
    if key.score is None or key.below is None or key.power is None:
        return [last]
    score = cell_button(
        row.cell(hooks.SCORES, key.position), readout(scene, key.score), exact(scene, key.score)
    )
    return [
        stage("score", shots, score),
        stage("below", shots, readout(scene, key.below)),
        stage("power", shots, readout(scene, key.power)),
        last,
    ]


def stage(name: str, shots: tuple[str, ...], value: Node | str) -> Node:
    """One number in its column."""
    return h("td", {"class": f"number is-{name}", **timed(shots, name, "rise")}, value)


def others(scene: Scene, row: Row, shown: tuple[str, ...]) -> Node | str:
    """What the keys that are not told have together."""
    if not row.n_others:
        return ""
    rest, share = readout(scene, row.rest), probability(scene, row.others)
    cells = [
        h("td", {"class": "number"}, rest if name == "power" else share if name == "weight" else "")
        for name in shown
    ]
    words = say(scene, "stages.others", n=count(scene, row.n_others))
    return h("tr", {"class": "is-others"}, h("th", {"scope": "row"}, words), cells, h("td"))


def foot(scene: Scene, row: Row, shots: tuple[str, ...]) -> Node:
    """The sum of the exponentials, by which each is divided, and what the weights add up to."""
    total = readout(scene, row.total or 0.0)
    place = timed(shots, "total", "rise")
    return h(
        "tfoot",
        {},
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, say(scene, "stages.sum")),
            h("td"),
            h("td"),
            h("td", {"class": "number is-power", **place}, total),
            h("td", {"class": "number", **timed(shots, "weight", "rise")}, probability(scene, 1.0)),
            h("td"),
        ),
    )
