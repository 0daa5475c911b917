"""Pairs of bars: each token's chance by the model alone, and with the settings, on one scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import PROBS, Cell
from seethrough.core.depth import IDEA
from seethrough.core.hooks import LOGITS
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact, signed
from seethrough.view.steps.sample_words import named, share
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.steps.sample_odds import Odds

N_SHOWN = 10
QUARTERS = (0, 25, 50, 75, 100)
LOGIT = "is-logit"  # on a phone the sum behind a chance has the score


def table(scene: Scene, odds: Odds) -> Node:
    """The best tokens by the model, the landed one, and all others, so that each column adds up."""
    is_exact = scene.depth != IDEA
    tokens = tokens_of(odds)
    rest = [float(np.delete(probs, tokens).sum()) for probs in (odds.own, odds.now)]
    n_rest = odds.own.size - len(tokens)
    name = say(scene, "step.sample.others", count=count(scene, n_rest))
    others = [name_cell(name), number(scene, rest[0]), number(scene, rest[1])]
    last = h("tr", {"class": "is-rest"}, *others, bars(rest[0], rest[1]), blank(is_exact=is_exact))
    return h(
        "table",
        {"class": "decode-pairs"},
        h("caption", {"class": "visually-hidden"}, say(scene, "decode.odds.table")),
        h("thead", {}, heads(scene, is_exact=is_exact)),
        h("tbody", {}, [row(scene, odds, token, is_exact=is_exact) for token in tokens]),
        h("tfoot", {}, last),
    )


def tokens_of(odds: Odds) -> list[int]:
    """The rows' tokens: those that the model finds likeliest; behind them the one that is taken."""
    best = [int(token) for token in odds.ranked[:N_SHOWN]]
    return best if odds.landed in best else [*best, odds.landed]


def heads(scene: Scene, *, is_exact: bool) -> Node:
    """The columns' names, each with the look of its bars."""
    cells: list[Child] = [h("th", {"scope": "col"}, say(scene, "step.sample.column.token"))]
    for kind in ("own", "now"):
        sign = h("span", {"class": f"decode-key is-{kind}", "aria-hidden": "true"})
        cells.append(h("th", {"scope": "col"}, sign, say(scene, f"decode.odds.column.{kind}")))
    name = say(scene, "step.sample.head.logit")
    logit = h("th", {"scope": "col", "class": LOGIT}, name) if is_exact else None
    return h("tr", {}, cells, h("td", {}), logit)


def row(scene: Scene, odds: Odds, token: int, *, is_exact: bool) -> Node:
    """One token: take it, both chances as numbers and as lengths."""
    is_landed = token == odds.landed
    own, now = float(odds.own[token]), float(odds.now[token])
    place = (len(scene.run.tokens) - 1, token)
    shown = share(scene, own)
    if is_exact:
        first = h(
            "td", {"class": "number"}, cell_button(Cell(PROBS, place), shown, exact(scene, own))
        )
        score = float(odds.logits[token])
        opens = cell_button(Cell(LOGITS, place), signed(scene, score), exact(scene, score))
        logit = h("td", {"class": f"number {LOGIT}"}, opens)
    else:
        first, logit = number(scene, own), None
    is_out = now == 0
    after = h("td", {"class": "is-out"}, say(scene, "decode.odds.out")) if is_out else None
    return h(
        "tr",
        {"class": "is-landed" if is_landed else None},
        name_cell(button(scene, token, is_landed=is_landed)),
        first,
        after or number(scene, now),
        bars(own, now),
        logit,
    )


def button(scene: Scene, token: int, *, is_landed: bool) -> Node:
    """A token's chip: it puts the token behind the text."""
    sign = say(scene, "step.sample.landed")
    attributes: Attributes = {
        "type": "button",
        "class": "chip is-candidate",
        "data-action": "append-token",
        "data-id": str(token),
        "disabled": scene.busy not in {"", "load"},
        "title": say(scene, "view.top.append", id=token),
    }
    words = h("bdi", {"class": "chip-text"}, named(scene, token))
    return h(
        "button",
        attributes,
        words,
        h("span", {"class": "visually-hidden"}, " ", sign) if is_landed else None,
    )


def name_cell(name: Child) -> Node:
    """The head of a row."""
    return h("th", {"scope": "row"}, name)


def number(scene: Scene, value: float) -> Node:
    """A chance, exact under the pointer."""
    return h("td", {"class": "number", "title": exact(scene, value)}, share(scene, value))


def blank(*, is_exact: bool) -> Node | None:
    """The others have no score."""
    return h("td", {"class": LOGIT}) if is_exact else None


def bars(own: float, now: float | None) -> Node:
    """Both chances as lengths, the full width being 1."""
    lines = [
        h("line", {"class": "grid", "x1": f"{at}%", "x2": f"{at}%", "y1": "0", "y2": "100%"})
        for at in QUARTERS
    ]
    drawn = [rect("own", own, "14%"), rect("now", now, "54%")]
    shape: Attributes = {"class": "decode-bars", "width": "100%", "aria-hidden": "true"}
    return h("td", {"class": "bar-cell"}, h("svg", shape, lines, drawn))


def rect(kind: str, share_of_all: float | None, top: str) -> Node | None:
    """One bar; none where its chance is not known."""
    if share_of_all is None:
        return None
    width = min(max(share_of_all, 0.0), 1.0) * 100
    return h("rect", {"class": f"is-{kind}", "y": top, "width": f"{width:.4f}%", "height": "32%"})


def own_table(scene: Scene) -> Node:
    """The best tokens of a recording by the model alone, and what all others have together."""
    left = max(0.0, 1.0 - math.fsum(item.prob for item in scene.run.top))
    shown = [(item.id, item.prob) for item in scene.run.top]
    rows = [own_row(name_cell(button(scene, t, is_landed=False)), scene, p) for t, p in shown]
    n_vocab = scene.run.config.d_vocab if scene.run.config else 0
    n_rest = count(scene, max(0, n_vocab - len(shown)))
    rest = own_row(name_cell(say(scene, "step.sample.others", count=n_rest)), scene, left)
    names = say(scene, "step.sample.column.token"), say(scene, "decode.odds.column.own")
    head = h("tr", {}, [h("th", {"scope": "col"}, name) for name in names], h("td", {}))
    caption = h("caption", {"class": "visually-hidden"}, say(scene, "decode.odds.table_own"))
    body = h("tbody", {}, rows)
    whole = (caption, h("thead", {}, head), body, h("tfoot", {}, rest))
    return h("table", {"class": "decode-pairs"}, *whole)


def own_row(name: Node, scene: Scene, prob: float) -> Node:
    """One line of it."""
    return h("tr", {}, name, number(scene, prob), bars(prob, None))
