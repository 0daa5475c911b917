"""Flat layouts of a matrix's rows, and how many of their true neighbours each keeps.

Two: the plane of the two directions in which the rows differ most (PCA), and one that is laid out
by the neighbours themselves (t-SNE by openTSNE, from the exact neighbours by cosine).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core.atlas import MOST_STORED, N_COMPONENTS, N_NEIGHBOURS

if TYPE_CHECKING:
    from seethrough.core.cache import Array

# Of a vocabulary with more rows than are stored, so many tokens are looked at.
N_SAMPLED = 1000
SEED = 0
# With fewer tokens everything is near everything.
LEAST_ROWS = 3 * N_NEIGHBOURS
EARLY, EARLY_EXAGGERATION, EARLY_MOMENTUM = 75, 12, 0.5
LATE, LATE_MOMENTUM = 225, 0.8


def is_small(rows: Array) -> bool:
    """Whether all pairs of rows are looked at."""
    return len(rows) <= MOST_STORED


class Principal(NamedTuple):
    """Rows in their own first principal directions, and what led there.

    Shapes: places float64 [n, 3]; `explained`, shares of the whole variance [3]; mean float64 [d],
    directions float64 [3, d].
    """

    places: Array
    explained: list[float]
    mean: Array
    directions: Array


def principal_places(rows: Array) -> Principal:
    """The rows in their own first N_COMPONENTS principal directions, and the variance each holds.

    A direction's sign is free: its largest entry is positive here.

    Shapes: rows [n, d].
    """
    centred = rows.astype(np.float64)
    mean = centred.mean(axis=0)
    centred -= mean
    variances, directions = np.linalg.eigh(centred.T @ centred)
    best = directions[:, ::-1][:, :N_COMPONENTS]
    largest = np.abs(best).argmax(axis=0)
    best = best * np.sign(best[largest, np.arange(best.shape[1])])
    shares = variances[::-1][:N_COMPONENTS] / variances.sum()
    return Principal(centred @ best, shares.tolist(), mean, best.T)


def spread_out(ids: Array, cosines: Array, start: Array) -> Array:
    """Rows laid out so that neighbours lie together, begun from a flat picture.

    Each of a row's neighbours pulls alike. Chosen by measure: see DESIGN.md.

    Shapes: ids, cosines [n, N_NEIGHBOURS], start [n, 2] → float64 [n, 2].
    """
    from openTSNE import TSNEEmbedding, affinity, initialization, nearest_neighbors  # noqa: PLC0415 - seconds to import

    distances = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosines))
    near = nearest_neighbors.PrecomputedNeighbors(ids, distances)
    pulls = affinity.Uniform(None, knn_index=near, k_neighbors=ids.shape[1])
    begun = initialization.rescale(start.copy())
    laid = TSNEEmbedding(begun, pulls, negative_gradient_method="fft", n_jobs=2, random_state=SEED)
    laid = laid.optimize(EARLY, exaggeration=EARLY_EXAGGERATION, momentum=EARLY_MOMENTUM)
    laid = laid.optimize(LATE, momentum=LATE_MOMENTUM)
    return np.asarray(laid, np.float64)


def kept_neighbours(places: Array, tokens: Array, ids: Array) -> Array:
    """How many of some tokens' true neighbours are among their nearest in the picture.

    Of places equally far the lower id is nearer.

    Shapes: places [n, 2], tokens [k], ids [k, N_NEIGHBOURS] → [k].
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - seconds to import

    most = min(2 * N_NEIGHBOURS, len(places))
    _, found = cKDTree(places).query(places[tokens], k=most, workers=2)
    distances = ((places[found] - places[tokens][:, None]) ** 2).sum(axis=2)
    distances[found == tokens[:, None]] = np.inf
    order = np.lexsort((found, distances), axis=-1)[:, :N_NEIGHBOURS]
    closest = np.take_along_axis(found, order, axis=1)
    kept: Array = (ids[:, :, None] == closest[:, None, :]).any(axis=2).sum(axis=1)
    return kept
