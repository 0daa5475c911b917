"""All logits of the vocabulary in bins, on a logarithmic count, the compared tokens marked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core.distribution import Histogram, histogram
from seethrough.view.node import Attributes, Markup, Node, h
from seethrough.view.numbers import cell, count, exact, signed
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.tokens import Candidate

N_BINS = 72
HIGH = 64  # of the bars
LINE = 18  # of a label
GAP = 0.12  # between bars, as a share of a bar
HALF = 50.0
TICKS = (10, 100, 1000, 10_000)
STEPS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MOST_TICKS = 9
LEAST_WIDTH = 1e-9


def figure(scene: Scene, logits: Array, marked: Sequence[Candidate], more: Attributes) -> Node:
    """The picture with its axis, and a table of its bins.

    Args:
        marked: The tokens to mark, the best first; the others are those that were asked for.
        more: Attributes of the picture (its place in the film).
    """
    made = histogram(logits, N_BINS)
    if made is None:
        return h("p", {"class": "note"}, say(scene, "logits.histogram.none"))
    asked = {item.id for item in scene.choice.asked}
    named = [item for at, item in enumerate(marked) if at == 0 or item.id in asked]
    top = LINE * len(named)  # each name has a line over the bars
    shown = [
        *grid(scene, made, top),
        *bars(made, top),
        *marks(scene, made, marked, top),
        *labels(scene, made, named, top),
        *axis(scene, made, top),
    ]
    size: Attributes = {"width": "100%", "height": top + HIGH + LINE, "role": "img"}
    label = summary(scene, logits, made)
    return h(
        "figure",
        {"class": "histogram", **more},
        h("svg", {**size, "aria-label": label, "id": "logit-histogram"}, shown),
        h("figcaption", {}, label),
    )


def summary(scene: Scene, logits: Array, made: Histogram) -> str:
    """The picture in words."""
    at = int(made.counts.argmax())
    return say(
        scene,
        "logits.histogram.summary",
        n_logits=count(scene, logits.size),
        least=cell(scene, float(made.edges[0])),
        most=cell(scene, float(made.edges[-1])),
        from_=cell(scene, float(made.edges[at])),
        to=cell(scene, float(made.edges[at + 1])),
        n_most=count(scene, int(made.counts[at])),
    )


def across(made: Histogram, value: float) -> float:
    """Where a logit lies, in percent of the width."""
    low, high = float(made.edges[0]), float(made.edges[-1])
    if not math.isfinite(value):
        return 0.0 if value < 0 else 100.0
    return (min(max(value, low), high) - low) / max(high - low, LEAST_WIDTH) * 100


def up(n_tokens: float, most: int) -> float:
    """How high a bar of so many tokens is: one token has a height too."""
    return HIGH * math.log10(1 + n_tokens) / math.log10(1 + most)


def bars(made: Histogram, top: int) -> list[Node]:
    """One bar a bin that holds a token."""
    wide, most = 100 / len(made.counts), int(made.counts.max())
    return [
        h(
            "rect",
            {
                "class": "bin",
                "x": f"{(at + GAP / 2) * wide:.3f}%",
                "width": f"{(1 - GAP) * wide:.3f}%",
                "y": f"{top + HIGH - up(int(n_tokens), most):.2f}",
                "height": f"{up(int(n_tokens), most):.2f}",
            },
        )
        for at, n_tokens in enumerate(made.counts)
        if n_tokens
    ]


def grid(scene: Scene, made: Histogram, top: int) -> list[Node]:
    """Hairlines at round counts, each with its number."""
    most, lines = int(made.counts.max()), []
    for tick in TICKS:
        if tick <= most:
            y = f"{top + HIGH - up(tick, most):.2f}"
            lines += [
                h("line", {"class": "grid", "x1": "0", "x2": "100%", "y1": y, "y2": y}),
                h(
                    "text",
                    {"class": "tick", "x": "-6", "y": y, "dy": "4", "text-anchor": "end"},
                    count(scene, tick),
                ),
            ]
    return lines


def marks(scene: Scene, made: Histogram, marked: Sequence[Candidate], top: int) -> list[Node]:
    """A line at each compared token."""
    lines = []
    for item in marked:
        x = f"{across(made, item.logit):.3f}%"
        told = say(
            scene, "logits.mark", token=item.visible, id=item.id, logit=signed(scene, item.logit)
        )
        line: Attributes = {
            "class": "mark-line",
            "x1": x,
            "x2": x,
            "y1": top,
            "y2": top + HIGH,
        }
        lines.append(h("g", {}, h("title", {}, told), h("line", line)))
    return lines


def labels(scene: Scene, made: Histogram, named: Sequence[Candidate], top: int) -> list[Node]:
    """The best token's name and those that were asked for, a line each, led to their mark."""
    written = []
    for line, item in enumerate(named):
        at, y = across(made, item.logit), top - LINE * line - 6
        x, is_right = f"{at:.3f}%", at > HALF
        place: Attributes = {"x": x, "y": y, "dx": -6 if is_right else 6}
        anchor: Attributes = {"class": "mark-name", "text-anchor": "end" if is_right else "start"}
        lead: Attributes = {"class": "mark-line", "x1": x, "x2": x, "y1": y - 8, "y2": top + HIGH}
        written += [
            h("line", lead),
            h("text", {**anchor, **place}, f"{item.visible} {signed(scene, item.logit)}"),
        ]
    return written


def axis(scene: Scene, made: Histogram, top: int) -> list[Node]:
    """The logits' axis with round ticks."""
    low, high = float(made.edges[0]), float(made.edges[-1])
    y = top + HIGH
    step = next((step for step in STEPS if (high - low) / step <= MOST_TICKS), (high - low) / 4)
    values = [step * at for at in range(math.ceil(low / step), math.floor(high / step) + 1)]
    drawn = [h("line", {"class": "base", "x1": "0", "x2": "100%", "y1": y, "y2": y})]
    for value in values:
        at = across(made, value)
        anchor = "start" if at < 2 else "end" if at > 98 else "middle"  # noqa: PLR2004 - the ends
        place: Attributes = {"x": f"{at:.3f}%", "y": y + LINE - 3, "text-anchor": anchor}
        drawn.append(h("text", {"class": "tick", **place}, cell(scene, value).removesuffix(".00")))
    return drawn


def table(scene: Scene, logits: Array) -> Node:
    """The bins with their edges and counts."""
    made = histogram(logits, N_BINS)
    if made is None:
        return h("p", {}, say(scene, "logits.histogram.none"))
    rows = "".join(
        f'<tr><th scope="row" class="number">{exact(scene, made.edges[at])}</th>'
        f'<td class="number">{exact(scene, made.edges[at + 1])}</td>'
        f'<td class="number">{count(scene, int(n_tokens))}</td></tr>'
        for at, n_tokens in enumerate(made.counts)
    )
    heads = [
        h("th", {"scope": "col"}, say(scene, f"logits.bins.{name}"))
        for name in ("low", "high", "n")
    ]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("caption", {}, say(scene, "logits.bins.caption")),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {"translate": "no"}, Markup(rows)),
        ),
    )
