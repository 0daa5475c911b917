"""The step "sample" in numbers: the best tokens and their odds, 200 darts counted, every figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import PROBS, Cell
from seethrough.core.hooks import LOGITS
from seethrough.view.folded import folded
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact, percentage, setting
from seethrough.view.scales import nice_above
from seethrough.view.steps.sample_bars import name_of_cut, percent, told_of_cut
from seethrough.view.steps.sample_odds import rows_of
from seethrough.view.steps.sample_words import named, share
from seethrough.view.words import name_of, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.steps.sample_odds import Odds

ROWS = 8
LONG_ROWS = 12
SIGMAS = 2
COLUMNS = ("token", "own", "now")
TOKEN_HEADS = ("rank", "id", "token", "logit", "own", "tempered", "now", "start", "end", "drawn")
CUT_HEADS = ("cut", "setting", "mass", "removed", "gone", "kept")


def candidates(scene: Scene, odds: Odds) -> Node:
    """The best tokens and the landed one: each a button that takes it."""
    tokens = rows_of(odds, ROWS)
    reach = limit_of(odds, tokens)
    head = [column(scene, name) for name in COLUMNS]
    head.append(h("td", {"class": "bar-cell"}, axis(scene, reach)))
    if odds.counts is not None:
        head.append(column(scene, "drawn"))
    return h(
        "table",
        {"class": "candidates odds-table"},
        h("caption", {"class": "invites"}, say(scene, "step.sample.choose")),
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, [row(scene, odds, token, reach) for token in tokens]),
        h("tfoot", {}, others(scene, odds, tokens)),
    )


def column(scene: Scene, name: str) -> Node:
    """A column's head."""
    return h("th", {"scope": "col"}, say(scene, f"step.sample.column.{name}"))


def axis(scene: Scene, reach: float) -> Node:
    """What the bars' left and right ends stand for."""
    ends = (("0%", "start", "0"), ("100%", "end", percent_of(scene, reach)))
    texts = [h("text", {"x": x, "y": 14, "text-anchor": anchor}, told) for x, anchor, told in ends]
    shape: Attributes = {"width": "100%", "height": 20, "aria-hidden": "true"}
    return h("svg", {"class": "axis", **shape}, texts)


def percent_of(scene: Scene, reach: float) -> str:
    """A round share, without needless zeros."""
    return percentage(scene, f"{reach * 100:g}")


def limit_of(odds: Odds, tokens: list[int]) -> float:
    """A round share that all bars and whiskers of the table stay within."""
    tops = [float(odds.now[token]) for token in tokens]
    if odds.counts is not None:
        tops += [top + SIGMAS * deviation(top, odds.tallied) for top in tops]
        tops += [float(odds.counts[token]) / odds.tallied for token in tokens]
    return min(1.0, nice_above(max(tops)))


def deviation(prob: float, n_darts: int) -> float:
    """The standard deviation of a share that is counted over so many darts."""
    return math.sqrt(prob * (1 - prob) / n_darts)


def row(scene: Scene, odds: Odds, token: int, reach: float) -> Node:
    """One token: take it, its odds before and now, how often it was drawn."""
    is_landed = token == odds.landed
    button = h(
        "button",
        {
            "type": "button",
            "class": "chip is-candidate",
            "data-action": "append-token",
            "data-id": str(token),
            "title": say(scene, "view.top.append", id=token),
        },
        h("bdi", {"class": "chip-text"}, named(scene, token)),
        h("span", {"class": "visually-hidden"}, say(scene, "step.sample.landed"))
        if is_landed
        else None,
    )
    drawn = None
    if odds.counts is not None:
        drawn = h("td", {"class": "number"}, count(scene, int(odds.counts[token])))
    return h(
        "tr",
        {"class": "is-landed" if is_landed else None},
        h("th", {"scope": "row"}, button),
        h("td", {"class": "number"}, own(scene, odds, token)),
        h(
            "td",
            {"class": "number", "title": exact(scene, odds.now[token])},
            share(scene, odds.now[token]),
        ),
        h("td", {"class": "bar-cell"}, bar(odds, token, reach)),
        drawn,
    )


def own(scene: Scene, odds: Odds, token: int) -> Node:
    """The model's own probability; its sum opens."""
    return h(
        "button",
        {
            "type": "button",
            "class": "cell-button",
            "data-action": "select-cell",
            "data-cell": str(Cell(PROBS, (len(scene.run.tokens) - 1, token))),
            "title": exact(scene, odds.own[token]),
        },
        share(scene, odds.own[token]),
    )


def bar(odds: Odds, token: int, reach: float) -> Node:
    """The odds as a length; where darts are counted, their share, and what was expected."""
    expected, parts = float(odds.now[token]), list[Child]()
    if odds.counts is None:
        parts.append(box("bar-fill", expected / reach))
    else:
        parts.append(box("bar-drawn", float(odds.counts[token]) / odds.tallied / reach))
    if odds.counts is not None and expected > 0:
        spread = SIGMAS * deviation(expected, odds.tallied)
        ends = [max(0.0, expected - spread) / reach, min(reach, expected + spread) / reach]
        places: Attributes = {"x1": percent(ends[0]), "x2": percent(ends[1])}
        parts.append(h("line", {"class": "whisker", "y1": "50%", "y2": "50%", **places}))
        at = percent(expected / reach)
        parts.append(h("line", {"class": "expected", "x1": at, "x2": at, "y1": "15%", "y2": "85%"}))
    return h("svg", {"class": "odds-cell", "width": "100%", "aria-hidden": "true"}, parts)


