"""A few rows by themselves: the plane in which they differ most, and their places on a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import Array

# Two rows always lie on one line, so that a plane of them says nothing.
FEWEST = 3
MOST = 64
# A third of a circle: the ends of a bow lie farther apart, seen from its middle.
WIDEST_GAP = 2 * np.pi / 3


@dataclass(frozen=True)
class LocalPlane:
    """The principal plane of some rows.

    Shapes: places float64 [n, 2], around 0, in the rows' own units. `explained` are the shares of
    the variance that the two directions hold.
    """

    tokens: tuple[int, ...]
    places: Array
    explained: tuple[float, float]


@dataclass(frozen=True)
class Spread:
    """Rows along the way from one row to another: 0 lies at the first end, 1 at the second.

    Shapes: values float64 [n].
    """

    ends: tuple[int, int]
    tokens: tuple[int, ...]
    values: Array


def principal_plane(tokens: Sequence[int], rows: Array) -> LocalPlane:
    """The plane in which rows differ most.

    A direction's sign means nothing; the farthest row lies on its positive side.
    Shapes: rows [n, d_model].

    Raises:
        InputError: Fewer than FEWEST rows.
    """
    if len(tokens) < FEWEST:
        raise InputError("rows.too_few", n_chosen=len(tokens), fewest=FEWEST)
    centred = rows.astype(np.float64)
    centred -= centred.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    places = left[:, :2] * sizes[:2]
    farthest = np.abs(places).argmax(axis=0)
    places *= np.where(places[farthest, [0, 1]] < 0, -1.0, 1.0)
    variance = sizes**2
    total = float(variance.sum())
    first, second = (variance[:2] / total if total > 0 else np.zeros(2)).tolist()
    return LocalPlane(tuple(tokens), places, (first, second))


def spread_between(
    ends: tuple[int, int], begin: Array, end: Array, tokens: Sequence[int], rows: Array
) -> Spread:
    """Where rows lie along the way from one row to another.

    Shapes: begin, end [d_model], rows [n, d_model].

    Raises:
        InputError: Both ends are the same row, so that there is no way.
    """
    way = end.astype(np.float64) - begin
    squared = float(way @ way)
    if squared == 0.0:
        raise InputError("rows.no_way")
    values: Array = (rows.astype(np.float64) - begin) @ way / squared
    return Spread(ends, tuple(tokens), values)


def is_ring(places: Array) -> bool:
    """Whether places in their order go once round their middle and come back, without a wide gap.

    Shapes: places [n, 2].
    """
    middle = places - places.mean(axis=0)
    angles = np.arctan2(middle[:, 1], middle[:, 0])
    steps = np.diff(angles, append=angles[:1])
    turns = (steps + np.pi) % (2 * np.pi) - np.pi
    return bool(
        abs(round(float(turns.sum() / (2 * np.pi)))) == 1 and np.abs(turns).max() < WIDEST_GAP
    )
