"""a − b + c with rows of the embedding: which rows lie nearest to it, the three given among them.

All rows are compared, in float64, by cosine; of equal ones the lower id stands first. A given word
keeps the place that it has: nothing is left out to make the answer look better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.near import cosines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import Array

N_FOUND = 10


@dataclass(frozen=True)
class SumFound:
    """The rows nearest to a sum of three, best first, and where the three themselves stand.

    `ids` and `cosines` are the N_FOUND nearest; `ranks` (from 1) and `given` are the places and
    the cosines of the terms.
    """

    terms: tuple[int, ...]
    ids: tuple[int, ...]
    cosines: tuple[float, ...]
    ranks: tuple[int, ...]
    given: tuple[float, ...]


def sum_of(first: Array, minus: Array, plus: Array) -> Array:
    """a − b + c in float64.

    Shapes: [d_model] each → [d_model].
    """
    total: Array = first.astype(np.float64) - minus + plus
    return total


def cosines_with(rows: Array, vector: Array) -> Array:
    """The cosine of each row with a vector, in float64; 0 where one has no length.

    Shapes: rows [n, d_model], vector [d_model] → [n].
    """
    return cosines_of(rows.astype(np.float64), vector)


def best_of(cosines: Array, terms: Sequence[int], n: int = N_FOUND) -> SumFound:
    """The n largest cosines of all rows, and the places of the terms.

    Shapes: cosines [d_vocab], by token.
    """
    few = min(n, len(cosines))
    least = np.partition(cosines, -few)[-few]
    above = np.flatnonzero(cosines >= least)
    ids = above[np.argsort(-cosines[above], kind="stable")][:few]
    return SumFound(
        tuple(terms),
        tuple(ids.tolist()),
        tuple(cosines[ids].tolist()),
        tuple(rank_of(cosines, term) for term in terms),
        tuple(float(cosines[term]) for term in terms),
    )


def rank_of(cosines: Array, token: int) -> int:
    """The place of a token among all, from 1."""
    own = cosines[token]
    return 1 + int((cosines > own).sum()) + int((cosines[:token] == own).sum())