def box(kind: str, part: float) -> Node:
    """A bar of this part of the width."""
    width = percent(min(max(part, 0.0), 1.0))
    return h("rect", {"class": kind, "y": "30%", "width": width, "height": "40%"})


def others(scene: Scene, odds: Odds, tokens: list[int]) -> Node:
    """The whole rest of the vocabulary, so that every column adds up."""
    name = say(scene, "step.sample.others", count=count(scene, odds.own.size - len(tokens)))
    rests = [float(np.delete(probs, tokens).sum()) for probs in (odds.own, odds.now)]
    drawn = None
    if odds.counts is not None:
        left = odds.tallied - int(odds.counts[tokens].sum())
        drawn = h("td", {"class": "number"}, count(scene, left))
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, name),
        [h("td", {"class": "number"}, share(scene, rest)) for rest in rests],
        h("td", {}),
        drawn,
    )


def tally_note(scene: Scene, odds: Odds) -> Node | None:
    """How the count compares with the odds; nothing while nothing is counted."""
    if odds.counts is None:
        return None
    tokens = [token for token in rows_of(odds, ROWS) if odds.now[token] > 0]
    inside = sum(is_within(odds, token) for token in tokens)
    words = say(
        scene,
        "step.sample.tally_told",
        count=count(scene, odds.tallied),
        seed=odds.settings.seed,
        inside=inside,
        rows=len(tokens),
    )
    return h("p", {"class": "note"}, words)


def is_within(odds: Odds, token: int) -> bool:
    """Whether a count lies within 2σ of what is expected."""
    if odds.counts is None:
        return False
    expected = float(odds.now[token])
    off = abs(float(odds.counts[token]) / odds.tallied - expected)
    return off <= SIGMAS * deviation(expected, odds.tallied) + 1e-12


def unnamed_note(scene: Scene, odds: Odds) -> Node | None:
    """Why some tokens stand there by their number."""
    if all(name_of(scene, token) is not None for token in rows_of(odds, ROWS)):
        return None
    return h("p", {"class": "note"}, say(scene, "step.sample.unnamed_note"))


def data(scene: Scene, odds: Odds) -> Node:
    """Every number of the draw, to read and to copy."""
    return folded(
        scene,
        "sample-data",
        say(scene, "step.sample.table"),
        lambda: [
            h("div", {"class": "scroll table", "tabindex": "0"}, cut_table(scene, odds)),
            h("div", {"class": "scroll table", "tabindex": "0"}, token_table(scene, odds)),
        ],
    )


def heads(scene: Scene, names: tuple[str, ...]) -> Node:
    """The row of column heads."""
    cells = [h("th", {"scope": "col"}, say(scene, f"step.sample.head.{name}")) for name in names]
    return h("thead", {}, h("tr", {}, cells))


def cut_table(scene: Scene, odds: Odds) -> Node:
    """What each cut took, as shares of the bar and of what stood before it."""
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row", "title": told_of_cut(scene, cut)}, name_of_cut(scene, cut)),
            h("td", {}, setting(scene, cut.setting)),
            h("td", {}, exact(scene, cut.mass)),
            h("td", {}, exact(scene, cut.removed)),
            h("td", {}, count(scene, cut.n_gone)),
            h("td", {}, count(scene, cut.n_kept)),
        )
        for cut in odds.taken
    ]
    caption = h("caption", {}, say(scene, "step.sample.table_cuts"))
    return h("table", {"class": "numbers"}, caption, heads(scene, CUT_HEADS), h("tbody", {}, rows))


def token_table(scene: Scene, odds: Odds) -> Node:
    """The most probable tokens with every probability on their way."""
    tokens = rows_of(odds, min(LONG_ROWS, odds.own.size))
    caption = say(
        scene, "step.sample.table_tokens", count=count(scene, min(LONG_ROWS, odds.own.size))
    )
    return h(
        "table",
        {"class": "numbers"},
        h("caption", {}, caption),
        heads(scene, TOKEN_HEADS if odds.counts is not None else TOKEN_HEADS[:-1]),
        h("tbody", {}, [token_row(scene, odds, token) for token in tokens]),
    )


def token_row(scene: Scene, odds: Odds, token: int) -> Node:
    """A token's logit, its probability three times, its place on the last bar."""
    start = odds.start_of(token)
    tempered = odds.shaped.tempered if odds.shaped is not None else odds.now
    numbers = (odds.own[token], tempered[token], odds.now[token], start, start + odds.now[token])
    logit = str(Cell(LOGITS, (len(scene.run.tokens) - 1, token)))
    cells: list[Child] = [h("td", {}, exact(scene, value)) for value in numbers]
    if odds.counts is not None:
        cells.append(h("td", {}, count(scene, int(odds.counts[token]))))
    opens: Attributes = {"type": "button", "class": "cell-button", "data-action": "select-cell"}
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, count(scene, odds.rank_of(token) + 1)),
        h("td", {}, str(token)),
        h("td", {}, h("bdi", {}, named(scene, token))),
        h("td", {}, h("button", {**opens, "data-cell": logit}, exact(scene, odds.logits[token]))),
        cells,
    )
