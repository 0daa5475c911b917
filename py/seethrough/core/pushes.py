"""Which tokens a vector of the stream pushes up and down: its product with each token's row.

It is read straight through the unembedding, before the final norm, which scales and weighs the
whole stream once more. A vector is named as TransformerLens names it: a neuron's row is
`blocks.3.mlp.W_out[1520]`, what a head wrote at a position is `blocks.3.attn.hook_result[5,2]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name

if TYPE_CHECKING:
    from seethrough.core.cache import Array

RESULT = "attn.hook_result"
WRITTEN_BY = "mlp.W_out"
N_PUSHED = 6


@dataclass(frozen=True)
class Push:
    """A token, and how much of the vector its row holds: their product."""

    id: int
    visible: str
    value: float


@dataclass(frozen=True)
class Pushes:
    """The tokens that a vector pushes up most, and those that it pushes down most."""

    up: tuple[Push, ...]
    down: tuple[Push, ...]

    def at(self, sign: float) -> Pushes:
        """The same for the vector times a number of this sign: up and down change places."""
        return Pushes(self.down, self.up) if sign < 0 else self


def of_neuron(layer: int, neuron: int) -> Cell:
    """The name of a neuron's row."""
    return Cell(hook_name(WRITTEN_BY, layer), (neuron,))


def of_head(layer: int, position: int, head: int) -> Cell:
    """The name of what a head wrote at a position."""
    return Cell(hook_name(RESULT, layer), (position, head))


def extremes(products: Array, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tokens of the largest products and of the smallest, the farthest first.

    Shapes: products [d_vocab]. Of equals the lower id stands first.
    """
    up, down = (farthest(signed, count) for signed in (products, -products))
    return up, down


def farthest(products: Array, count: int) -> tuple[int, ...]:
    """The places of the largest numbers, largest first."""
    few = min(count, products.size)
    least = np.partition(products, -few)[-few]
    above = np.flatnonzero(products >= least)
    order = above[np.argsort(-products[above], kind="stable")][:few]
    return tuple(int(at) for at in order)
