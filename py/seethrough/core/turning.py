"""A head's query and key as pairs that turn: what rotary positions do to a score.

Number j pairs with number j + turned / 2; each pair is an arrow in a plane, turned by its position
times its frequency (core/maths.py). In the product of a query and a key only the difference of
their positions is left. Numbers behind the turned ones stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array


@dataclass(frozen=True, eq=False)
class Turned:
    """A query and a key at two positions, pair by pair, in float64.

    Shapes: frequencies [pair]; query, key [pair, 2]; adds [pair], what each pair adds to q · k.
    `still` is what the numbers add that do not turn; `scale` is what the product is divided by.
    """

    frequencies: Array
    query: Array
    key: Array
    still: float
    scale: float

    @property
    def adds(self) -> Array:
        """What each pair adds to the product."""
        products: Array = (self.query * self.key).sum(axis=1)
        return products

    @property
    def score(self) -> float:
        """Their product, divided as the model's scores are."""
        return float((self.adds.sum() + self.still) / self.scale)


def turned(
    query: Array, key: Array, at: tuple[int, int], frequencies: Array, scale: float
) -> Turned:
    """A query and a key, both before any turning, at these positions.

    Shapes: query, key [d_head]; frequencies [turned / 2].
    Args:
        at: The position of the query, that of the key.
        scale: What the product is divided by (`ModelConfig.attn_scale`).
    Source: as `maths.rotate`.
    """
    frequencies = frequencies.astype(np.float64)
    asks, meets = (
        turn(pairs(one, len(frequencies)), where * frequencies)
        for one, where in zip((query, key), at, strict=True)
    )
    return Turned(frequencies, asks, meets, unturned(query, key, frequencies), scale)


def unturned(query: Array, key: Array, frequencies: Array) -> float:
    """What the numbers behind the turned ones add to the product."""
    n_turned = 2 * len(frequencies)
    return float(query[n_turned:].astype(np.float64) @ key[n_turned:].astype(np.float64))


def pairs(vector: Array, n_pairs: int) -> Array:
    """A head's numbers as arrows. Shapes: [d_head] → [pair, 2]."""
    wide = vector[: 2 * n_pairs].astype(np.float64)
    return np.stack(np.split(wide, 2), axis=1)


def turn(arrows: Array, angles: Array) -> Array:
    """Each arrow turned by its angle. Shapes: [pair, 2], [pair] → [pair, 2]."""
    cos, sin = np.cos(angles), np.sin(angles)
    x, y = arrows.T
    return np.stack([x * cos - y * sin, y * cos + x * sin], axis=1)


def by_distance(query: Array, key: Array, most: int, frequencies: Array, scale: float) -> Array:
    """The score for each distance from 0 on, the query ahead.

    What a pair adds is its product times the cosine of the turn, and what it adds a quarter turn
    on times the sine.

    Shapes: query, key [d_head]; frequencies [turned / 2] → [most + 1], in float64.
    """
    angles = np.outer(np.arange(most + 1), frequencies.astype(np.float64))
    q, k = pairs(query, len(frequencies)), pairs(key, len(frequencies))
    along, across = (q * k).sum(axis=1), q[:, 0] * k[:, 1] - q[:, 1] * k[:, 0]
    still = unturned(query, key, frequencies)
    scores: Array = (np.cos(angles) @ along + np.sin(angles) @ across + still) / scale
    return scores
