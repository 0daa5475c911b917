"""Which rows of a matrix are near which, by cosine: exact, best first, ties by the lower id.

Float32 products find the candidates, with some to spare; float64 decides among them. A row of
zeros has no direction: its cosine with anything is 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.core.cache import Array

# Products of so many rows with all others are held at once.
AT_ONCE = 1024
# Candidates beyond those that are asked for: float32 may swap what lies within its rounding.
SPARE = 12
# More than float32 products of unit rows are off, and less than neighbours differ by.
ROUNDING = 4e-6
# Columns whose largest product stands for them all in the first look.
GROUP = 64


def lengths_of(rows: Array) -> Array:
    """The L2 length of each row, float64."""
    return np.sqrt(np.einsum("rd,rd->r", rows, rows, dtype=np.float64))


def unit_rows(rows: Array) -> Array:
    """Rows of length 1, float32; a row of zeros stays one."""
    lengths = lengths_of(rows)
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0.0)
    return (rows * scale[:, None]).astype(np.float32)


def nearest_of_each(rows: Array, n: int, over: Callable[..., Any] = map) -> tuple[Array, Array]:
    """The n nearest other rows of every row.

    Args:
        over: What goes over the pieces of the work, in order, as `map` does; they share nothing.

    Shapes: rows [n_rows, d] → ids int32, cosines float64 [n_rows, n].
    """
    units, begins = unit_rows(rows), range(0, len(rows), AT_ONCE)

    def nearest_from(begin: int) -> tuple[Array, Array]:
        at = np.arange(begin, min(begin + AT_ONCE, len(rows)))
        return _nearest_others(rows, units, at, n)

    found: list[tuple[Array, Array]] = list(over(nearest_from, begins))
    ids, cosines = zip(*found, strict=True)
    return np.concatenate(ids), np.concatenate(cosines)


def nearest_of(rows: Array, chosen: Sequence[int], n: int) -> tuple[Array, Array]:
    """The n nearest other rows of some rows; see `nearest_of_each`."""
    at = np.asarray(chosen, np.int64)
    return _nearest_others(rows, unit_rows(rows), at, n)


def nearest_to(rows: Array, vector: Array, n: int) -> tuple[Array, Array]:
    """The n rows nearest to any vector, none left out.

    Shapes: rows [n_rows, d], vector [d] → ids int32, cosines float64 [n].
    """
    length = float(np.linalg.norm(vector.astype(np.float64))) or 1.0
    products = unit_rows(rows) @ (vector / length).astype(np.float32)
    return _best(rows, vector, products, _candidates(products[None, :], n + SPARE)[0], n)


def _nearest_others(rows: Array, units: Array, at: Array, n: int) -> tuple[Array, Array]:
    """The n nearest other rows of the rows `at`."""
    products = units[at] @ units.T
    products[np.arange(len(at)), at] = -np.inf
    candidates = _candidates(products, n + SPARE)
    found = [
        _best(rows, rows[row], own, columns, n)
        for row, own, columns in zip(at, products, candidates, strict=True)
    ]
    return np.stack([ids for ids, _ in found]), np.stack([cosines for _, cosines in found])


def _candidates(products: Array, most: int) -> Array:
    """Columns that hold the `most` largest products of each row, in no order.

    The largest of a group is at least as large as any of it, so the columns sought lie in the
    `most` groups with the largest ones.
    """
    n_rows, n_columns = products.shape
    if n_columns <= most:
        return np.broadcast_to(np.arange(n_columns), products.shape)
    short = -n_columns % GROUP
    padded = np.pad(products, ((0, 0), (0, short)), constant_values=-np.inf) if short else products
    grouped = padded.reshape(n_rows, -1, GROUP)
    n_groups = min(most, grouped.shape[1])
    best = np.argpartition(grouped.max(axis=2), -n_groups, axis=1)[:, -n_groups:]
    inside = np.take_along_axis(grouped, best[:, :, None], axis=1).reshape(n_rows, -1)
    columns = (best[:, :, None] * GROUP + np.arange(GROUP)).reshape(n_rows, -1)
    kept = np.argpartition(inside, -most, axis=1)[:, -most:]
    return np.take_along_axis(columns, kept, axis=1)


def _best(
    rows: Array, vector: Array, products: Array, columns: Array, n: int
) -> tuple[Array, Array]:
    """The n best of a vector's candidates by their exact cosines.

    Where others have products as large as the last of them, as equal rows do, all those are looked
    at: the candidates were any of them.
    """
    ids, cosines = _sorted(rows, vector, columns[products[columns] > -np.inf], n)
    least = float(cosines[-1]) - ROUNDING if len(ids) == n else -np.inf
    if len(columns) < len(products) and float(products[columns].min()) >= least:
        return _sorted(rows, vector, np.flatnonzero(products >= max(least, -2.0)), n)
    return ids, cosines


def _sorted(rows: Array, vector: Array, columns: Array, n: int) -> tuple[Array, Array]:
    """The n best columns, best first, and their cosines."""
    cosines = cosines_of(rows[columns].astype(np.float64), vector.astype(np.float64))
    order = np.lexsort((columns, -cosines))[:n]
    return columns[order].astype(np.int32), cosines[order]


def cosines_of(rows: Array, vector: Array) -> Array:
    """Cosines float64 [n_rows]; equal rows have equal ones, to the last bit."""
    products = np.einsum("rd,d->r", rows, vector)
    scale = np.sqrt(np.einsum("rd,rd->r", rows, rows)) * np.sqrt(np.einsum("d,d->", vector, vector))
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0.0)
