"""The softmax of the chosen row in its stages, as a table: scores become weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view.addends import add_up, shares
from seethrough.view.cell_button import cell_button
from seethrough.view.film import timed
from seethrough.view.ideas.plain import rect
from seethrough.view.node import Node, h
from seethrough.view.numbers import bracketed, count, exact, in_column
from seethrough.view.words import rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.addends import Addends, Shares
    from seethrough.view.block.row import Row

# The columns, each with what is done to come to it.
STAGES = ("score", "below", "power", "weight")


def shots_of(row: Row) -> tuple[str, ...]:
    """The stages that are known: without scores there is nothing to perform."""
    return ("score", "below", "power", "total", "weight") if row.total is not None else ()


@dataclass(frozen=True)
class Written:
    """What stands in the columns, key by key, the others together, what all make.

    Scores and what follows from them are empty where a recording keeps weights alone.
    """

    scores: tuple[str, ...]
    below: tuple[str, ...]
    powers: Addends | None
    weights: Shares


def written(scene: Scene, row: Row) -> Written:
    """The numbers of a row: columns by one number of decimals, what adds up visibly so."""
    has_others = row.n_others > 0
    weights = [key.weight for key in row.keys]
    told = shares(scene, weights, row.others if has_others else None)
    if row.total is None:
        return Written((), (), None, told)
    powers = [key.power or 0.0 for key in row.keys]
    rest = row.rest if has_others else None
    return Written(
        in_column(scene, [key.score or 0.0 for key in row.keys]),
        in_column(scene, [key.below or 0.0 for key in row.keys]),
        add_up(scene, powers, row.total, rest),
        told,
    )


def stages(scene: Scene, row: Row, shots: tuple[str, ...]) -> Node:
    """A line for each key, a column for each stage, the weights as bars."""
    shown = STAGES if row.total is not None else ("weight",)
    told = written(scene, row)
    lines = [line(scene, row, at, told, shots) for at in range(len(row.keys))]
    foots = [others(scene, row, shown, told)]
    return h(
        "table",
        {"class": "stages"},
        h("thead", {}, h("tr", {}, heads(scene, row, shown, told, shots))),
        h("tbody", {}, lines, foots),
        "" if told.powers is None else foot(scene, told, shots),
    )


def heads(
    scene: Scene, row: Row, shown: tuple[str, ...], told: Written, shots: tuple[str, ...]
) -> list[Node]:
    """What each column is, and what was done to come to it."""
    fields = {
        "max": bracketed(told.scores[row.keys.index(row.best)]) if told.scores else "",
        "sum": "" if told.powers is None else told.powers.whole,
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


def line(scene: Scene, row: Row, at: int, told: Written, shots: tuple[str, ...]) -> Node:
    """One key through the stages."""
    key = row.keys[at]
    bar = h(
        "svg",
        {"class": "stage-bar", "width": "100%", "height": "14", "aria-hidden": "true"},
        rect(0, max(key.weight, 0.0)),
    )
    return h(
        "tr",
        {"class": "is-best" if key is row.best else None},
        h(
            "th",
            {"scope": "row"},
            str(key.position),
            " ",
            token_mark(visible_at(scene, key.position)),
        ),
        values(scene, row, at, told, shots),
        h("td", {"class": "stage-bars", **timed(shots, "weight", "grow")}, bar),
    )


def values(scene: Scene, row: Row, at: int, told: Written, shots: tuple[str, ...]) -> list[Node]:
    """The numbers of a key, stage by stage; those of the model open their sums."""
    key = row.keys[at]
    place = key.position
    weight = cell_button(
        row.cell(hooks.PATTERN, place), told.weights.parts[at], exact(scene, key.weight)
    )
    last = stage("weight", shots, weight)
    if key.score is None or key.below is None or key.power is None or told.powers is None:
        return [last]
    score = cell_button(row.cell(hooks.SCORES, place), told.scores[at], exact(scene, key.score))
    return [
        stage("score", shots, score),
        stage("below", shots, told.below[at]),
        stage("power", shots, told.powers.parts[at]),
        last,
    ]


def stage(name: str, shots: tuple[str, ...], value: Node | str) -> Node:
    """One number in its column."""
    return h("td", {"class": f"number is-{name}", **timed(shots, name, "rise")}, value)


def others(scene: Scene, row: Row, shown: tuple[str, ...], told: Written) -> Node | str:
    """What the keys that are not told have together."""
    if not row.n_others:
        return ""
    rest = "" if told.powers is None else told.powers.rest
    by_name = {"power": rest or "", "weight": told.weights.rest}
    cells = [h("td", {"class": "number"}, by_name.get(name, "")) for name in shown]
    words = say(scene, "stages.others", n=count(scene, row.n_others))
    return h("tr", {"class": "is-others"}, h("th", {"scope": "row"}, words), cells, h("td"))


def foot(scene: Scene, told: Written, shots: tuple[str, ...]) -> Node:
    """The sum of the exponentials, by which each is divided, and what the weights add up to."""
    total = "" if told.powers is None else told.powers.whole
    place = timed(shots, "total", "rise")
    weight = {"class": "number", **timed(shots, "weight", "rise")}
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
            h("td", weight, told.weights.whole),
            h("td"),
        ),
    )


def formula(scene: Scene, row: Row) -> Node | str:
    """The softmax of the best key with this row's own numbers; nothing without scores."""
    best = row.best
    if row.total is None or best.score is None or best.power is None:
        return ""
    told = written(scene, row)
    at = row.keys.index(best)
    fields: dict[str, Node | str] = {
        "key": token_mark(visible_at(scene, best.position)),
        "score": told.scores[at],
        "max": bracketed(told.scores[at]),
        "power": "" if told.powers is None else told.powers.parts[at],
        "sum": "" if told.powers is None else told.powers.whole,
        "weight": told.weights.parts[at],
    }
    return h("p", {"class": "note worked"}, rich(scene, "stages.formula", **fields))
