"""The probabilities of the whole vocabulary from the first rank to the last, on two log axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.node import Attributes, Markup, Node, h
from seethrough.view.numbers import MINUS, count, exact, probability
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.distribution import Distribution

    Box = tuple[float, float, float, float]  # left, top, right, bottom

WIDE, HIGH = 336, 326
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 34, 44
N_POINTS = 96
MOST_TICKS = 7
DEEPEST = 24  # decades; below that a probability is drawn at the edge
PLAIN_DECADES = 3
RANKS = (1, 10, 100, 1000, 10_000, 100_000)
N_FIRST, N_SPREAD = 10, 24  # ranks of the table
LETTER, LINE = 8.4, 15.0  # what a label takes up, with some room
TURN = 0.45  # share of the width from which labels stand to the left of their point


class Axes:
    """From rank and probability to a place in the picture."""

    def __init__(self, falling: Array) -> None:
        positive = falling[falling > 0]
        least = float(positive[-1]) if positive.size else 1.0
        self.decades = min(max(1, math.ceil(-math.log10(least))), DEEPEST)
        self.wide = math.log10(max(falling.size, 2))

    def across(self, rank: float) -> float:
        """Left to right: the logarithm of the rank."""
        return LEFT + (WIDE - LEFT - RIGHT) * math.log10(rank) / self.wide

    def down(self, prob: float) -> float:
        """Top to bottom: the logarithm of the probability; 0 and less at the edge."""
        depth = -math.log10(prob) if prob > 0 else self.decades
        share = min(max(depth / self.decades, 0.0), 1.0)
        return TOP + (HIGH - TOP - BOTTOM) * share


def figure(
    state: AppState, whole: Distribution, names: Mapping[int, str], more: Attributes
) -> Node:
    """The picture.

    Args:
        names: The tokens of the first ranks, as shown.
        more: Attributes of the picture (its place in the film).
    """
    falling = whole.falling
    if not np.isfinite(falling).all():
        return h("p", {"class": "note"}, say(state, "softmax.tail.none"))
    axes, label = Axes(falling), summary(state, whole)
    size: Attributes = {"width": WIDE, "height": HIGH, "viewBox": f"0 0 {WIDE} {HIGH}"}
    parts = [
        *ticks(state, axes, falling.size),
        h("polyline", {"class": "tail-line", "points": points(axes, falling)}),
        *marks(state, axes, falling, names),
    ]
    return h(
        "figure",
        {"class": "tail", **more},
        h("svg", {**size, "role": "img", "aria-label": label, "id": "softmax-tail"}, parts),
        h("figcaption", {}, label),
    )


def summary(state: AppState, whole: Distribution) -> str:
    """The picture in words: on how few tokens most of the probability lies."""
    half, most, nearly = (count(whole.reaching(share)) for share in (0.5, 0.9, 0.99))
    return say(state, "softmax.tail.summary", half=half, most=most, nearly=nearly)


def ranks(size: int, n_points: int = N_POINTS) -> list[int]:
    """Whole ranks from the first to the last, evenly spread on a log axis."""
    spaced = np.geomspace(1, size, n_points).round().astype(int)
    return [int(rank) for rank in np.unique(spaced)]


def rows(size: int) -> list[int]:
    """The ranks of the table: the first ones, then some all over."""
    return sorted({*range(1, min(N_FIRST, size) + 1), *ranks(size, N_SPREAD)})


def told(whole: Distribution) -> set[int]:
    """Every rank that picture or table name."""
    size = whole.falling.size
    return {*rows(size), *(rank for rank in RANKS if rank <= size)}


def points(axes: Axes, falling: Array) -> str:
    """The line through some of the ranks."""
    return " ".join(
        f"{axes.across(rank):.1f},{axes.down(float(falling[rank - 1])):.1f}"
        for rank in ranks(falling.size)
    )


def decade(power: int) -> str:
    """A tenth, a hundredth … as a tick's label."""
    if power <= PLAIN_DECADES:
        return f"{10.0**-power:g}"
    return f"1e{MINUS}{power}"


