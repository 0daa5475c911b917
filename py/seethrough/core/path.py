"""A token's path over the map: its residual states as directions among the rows.

A state goes through the final norm, as if the model stopped there. What comes out is many times
longer than a row, so its direction alone is compared and drawn, at the rows' mean length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.families import family_of
from seethrough.core.moves import through_norm

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

N_NEAREST = 5


@dataclass(frozen=True, eq=False)
class Projection:
    """What takes a state into the picture of the largest differences.

    `mean` is the rows' mean, `directions` are the picture's axes, `length` is the rows' mean
    length; `weight` and `bias` (None: the norm has none) are the final norm's.
    Shapes: mean, weight, bias [d_model], directions [components, d_model].
    """

    mean: Array
    directions: Array
    length: float
    weight: Array
    bias: Array | None = None


@dataclass(frozen=True, eq=False)
class Nearest:
    """The rows nearest to each state by cosine, best first.

    Shapes: ids int64, cosines float64 [states, N_NEAREST].
    """

    ids: Array
    cosines: Array


def directions_of(config: ModelConfig, states: Array, projection: Projection) -> Array:
    """States through the final norm, each as a vector of length 1; float64.

    Shapes: states [states, d_model] → same.
    """
    wide = states.astype(np.float64)
    norm = family_of(config).norm
    about = wide - wide.mean(axis=-1, keepdims=True) if norm.is_centred else wide
    scale = np.sqrt((about**2).mean(axis=-1, keepdims=True) + config.eps)
    normed = through_norm(config, wide, projection.weight, 1.0) / scale
    if projection.bias is not None:
        normed = normed + projection.bias.astype(np.float64)
    lengths = np.sqrt((normed**2).sum(axis=-1, keepdims=True))
    units: Array = np.divide(normed, lengths, out=np.zeros_like(normed), where=lengths > 0.0)
    return units


def projected(units: Array, projection: Projection) -> Array:
    """Where directions lie in the picture, at the rows' mean length.

    Shapes: units [n, d_model] → [n, components].
    """
    at_length = units * projection.length - projection.mean.astype(np.float64)
    places: Array = at_length @ projection.directions.astype(np.float64).T
    return places


def nearest_so_far(units: Array, rows: Array, first: int, known: Nearest | None) -> Nearest:
    """The rows nearest to each direction, of those known and of some more; ties by the lower id.

    Shapes: units [n, d_model], rows [more, d_model] of the tokens `first` and on.
    """
    wide = rows.astype(np.float64)
    lengths = np.sqrt((wide**2).sum(axis=1))
    products = units @ wide.T
    cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0.0)
    ids = np.broadcast_to(np.arange(first, first + len(rows)), cosines.shape)
    if known is not None:
        ids = np.concatenate([known.ids, ids], axis=1)
        cosines = np.concatenate([known.cosines, cosines], axis=1)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :N_NEAREST]
    return Nearest(np.take_along_axis(ids, order, 1), np.take_along_axis(cosines, order, 1))


def nearest_by(cosines: Array) -> Nearest:
    """The rows nearest to each direction, by the cosines of all of them; ties by the lower id.

    Shapes: cosines [n, d_vocab].
    """
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :N_NEAREST]
    return Nearest(order, np.take_along_axis(cosines, order, 1))


def mean_places(nearest: Nearest, places: Array) -> Array:
    """Where a layout without a projection shows states: the mean of their nearest tokens' places.

    A token counts by its cosine; one that points the other way does not count.
    Shapes: places [d_vocab, 2] → [states, 2].
    """
    weights = np.maximum(nearest.cosines, 1e-9)
    weights = weights / weights.sum(axis=1, keepdims=True)
    means: Array = (places[nearest.ids] * weights[:, :, None]).sum(axis=1)
    return means
