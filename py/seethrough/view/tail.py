"""The probabilities of the whole vocabulary from the first rank to the last, on two log axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.node import Attributes, Markup, Node, h
from seethrough.view.numbers import count, exact, probability, setting, with_signs
from seethrough.view.words import say, sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import Scene, Spoken
    from seethrough.core.cache import Array
    from seethrough.core.distribution import Distribution
    from seethrough.core.written import Written

    Box = tuple[float, float, float, float]  # left, top, right, bottom

WIDE, HIGH = 336, 326
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 34, 44
N_POINTS = 96
MOST_TICKS = 7
PLAIN_DECADES = 3
RANKS = (1, 10, 100, 1000, 10_000, 100_000)
N_FIRST, N_SPREAD = 10, 24  # ranks of the table
LETTER, LINE, DESCENT = 8.4, 15.0, 3.0  # what a label takes up, with some room
GAP = 7.0  # from a point to its label
CLEAR = 2.0  # from the line to a label, at least


class Axes:
    """From rank and probability to a place in the picture; 0 has none on a log scale."""

    def __init__(self, falling: Array) -> None:
        self.falling = falling[falling > 0]
        self.decades = max(1, math.ceil(-math.log10(float(self.falling[-1]))))
        self.wide = math.log10(max(falling.size, 2))

    def across(self, rank: float) -> float:
        """Left to right: the logarithm of the rank."""
        return LEFT + (WIDE - LEFT - RIGHT) * math.log10(rank) / self.wide

    def down(self, prob: float) -> float:
        """Top to bottom: the logarithm of the probability."""
        return TOP - (HIGH - TOP - BOTTOM) * math.log10(prob) / self.decades

    def line_at(self, x: float) -> float:
        """How far down the line is there; left and right of it, as at its ends."""
        rank = 10 ** ((x - LEFT) / (WIDE - LEFT - RIGHT) * self.wide)
        at = min(max(round(rank), 1), self.falling.size) - 1
        return self.down(float(self.falling[at]))


def figure(scene: Scene, whole: Distribution, names: Mapping[int, str], more: Attributes) -> Node:
    """The picture.

    Args:
        names: The tokens of the first ranks, as shown.
        more: Attributes of the picture (its place in the film).
    """
    falling = whole.falling
    if not np.isfinite(falling).all():
        return h("p", {"class": "note"}, say(scene, "softmax.tail.none"))
    axes, label = Axes(falling), summary(scene, whole)
    if axes.falling.size < falling.size:
        zero = say(scene, "softmax.tail.zero", rank=count(scene, axes.falling.size + 1))
        label = sentences(label, zero)
    size: Attributes = {"width": WIDE, "height": HIGH, "viewBox": f"0 0 {WIDE} {HIGH}"}
    parts = [
        *ticks(scene, axes, falling.size),
        h("polyline", {"class": "tail-line", "points": points(axes)}),
        *marks(scene, axes, names),
    ]
    return h(
        "figure",
        {"class": "tail", **more},
        h("svg", {**size, "role": "img", "aria-label": label, "id": "softmax-tail"}, parts),
        h("figcaption", {}, label),
    )


def summary(scene: Scene, whole: Distribution) -> str:
    """The picture in words: on how few tokens most of the probability lies."""
    half, most, nearly = (count(scene, whole.reaching(share)) for share in (0.5, 0.9, 0.99))
    return say(scene, "softmax.tail.summary", half=half, most=most, nearly=nearly)


def ranks(size: int, n_points: int = N_POINTS) -> list[int]:
    """Whole ranks from the first to the last, evenly spread on a log axis."""
    spaced = np.geomspace(1, size, n_points).round().astype(int)
    return [int(rank) for rank in np.unique(spaced)]


def rows(size: int) -> list[int]:
    """The ranks of the table: the first ones, then some all over."""
    return sorted({*range(1, min(N_FIRST, size) + 1), *ranks(size, N_SPREAD)})


def named_ranks(whole: Distribution) -> set[int]:
    """Every rank that picture or table name."""
    size = whole.falling.size
    return {*rows(size), *(rank for rank in RANKS if rank <= size)}


def points(axes: Axes) -> str:
    """The line through some of the ranks."""
    return " ".join(
        f"{axes.across(rank):.1f},{axes.down(float(axes.falling[rank - 1])):.1f}"
        for rank in ranks(axes.falling.size)
    )


def decade(spoken: Spoken, power: int) -> Written:
    """A tenth, a hundredth … as a tick's label."""
    if power <= PLAIN_DECADES:
        return setting(spoken, 10.0**-power)
    return with_signs(spoken, f"1e{-power}")