def ticks(state: AppState, axes: Axes, size: int) -> list[Node]:
    """Hairlines and labels of both axes, and what they measure."""
    low, right = HIGH - BOTTOM, WIDE - RIGHT
    step = -(-axes.decades // MOST_TICKS)
    drawn = []
    for power in range(0, axes.decades + 1, step):
        y = f"{axes.down(10.0**-power):.1f}"
        drawn += [
            h("line", {"class": "grid", "x1": LEFT, "x2": right, "y1": y, "y2": y}),
            h(
                "text",
                {"class": "tick", "x": LEFT - 6, "y": y, "dy": 4, "text-anchor": "end"},
                decade(power),
            ),
        ]
    for rank in RANKS:
        if rank <= size:
            x = f"{axes.across(rank):.1f}"
            drawn.append(h("line", {"class": "grid", "x1": x, "x2": x, "y1": TOP, "y2": low}))
            place: Attributes = {"class": "tick", "x": x, "y": low + 16, "text-anchor": "middle"}
            drawn.append(h("text", place, count(rank)))
    name: Attributes = {"class": "axis-name", "x": right, "y": HIGH - 6, "text-anchor": "end"}
    top: Attributes = {"class": "axis-name", "x": 0, "y": 12}
    drawn.append(h("text", name, say(state, "softmax.tail.rank")))
    drawn.append(h("text", top, say(state, "softmax.tail.probability")))
    return drawn


def marks(state: AppState, axes: Axes, falling: Array, names: Mapping[int, str]) -> list[Node]:
    """A point at ranks 1, 10, 100 …: with its token where that is known, and its probability."""
    drawn = []
    taken: list[Box] = []
    for rank in RANKS:
        if rank > falling.size:
            break
        prob = float(falling[rank - 1])
        x, y = axes.across(rank), axes.down(prob)
        is_left = (x - LEFT) / (WIDE - LEFT - RIGHT) > TURN
        label = " ".join(filter(None, [names.get(rank, ""), probability(prob, state.language)]))
        place: Attributes = {
            "class": "tail-name",
            "x": f"{x - 7 if is_left else x + 7:.1f}",
            "y": f"{free_line(x, y, len(label), taken, is_left=is_left):.1f}",
            "text-anchor": "end" if is_left else "start",
        }
        circle: Attributes = {"class": "tail-mark", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 3.5}
        drawn += [h("circle", circle), h("text", place, label)]
    return drawn


def free_line(x: float, y: float, n_letters: int, taken: list[Box], *, is_left: bool) -> float:
    """The base line of a label near its point that lies on none of those before; it is taken.

    One that stands to the right of its point is tried above it first, one to the left below.
    """
    wide = n_letters * LETTER
    left = x - 7 - wide if is_left else x + 7
    first, other = (y + 16, y - 5) if is_left else (y - 5, y + 16)
    away = LINE if is_left else -LINE
    lines = [first, other, *(first + away * at for at in (1, 2, 3)), other - away, other - 2 * away]
    for base in lines:
        box = (left, base - LINE + 3, left + wide, base + 3)
        is_inside = box[1] >= 0 and box[3] <= HIGH - BOTTOM
        if is_inside and not any(meets(box, one) for one in taken):
            break
    taken.append(box)
    return base


def meets(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart


def table(state: AppState, whole: Distribution, names: Mapping[int, str]) -> Node:
    """Rank, token where it is known, probability and the sum so far, of ranks all over."""
    falling, total = whole.falling, np.cumsum(whole.falling)
    lines = [
        h(
            "tr",
            {},
            h("th", {"scope": "row", "class": "number"}, count(rank)),
            h("td", {}, h("bdi", {}, names.get(rank, ""))),
            Markup(
                f'<td class="number">{exact(falling[rank - 1])}</td>'
                f'<td class="number">{exact(total[rank - 1])}</td>'
            ),
        )
        for rank in rows(falling.size)
    ]
    heads = [
        h("th", {"scope": "col"}, say(state, f"softmax.tail.{name}"))
        for name in ("rank", "token", "probability", "so_far")
    ]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("caption", {}, say(state, "softmax.tail.caption")),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {}, lines),
        ),
    )
