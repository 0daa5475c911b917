"""The nearest rows to one token's, found by products with all rows and decided by exact cosines.

Where no neighbours are stored, the engine multiplies the token's row with all others; that product
is rounded to float32, so it only says which rows may be among the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.near import cosines_of

if TYPE_CHECKING:
    from seethrough.core.cache import Array

# Wider than a product, a length and their quotient can be rounded together.
MARGIN = 2e-6


@dataclass(frozen=True, eq=False)
class NearToken:
    """A token's nearest rows by cosine, best first, itself left out.

    Shapes: ids int32, cosines float64 [n].
    """

    token: int
    ids: Array
    cosines: Array


def candidates(products: Array, lengths: Array, token: int, n: int) -> Array:
    """The rows that may be among the n nearest, in order of their ids; never the token itself.

    Shapes: products, lengths [d_vocab] → int64 [at least n, where there are so many].
    """
    scale = lengths.astype(np.float64) * float(lengths[token])
    about = np.divide(products, scale, out=np.zeros(len(scale)), where=scale > 0.0)
    about[token] = -np.inf
    few = min(n, len(about) - 1)
    least = np.partition(about, -few)[-few]
    return np.flatnonzero(about >= max(least - MARGIN, -2.0))


def nearest_to(token: int, row: Array, ids: Array, rows: Array, n: int) -> NearToken:
    """The n nearest of some candidates, in float64; of equal ones the lower id stands first.

    Shapes: row [d_model], ids [candidate], rows [candidate, d_model].
    """
    cosines = cosines_of(rows.astype(np.float64), row.astype(np.float64))
    order = np.lexsort((ids, -cosines))[:n]
    return NearToken(token, ids[order].astype(np.int32), cosines[order])
