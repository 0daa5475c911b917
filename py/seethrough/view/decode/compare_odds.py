"""The odds at a column as pairs of bars, one for each side; and all columns in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.against import BY_SETTINGS
from seethrough.core.contrast import NAMES
from seethrough.view.decode.compare_columns import chosen
from seethrough.view.decode.pairs import bars
from seethrough.view.folded import folded
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, exact, probability
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.contrast import Contrast, Odds, Share
    from seethrough.core.tokens import NewToken

N_SHOWN = 10
HEADS = ("place", "token", "share", "rank")


def panel(scene: Scene, shown: Contrast) -> list[Node]:
    """Which column it is, its candidates."""
    at = chosen(scene, shown)
    rows = rows_of(shown, at)
    if not rows:
        return []
    key = "settings" if shown.kind == BY_SETTINGS else "own"
    name = say(scene, f"decode.compare.odds.{key}", n=count(scene, at + 1))
    return [h("h2", {"class": "beam-title"}, name), table(scene, shown, rows, name)]


def rows_of(shown: Contrast, at: int) -> list[Odds]:
    """The likeliest candidates; behind them what was taken from farther down."""
    known = shown.odds(at)
    taken = [row for row in known[N_SHOWN:] if row.is_left or row.is_right]
    return [*known[:N_SHOWN], *taken]


def table(scene: Scene, shown: Contrast, rows: list[Odds], name: str) -> Node:
    """A row a candidate: both chances as numbers and as lengths."""
    heads = [h("th", {"scope": "col"}, say(scene, "step.sample.column.token"))]
    for side, kind in zip(NAMES, ("own", "now"), strict=True):
        sign = h("span", {"class": f"decode-key is-{kind}", "aria-hidden": "true"})
        heads.append(h("th", {"scope": "col"}, sign, side))
    return h(
        "table",
        {"class": "decode-pairs versus-odds"},
        h("caption", {"class": "visually-hidden"}, name),
        h("thead", {}, h("tr", {}, heads, h("td", {}))),
        h("tbody", {}, [row(scene, shown, one) for one in rows]),
    )


def row(scene: Scene, shown: Contrast, one: Odds) -> Node:
    """One candidate; who took it is said."""
    taken = [side for side, is_it in zip(NAMES, (one.is_left, one.is_right), strict=True) if is_it]
    sign = h("b", {"class": "versus-letter"}, "".join(taken)) if taken else None
    left, right = (chance(shown, side) for side in (one.left, one.right))
    return h(
        "tr",
        {"class": "is-landed" if taken else None},
        h("th", {"scope": "row"}, h("bdi", {"class": "token"}, one.visible), sign),
        number(scene, left),
        number(scene, right),
        bars(0.0 if left is None else left, right),
    )


def chance(shown: Contrast, side: Share | None) -> float | None:
    """What a side gives a candidate: with its settings where they differ, else by its model."""
    if side is None:
        return None
    return side.now if shown.kind == BY_SETTINGS else side.own


def number(scene: Scene, value: float | None) -> Node:
    """A chance, exact under the pointer; what a side does not know is said."""
    if value is None:
        return h("td", {"class": "is-out"}, say(scene, "decode.compare.unknown"))
    return h("td", {"class": "number", "title": exact(scene, value)}, probability(scene, value))


def folded_table(scene: Scene, shown: Contrast) -> Node:
    """Every token of both sides; closed at first."""
    name = say(scene, "decode.compare.table")
    return folded(scene, "compare-data", name, lambda: whole_table(scene, shown))


def whole_table(scene: Scene, shown: Contrast) -> Node:
    """The table itself."""
    place = h("th", {"scope": "col"}, say(scene, "decode.compare.head.place"))
    heads = [
        h("th", {"scope": "col"}, say(scene, f"decode.compare.head.{name}", side=side))
        for side in NAMES
        for name in HEADS[1:]
    ]
    rows = [
        h(
            "tr",
            {"class": "is-landed" if at == shown.first else None},
            h("th", {"scope": "row"}, count(scene, at + 1)),
            [cells(scene, side.step(at)) for side in shown.sides],
        )
        for at in range(shown.n_columns)
    ]
    caption = h("caption", {}, say(scene, "decode.compare.table_caption"))
    body = h("thead", {}, h("tr", {}, place, heads)), h("tbody", {}, rows)
    whole = h("table", {"class": "numbers"}, caption, *body)
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)


def cells(scene: Scene, new: NewToken | None) -> list[Node]:
    """A token, its chance by the model, its rank; nothing behind the end."""
    if new is None:
        return [h("td", {}) for _ in HEADS[1:]]
    return [
        h("td", {}, h("bdi", {}, new.visible)),
        h("td", {"class": "number"}, exact(scene, new.prob)),
        h("td", {"class": "number"}, count(scene, new.rank + 1)),
    ]
