"""Which tokens a vector of the stream pushes up and down: its product with each token's row.

A neuron's row is read straight through the unembedding, before the final norm, which scales and
weighs the whole stream once more; what a head or a half wrote is read with that norm's divisor
held. A vector is named as TransformerLens names it: a neuron's row is
`blocks.3.mlp.W_out[1520]`, what a head wrote at a position is `blocks.3.attn.hook_result[5,2]`,
what a half wrote `blocks.3.hook_mlp_out[5]`.
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
STRETCH = 128


@dataclass(frozen=True)
class Push:
    """A token, and how much of the vector its row holds: their product."""

    id: int
    visible: str
    value: float


@dataclass(frozen=True)
class Pushes:
    """The tokens that a vector pushes up most, and those that it pushes down most.

    `mean` is the average push of all tokens: what moves all alike changes no probability.
    """

    up: tuple[Push, ...]
    down: tuple[Push, ...]
    mean: float = 0.0

    def at(self, sign: float) -> Pushes:
        """The same for the vector times a number of this sign: up and down change places."""
        return Pushes(self.down, self.up, self.mean) if sign < 0 else self


def of_neuron(layer: int, neuron: int) -> Cell:
    """The name of a neuron's row."""
    return Cell(hook_name(WRITTEN_BY, layer), (neuron,))


def of_head(layer: int, position: int, head: int) -> Cell:
    """The name of what a head wrote at a position."""
    return Cell(hook_name(RESULT, layer), (position, head))


def of_half(leaf: str, layer: int, position: int) -> Cell:
    """The name of what a half of a layer wrote at a position: ATTN_OUT's or MLP_OUT's row."""
    return Cell(hook_name(leaf, layer), (position,))


def extremes(products: Array, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tokens of the largest products and of the smallest, the farthest first.

    Shapes: products [d_vocab]. Of equals the lower id stands first.
    """
    up, down = (farthest(signed, count) for signed in (products, -products))
    return up, down


def farthest(products: Array, count: int) -> tuple[int, ...]:
    """The places of the largest numbers, largest first."""
    few = min(count, products.size)
    above = np.flatnonzero(products >= least_of(products, few))
    order = above[np.argsort(-products[above], kind="stable")][:few]
    return tuple(int(at) for at in order)


def least_of(products: Array, few: int) -> float:
    """A number that at least so many products reach, and few more.

    The largest of each stretch are looked at first: as many stretches as are wanted hold a product
    that large, and sorting those takes a hundredth of what sorting all takes.
    """
    whole = products.size // STRETCH * STRETCH
    highest = products[:whole].reshape(-1, STRETCH).max(axis=1) if whole else products[:0]
    looked = highest if highest.size >= few else products
    return float(np.partition(looked, -few)[-few])
