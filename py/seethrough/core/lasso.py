"""Which points lie inside a line that was drawn around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import Array

Point = tuple[float, float]


def inside(points: Array, path: Sequence[Point]) -> Array:
    """Whether each point lies inside a closed path: a line from it crosses the path an odd time.

    Shapes: points [n, 2] → bool [n].
    """
    is_in = np.zeros(len(points), np.bool_)
    if len(path) < 3:  # noqa: PLR2004 - two points enclose nothing
        return is_in
    corners = np.array(path, np.float64)
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    across, down = points[near].astype(np.float64).T
    odd = np.zeros(len(near), np.bool_)
    for (x, y), (next_x, next_y) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        is_beside = (y > down) != (next_y > down)
        if is_beside.any():
            odd ^= is_beside & (across < (next_x - x) * (down - y) / (next_y - y) + x)
    is_in[near] = odd
    return is_in
