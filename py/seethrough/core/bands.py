"""Colours of the map by a number of each token: its row's length, its id; cut into even bands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array

KIND, LENGTH, ID = "kind", "length", "id"
COLOURS = (KIND, LENGTH, ID)
# A legend of so many is still read at a glance.
MOST_BANDS = 8


@dataclass(frozen=True, eq=False)
class Bands:
    """Even ranges of a number: band i is from edges[i] up to, not including, edges[i + 1].

    Shapes: `of` uint8 [tokens], the band of each token.
    """

    edges: tuple[float, ...]
    of: Array

    @property
    def count(self) -> int:
        """How many bands."""
        return len(self.edges) - 1


def bands_of(values: Array) -> Bands:
    """Numbers in at most MOST_BANDS bands whose width is 1, 2 or 5 times a power of ten."""
    low, high = float(values.min()), float(values.max())
    step = nice_step((high - low) / MOST_BANDS or 1.0)
    while math.floor(high / step) - math.floor(low / step) + 1 > MOST_BANDS:
        step = nice_step(step * 1.5)
    first = math.floor(low / step)
    count = math.floor(high / step) - first + 1
    edges = tuple(round((first + at) * step, 6) for at in range(count + 1))
    inner = np.array(edges[1:-1], np.float64)
    return Bands(edges, np.searchsorted(inner, values, side="right").astype(np.uint8))


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50 … that is no less; of 0.5, 0.2 … too."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * one for one in (1, 2, 5, 10) if power * one >= least * (1 - 1e-9))
