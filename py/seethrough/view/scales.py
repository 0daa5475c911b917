"""From numbers to colours: linear, one-hue and diverging scales over the page's colour roles.

web/style.css holds the same colours as custom properties; tests/view/test_style.py compares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array

LIGHT = {
    "paper": "#FBFAF6",
    "ink": "#1C1B19",
    "ink-soft": "#5E5A52",
    "hairline": "#E4DFD3",
    "hatch": "#D3CCBC",
    "embedding": "#17739A",
    "query": "#0060A8",
    "key": "#B84A00",
    "value": "#00795A",
    "attention": "#9A4777",
    "feed-forward": "#6A4FC1",
    "residual": "#5E5A52",
    "logit": "#946200",
    "negative": "#2F6DB5",
    "positive": "#C7611E",
}
DARK = {
    "paper": "#101318",
    "ink": "#ECE8DF",
    "ink-soft": "#A29D92",
    "hairline": "#2A2F37",
    "hatch": "#3A4049",
    "embedding": "#56B4E9",
    "query": "#5AA9F0",
    "key": "#F08A45",
    "value": "#35C79A",
    "attention": "#DD95BD",
    "feed-forward": "#A794F2",
    "residual": "#A29D92",
    "logit": "#E6A93C",
    "negative": "#4D8FDB",
    "positive": "#E07B38",
}
CLIP_QUANTILE = 0.99
NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
AA = 4.5
SRGB_KNEE = 0.04045


def theme(*, dark: bool) -> dict[str, str]:
    """The colour roles of one theme, as `#RRGGBB`."""
    return DARK if dark else LIGHT


@cache
def rgb(colour: str) -> Array:
    """`#RRGGBB` as three float32 from 0 to 255, which are not to be written to."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32)
    parts.flags.writeable = False
    return parts


@dataclass(frozen=True)
class Linear:
    """A straight line from a domain to a range; outside the domain it stays at the ends."""

    low: float
    high: float
    start: float = 0.0
    end: float = 1.0

    def __call__(self, value: float) -> float:
        """Where a value lands; NaN at the start."""
        if not self.high > self.low or math.isnan(value):
            return self.start
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True)
class Diverging:
    """Signed values: blue below, orange above, zero exactly paper; the same reach both ways.

    Args:
        limit: The magnitude that gets the full colour.
        exponent: 1 is linear. 0.5 lets the colour grow with the square root, so that small
            values show beside large ones; a legend then says so.
    """

    limit: float
    exponent: float = 1.0

    def shares(self, values: Array) -> Array:
        """Values as -1 to 1 of the limit; beyond it they stay at the ends, NaN is 0."""
        linear = known(np.clip(values / self.limit, -1.0, 1.0))
        return np.sign(linear) * np.abs(linear) ** self.exponent

    def value_at(self, share: float) -> float:
        """The value that gets this share of the full colour: what a legend prints."""
        return math.copysign(abs(share) ** (1.0 / self.exponent) * self.limit, share)

    def clipped(self, values: Array) -> Array:
        """Where a value lies beyond the limit or is no number, so that the end colour lies."""
        beyond: Array = ~(np.abs(values) <= self.limit)
        return beyond

    def colours(self, values: Array, *, dark: bool) -> Array:
        """Values [...] as uint8 colours [..., 3]."""
        roles = theme(dark=dark)
        share = self.shares(values)[..., None]
        pole = np.where(share < 0, rgb(roles["negative"]), rgb(roles["positive"]))
        return blend(rgb(roles["paper"]), pole, np.abs(share))


@dataclass(frozen=True)
class Ramp:
    """Values from 0 to 1 in one hue: 0 is exactly paper, 1 the role's full colour."""

    role: str

    def colours(self, values: Array, *, dark: bool) -> Array:
        """Values [...] as uint8 colours [..., 3]."""
        roles = theme(dark=dark)
        share = known(np.clip(values, 0.0, 1.0))[..., None]
        return blend(rgb(roles["paper"]), rgb(roles[self.role]), share)


def known(shares: Array) -> Array:
    """Shares with 0 for what is no number; numpy's own nan_to_num looks for infinities too."""
    made: Array = np.where(np.isnan(shares), shares.dtype.type(0), shares)
    return made


def blend(ground: Array, colour: Array, share: Array) -> Array:
    """A straight mix in sRGB, the same as the browser's fill-opacity."""
    mixed: Array = np.rint(ground + (colour - ground) * share).astype(np.uint8)
    return mixed


def symmetric_limit(values: Array) -> float:
    """A round number that 99 % of the magnitudes stay within; 1 when all are zero.

    The residual stream has a few dimensions a hundred times the rest: a scale that reached them
    would show nothing else. What lies beyond is marked and counted (`Diverging.clipped`).
    """
    finite = np.abs(values[np.isfinite(values)])
    top = quantile(finite, CLIP_QUANTILE) if finite.size else 0.0
    if top <= 0:
        return float(nice_above(float(finite.max()))) if finite.size and finite.max() > 0 else 1.0
    return nice_above(top)


def quantile(values: Array, share: float) -> float:
    """The value that a share of some numbers lies below, as numpy's quantile without its ways.

    Shapes: values [n], n at least 1, all finite.
    """
    place = (len(values) - 1) * share
    below, above = math.floor(place), math.ceil(place)
    ordered = np.partition(values, (below, above))
    low, high = float(ordered[below]), float(ordered[above])
    return low + (high - low) * (place - below)


def nice_above(value: float) -> float:
    """The next round number that is not smaller."""
    power = 10.0 ** math.floor(math.log10(value))
    step = next((step for step in NICE if value <= step * power), NICE[-1])
    return float(f"{step * power:.2g}")


def luminance(colour: Array) -> float:
    """Relative luminance of an sRGB colour (WCAG 2)."""
    linear = colour / 255.0
    linear = np.where(linear <= SRGB_KNEE, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(first: Array, second: Array) -> float:
    """Contrast ratio of two sRGB colours, 1 to 21 (WCAG 2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def text_on(share: float, role: str, *, dark: bool) -> str:
    """What reads on a ramp's colour: "ink", "paper", or "halo" (ink edged with paper).

    In a narrow middle band neither reaches AA by itself: there the edge carries it.
    """
    roles = theme(dark=dark)
    ground = Ramp(role).colours(np.array(share), dark=dark).astype(np.float32)
    if contrast(ground, rgb(roles["ink"])) >= AA:
        return "ink"
    return "paper" if contrast(ground, rgb(roles["paper"])) >= AA else "halo"
