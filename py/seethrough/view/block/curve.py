"""Every neuron of a token on the activation curve, as one light path of dots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.neurons import activated
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, limit
from seethrough.view.scales import nice_above, quantile
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.view.node import Attributes

WIDE, HIGH, EDGE = 520, 300, 26
N_CURVE = 121
HALVES = 2  # places of a dot in a pixel
# How far beyond the usual magnitudes an axis goes: what lies farther stands at its end.
FAR = 12.0
USUAL = 0.95


@dataclass(frozen=True)
class Axis:
    """One axis: from where to where its numbers go, on which pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, values: Array) -> Array:
        """Where numbers stand; beyond the ends, at the ends."""
        inside = np.clip(np.nan_to_num(values.astype(np.float64)), self.low, self.high)
        share = (inside - self.low) / (self.high - self.low)
        made: Array = self.start + share * (self.end - self.start)
        return made

    def at(self, value: float) -> float:
        """Where one number stands."""
        return float(self(np.array([value]))[0])

    def n_beyond(self, values: Array) -> int:
        """How many numbers lie beyond the ends."""
        return int(np.count_nonzero((values < self.low) | (values > self.high)))


def reach_of(values: Array) -> tuple[float, float]:
    """Round ends that hold zero and every number, but for those far beyond the usual ones."""
    finite = np.abs(values[np.isfinite(values)].astype(np.float64))
    usual = quantile(finite, USUAL) if finite.size else 0.0
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if usual:
        low, high = max(low, -FAR * usual), min(high, FAR * usual)
    least = max(abs(low), abs(high)) / 8 or 1.0
    return -nice_above(max(-low, least)), nice_above(max(high, least))


def axes_of(x: Array, y: Array) -> tuple[Axis, Axis]:
    """The axes of a plot of these numbers."""
    return Axis(*reach_of(x), EDGE, WIDE - EDGE), Axis(*reach_of(y), HIGH - EDGE, EDGE)


def plot(
    scene: Scene,
    x: Array,
    y: Array,
    *,
    kind: str,
    marked: Sequence[int],
    config: ModelConfig | None = None,
    place: Attributes | None = None,
) -> Node:
    """All neurons as dots at (x, y), some of them marked.

    Args:
        kind: Which plot: an activation's, or "gate".
        marked: The neurons that are told of; the first is the chosen one.
        config: Whose activation curve is drawn below the dots; None: none.
        place: Its place in the film.
    """
    across, up = axes_of(x, y)
    far = across.n_beyond(x) + up.n_beyond(y)
    words = say(scene, "curve.beyond", n=count(scene, far)) if far else ""
    return h(
        "figure",
        {"class": "neuron-plot", **(place or {})},
        h("figcaption", {}, say(scene, f"curve.{kind}"), " ", words),
        h(
            "svg",
            {
                "viewBox": f"0 0 {WIDE} {HIGH}",
                "role": "img",
                "aria-label": say(scene, f"curve.{kind}.summary", n=count(scene, len(x))),
            },
            *ticks(scene, across, up),
            axis_name(WIDE - EDGE, HIGH - 4, "end", say(scene, f"curve.{kind}.x")),
            axis_name(4, 16, "start", say(scene, f"curve.{kind}.y")),
            "" if config is None else h("path", {"class": "curve", "d": curve(config, across, up)}),
            h("path", {"class": "dots", "d": dots(across(x), up(y))}),
            *marks(across(x), up(y), marked),
        ),
    )


def axis_name(x: float, y: float, anchor: str, words: str) -> Node:
    """What an axis measures."""
    place = {"class": "axis-name", "x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}
    return h("text", place, words)


def curve(config: ModelConfig, across: Axis, up: Axis) -> str:
    """The activation curve."""
    x = np.linspace(across.low, across.high, N_CURVE)
    points = zip(across(x), up(activated(config, x)), strict=True)
    return "M" + "L".join(f"{left:.1f} {top:.1f}" for left, top in points)


def dots(left: Array, top: Array) -> str:
    """A dot for each place, as strokes of no length: three thousand are one light element.

    Dots on the same half of a pixel are one.
    """
    x, y = (np.rint(values * HALVES).astype(np.int64) for values in (left, top))
    columns, rows = np.divmod(np.unique(x * (HIGH * HALVES + 1) + y), HIGH * HALVES + 1)
    written = [f"{at / HALVES:g}" for at in range(WIDE * HALVES + 1)]
    places = zip(columns.tolist(), rows.tolist(), strict=True)
    return "".join([f"M{written[x]} {written[y]}h0" for x, y in places])


def ticks(scene: Scene, across: Axis, up: Axis) -> list[Node]:
    """Both axes through zero, their ends."""
    zero_x, zero_y = across.at(0.0), up.at(0.0)
    lines = f"M{EDGE} {zero_y:.1f}H{WIDE - EDGE}M{zero_x:.1f} {EDGE}V{HIGH - EDGE}"
    parts = [h("path", {"class": "axis", "d": lines})]
    for value, anchor in ((across.low, "start"), (across.high, "end")):
        where = {"x": f"{across.at(value):.1f}", "y": f"{zero_y + 18:.1f}", "text-anchor": anchor}
        parts.append(h("text", {"class": "tick", **where}, limit(scene, value)))
    for value in (up.low, up.high):
        where = {"x": f"{zero_x + 6:.1f}", "y": f"{up.at(value) + 5:.1f}"}
        parts.append(h("text", {"class": "tick", **where}, limit(scene, value)))
    return parts


def marks(left: Array, top: Array, marked: Sequence[int]) -> list[Node]:
    """A ring around each neuron that is told of; the first has its number beside it."""
    parts = [
        h(
            "circle",
            {
                "class": "mark is-own" if at == 0 else "mark",
                "cx": f"{left[neuron]:.1f}",
                "cy": f"{top[neuron]:.1f}",
                "r": "6" if at == 0 else "4",
            },
        )
        for at, neuron in enumerate(marked)
    ]
    if marked:
        own = marked[0]
        is_right = left[own] > WIDE / 2
        where = {
            "x": f"{left[own] + (-10 if is_right else 10):.1f}",
            "y": f"{top[own] + 5:.1f}",
            "text-anchor": "end" if is_right else "start",
        }
        parts.append(h("text", {"class": "mark-name", **where}, str(own)))
    return parts