def ticks(scene: Scene, axes: Axes, size: int) -> list[Node]:
    """Hairlines and labels of both axes, and what they measure."""
    low, right = HIGH - BOTTOM, WIDE - RIGHT
    step = -(-axes.decades // MOST_TICKS)
    drawn = []
    for power in range(0, axes.decades + 1, step):
        y = f"{TOP + (low - TOP) * power / axes.decades:.1f}"
        drawn += [
            h("line", {"class": "grid", "x1": LEFT, "x2": right, "y1": y, "y2": y}),
            h(
                "text",
                {"class": "tick", "x": LEFT - 6, "y": y, "dy": 4, "text-anchor": "end"},
                decade(scene, power),
            ),
        ]
    for rank in RANKS:
        if rank <= size:
            x = f"{axes.across(rank):.1f}"
            drawn.append(h("line", {"class": "grid", "x1": x, "x2": x, "y1": TOP, "y2": low}))
            told = count(scene, rank)
            at, anchor = under(axes.across(rank), told)
            place: Attributes = {"class": "tick", "x": at, "y": low + 16, "text-anchor": anchor}
            drawn.append(h("text", place, told))
    name: Attributes = {"class": "axis-name", "x": right, "y": HIGH - 6, "text-anchor": "end"}
    top: Attributes = {"class": "axis-name", "x": 0, "y": 12}
    drawn.append(h("text", name, say(scene, "softmax.tail.rank")))
    drawn.append(h("text", top, say(scene, "softmax.tail.probability")))
    return drawn


def under(x: float, label: str) -> tuple[str, str]:
    """Where a label stands under its place, and by which part: at the picture's edge by its end."""
    is_cut = x + len(label) * LETTER / 2 > WIDE
    return (str(WIDE), "end") if is_cut else (f"{x:.1f}", "middle")


def marks(scene: Scene, axes: Axes, names: Mapping[int, str]) -> list[Node]:
    """A point at ranks 1, 10, 100 …: with its token where that is known, and its probability."""
    drawn: list[Node] = []
    taken: list[Box] = []
    for rank in RANKS:
        if rank > axes.falling.size:
            break
        prob = float(axes.falling[rank - 1])
        x, y = axes.across(rank), axes.down(prob)
        label = " ".join(filter(None, [names.get(rank, ""), probability(scene, prob)]))
        box = free_place(axes, x, y, len(label), taken)
        is_left = box[2] <= x
        place: Attributes = {
            "class": "tail-name",
            "x": f"{box[2] if is_left else box[0]:.1f}",
            "y": f"{box[3] - DESCENT:.1f}",
            "text-anchor": "end" if is_left else "start",
        }
        circle: Attributes = {"class": "tail-mark", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 3.5}
        drawn += [h("circle", circle), h("text", place, label)]
        line = joint(x, y, box)
        if line is not None:
            drawn.insert(0, line)  # behind all labels
    return drawn


def joint(x: float, y: float, box: Box) -> Node | None:
    """A hairline from a point to its label, where that is further than a line away."""
    end = (min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3]))
    if math.dist((x, y), end) <= LINE:
        return None
    ends = {"x1": x, "y1": y, "x2": end[0], "y2": end[1]}
    return h("line", {"class": "tail-joint", **{name: f"{at:.1f}" for name, at in ends.items()}})


def free_place(axes: Axes, x: float, y: float, n_letters: int, taken: list[Box]) -> Box:
    """The box of a label, on none of those before and not on the line; it is taken.

    The line falls, so above to the right and below to the left of a point there is room; else the
    label moves away until there is, past no other label where that can be.
    """
    wide = n_letters * LETTER
    right, left = min(x + GAP, WIDE - RIGHT - wide), max(x - GAP - wide, LEFT + 2)
    above = -7.0 if right > x else -9.0
    lines = range(round(HIGH / LINE))
    places = [
        (start, y + off + sign * at * LINE)
        for at in lines
        for start, off, sign in ((right, above, -1), (left, 16.0, 1))
    ]
    boxes = [(at, base + DESCENT - LINE, at + wide, base + DESCENT) for at, base in places]
    free = [box for box in boxes if is_free(axes, box, taken)]
    clear = (box for box in free if not any(meets(way(x, y, box), one) for one in taken))
    box = next(clear, free[0] if free else boxes[0])
    taken.append(box)
    return box


def way(x: float, y: float, box: Box) -> Box:
    """What lies between a point and a label above or below it."""
    return (x - 1, min(y, box[1]), x + 1, max(y, box[3]))


def is_free(axes: Axes, box: Box, taken: list[Box]) -> bool:
    """Whether a label may stand there: below the axis' name, off the line and all labels."""
    left, top, right, bottom = box
    if left < LEFT or top < LINE or bottom > HIGH - BOTTOM:
        return False
    if axes.line_at(left) <= bottom + CLEAR and axes.line_at(right) >= top - CLEAR:
        return False
    return not any(meets(box, one) for one in taken)


def meets(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart


def table(scene: Scene, whole: Distribution, names: Mapping[int, str]) -> Node:
    """Rank, token where it is known, probability and the sum so far, of ranks all over."""
    falling, total = whole.falling, np.cumsum(whole.falling)
    lines = [
        h(
            "tr",
            {},
            h("th", {"scope": "row", "class": "number"}, count(scene, rank)),
            h("td", {}, h("bdi", {}, names.get(rank, ""))),
            Markup(
                f'<td class="number">{exact(scene, falling[rank - 1])}</td>'
                f'<td class="number">{exact(scene, total[rank - 1])}</td>'
            ),
        )
        for rank in rows(falling.size)
    ]
    heads = [
        h("th", {"scope": "col"}, say(scene, f"softmax.tail.{name}"))
        for name in ("rank", "token", "probability", "so_far")
    ]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("caption", {}, say(scene, "softmax.tail.caption")),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {"translate": "no"}, lines),
        ),
    )
