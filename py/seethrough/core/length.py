"""The length of a vector of the model, a number with a name: `blocks.3.hook_resid_post.norm[5]`.

No hook of TransformerLens; ours, made of one: the L2 norm of the hook's vector at a position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import Cell
from seethrough.core.hooks import LEAF_DIMS, leaf_of

if TYPE_CHECKING:
    from seethrough.core.cache import Array

NORM = ".norm"
# The leaves that are one vector of the stream's width at each position.
VECTORS = tuple(leaf for leaf, dims in LEAF_DIMS.items() if dims[1:] == ("d_model",))
# Each one's length has that vector's first axis alone.
LENGTH_DIMS = {leaf + NORM: LEAF_DIMS[leaf][:1] for leaf in VECTORS}


def length_cell(hook: str, position: int) -> Cell:
    """The length of a hook's vector at a position, as a cell."""
    return Cell(hook + NORM, (position,))


def vector_of(name: str) -> str | None:
    """The hook whose length a name is; None where it is not a length's."""
    return name.removesuffix(NORM) if leaf_of(name) in LENGTH_DIMS else None


def lengths_of(rows: Array) -> Array:
    """The L2 norm of each row of [n, d_model], in float64."""
    lengths: Array = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=1))
    return lengths


def length_of(vector: Array) -> float:
    """The L2 norm of one vector, in float64."""
    return float(lengths_of(vector[np.newaxis])[0])
