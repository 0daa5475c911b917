"""How far one set of a model's numbers is from another, position by position, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.hooks import LEAF_DIMS, SCORES

if TYPE_CHECKING:
    from seethrough.core.cache import Array

POSITIONS = ("pos", "query_pos", "unembed")


def log_probs(logits: Array) -> Array:
    """Log-probabilities of each row.

    Shapes: [pos, d_vocab] → same.
    """
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return wide


def divergences(expected: Array, got: Array) -> Array:
    """KL divergence of each row of log-probabilities from the expected one, in nats.

    Σ p (δ + e^−δ − 1) with δ = log p − log q: the same as Σ p δ, for p and q add up to 1 each, but
    no term is negative, so a divergence of 1e-12 is not lost among terms that cancel.
    Shapes: [pos, d_vocab] → [pos].
    """
    delta = expected - got
    return (np.exp(expected) * (delta + np.expm1(-delta))).sum(axis=-1)


def errors(leaf: str, expected: Array, got: Array) -> Array:
    """‖Δ‖ / ‖expected‖ of a hook at each position; cells that the mask hides are left out.

    Shapes: as the hook's → [pos].
    Raises:
        ValueError: Other cells are hidden, or a number is none.
    """
    wanted, ours = rows_of(leaf, expected), rows_of(leaf, got)
    if leaf == SCORES:
        hidden = np.isneginf(wanted)
        if not np.array_equal(hidden, np.isneginf(ours)):
            raise ValueError(leaf)
        wanted, ours = np.where(hidden, 0, wanted), np.where(hidden, 0, ours)
    distance, size = lengths(ours - wanted), lengths(wanted)
    if not np.isfinite(distance).all():
        raise ValueError(leaf)
    shares = np.where(distance > 0, np.inf, 0.0)  # where nothing was expected
    return np.divide(distance, size, out=shares, where=size > 0)


def rows_of(leaf: str, array: Array) -> Array:
    """A hook as one row of numbers for each position.

    Shapes: as the hook's → [pos, everything else].
    """
    axis = next(at for at, dim in enumerate(LEAF_DIMS[leaf]) if dim in POSITIONS)
    rows = np.moveaxis(np.asarray(array, np.float64), axis, 0)
    return rows.reshape(len(rows), -1)


def lengths(rows: Array) -> Array:
    """The length of each row of numbers."""
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))
