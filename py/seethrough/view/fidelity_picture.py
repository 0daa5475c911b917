"""The errors of all kinds of hooks on one logarithmic scale, beside what float32 itself does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.fidelity import YARDSTICK
from seethrough.view.fidelity_tables import mode_name, small
from seethrough.view.hook_words import WORDS
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import true_minus
from seethrough.view.words import hook_mark, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState
    from seethrough.core.fidelity import Fidelity, HookError, Measure

# So many powers of ten are named at most, and how far a scale goes down.
MOST_NAMED = 6
LEAST = -9
# Where a mode's mark lies in a row's height, in per cent.
HEIGHTS = {1: (50,), 2: (32, 68)}


@dataclass(frozen=True)
class Scale:
    """A logarithmic scale over powers of ten of ‖Δ‖ / ‖reference‖."""

    first: int
    last: int

    @property
    def named(self) -> range:
        """The powers that have a line and a name."""
        step = -(-(self.last - self.first) // MOST_NAMED)
        return range(self.first, self.last + 1, step)

    def place(self, value: float) -> float:
        """Where a value lies, in per cent of the width."""
        if value <= 0:
            return 0.0
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return min(max(share, 0.0), 1.0) * 100

    def at(self, value: float) -> str:
        """The same as an attribute."""
        return f"{self.place(value):.2f}%"


def scale_of(measures: Sequence[Measure]) -> Scale:
    """The scale that holds every error but zeros."""
    errors = [one for measure in measures for hook in measure.hooks for one in ends(hook)]
    known = [math.log10(one) for one in errors if one > 0] or [0.0]
    first = max(math.floor(min(known)), LEAST)
    return Scale(first, max(math.ceil(max(known)), first + 1))


def ends(error: HookError) -> tuple[float, float]:
    """The usual error and the largest; where the usual one is 0, the largest twice."""
    return error.typical or error.largest, error.largest


def render(state: AppState, report: Fidelity) -> list[Node]:
    """The legend, and a row for each kind of hook."""
    plain = report.measure(YARDSTICK)
    shown = [one for one in report.measures if one is not plain]
    scale = scale_of(report.measures)
    rows = [row(state, scale, (shown, plain), at) for at in range(len(shown[0].hooks))]
    caption = say(state, "fidelity.hooks.title")
    heads = [h("th", {"scope": "col"}, say(state, "fidelity.head.hook"))]
    drawn = h("span", {"class": "visually-hidden"}, say(state, "fidelity.head.drawn"))
    heads.append(h("th", {"scope": "col", "class": "fidelity-scale"}, drawn, ticks(scale)))
    heads += [
        h(
            "th",
            {"scope": "col"},
            say(state, "fidelity.largest_of", mode=one.name),
        )
        for one in shown
    ]
    drawn = h(
        "table",
        {"class": "measured is-drawn"},
        h("caption", {"class": "visually-hidden"}, caption),
        h("thead", {}, h("tr", {}, heads)),
        h("tbody", {}, rows),
    )
    region: Attributes = {"class": "scroll", "tabindex": "0", "role": "region"}
    return [legend(state, shown), h("div", {**region, "aria-label": caption}, drawn)]


def legend(state: AppState, shown: list[Measure]) -> Node:
    """What the marks mean."""
    signs = [
        h("li", {}, sign(f"is-{at}"), mode_name(state, one.name)) for at, one in enumerate(shown)
    ]
    signs.append(h("li", {}, sign("is-plain"), say(state, "fidelity.mode.numpy")))
    return h("ul", {"class": "fidelity-legend"}, signs)


def sign(kind: str) -> Node:
    """A mark by itself."""
    return h("span", {"class": f"fidelity-sign {kind}", "aria-hidden": "true"})


def row(
    state: AppState, scale: Scale, drawn_of: tuple[list[Measure], Measure | None], at: int
) -> Node:
    """One kind of hook: the modes' marks over the yardstick's band."""
    shown, plain = drawn_of
    leaf = shown[0].hooks[at].leaf
    what = say(state, f"hook.word.{WORDS[leaf]}") if leaf in WORDS else ""
    name = h("th", {"scope": "row"}, hook_mark(leaf), h("span", {"class": "is-quiet"}, what))
    marks = grid(scale)
    if plain is not None:
        marks += band(scale, plain.hooks[at])
    for number, (height, measure) in enumerate(zip(HEIGHTS[len(shown)], shown, strict=True)):
        marks += mark(scale, measure.hooks[at], height, f"is-{number}")
    drawn = h("svg", {"class": "fidelity-strip", "width": "100%", "aria-hidden": "true"}, marks)
    cells = [small(state, one.hooks[at].largest) for one in shown]
    return h("tr", {}, name, h("td", {"class": "fidelity-scale"}, drawn), cells)


def grid(scale: Scale) -> list[Node]:
    """A hairline at each named power."""
    return [
        h("line", {"class": "grid", "x1": at, "x2": at, "y1": "0", "y2": "100%"})
        for at in (scale.at(10.0**power) for power in scale.named)
    ]


def band(scale: Scale, error: HookError) -> list[Node]:
    """From the usual to the largest error of float32 itself."""
    if not error.largest:
        return []
    start, end = map(scale.place, ends(error))
    wide = f"{max(end - start, 0.4):.2f}%"
    at = {"x": f"{start:.2f}%", "width": wide, "y": "12%", "height": "76%"}
    return [h("rect", {"class": "fidelity-band", **at})]


def mark(scale: Scale, error: HookError, height: int, kind: str) -> list[Node]:
    """A dot at the usual error, a line to the largest; nothing where all is exact."""
    if not error.largest:
        return []
    y, (start, end) = f"{height}%", map(scale.at, ends(error))
    return [
        h("line", {"class": f"fidelity-line {kind}", "x1": start, "x2": end, "y1": y, "y2": y}),
        h("circle", {"class": f"fidelity-dot {kind}", "cx": start, "cy": y, "r": "4"}),
        h(
            "line",
            {
                "class": f"fidelity-line {kind}",
                "x1": end,
                "x2": end,
                "y1": f"{height - 14}%",
                "y2": f"{height + 14}%",
            },
        ),
    ]


def ticks(scale: Scale) -> Node:
    """The named powers, over the strips."""
    words = [
        h(
            "text",
            {"x": scale.at(10.0**one), "y": "75%", "text-anchor": anchor(scale, one)},
            *("10", h("tspan", {"dy": "-0.4em"}, true_minus(str(one)))),
        )
        for one in scale.named
    ]
    return h("svg", {"class": "fidelity-ticks", "width": "100%", "aria-hidden": "true"}, words)


def anchor(scale: Scale, power: int) -> str:
    """The names at both ends stay inside."""
    return {scale.first: "start", scale.last: "end"}.get(power, "middle")
