"""The kinds of numbers that have a sum, by name: of a layer, or outside the blocks."""

from __future__ import annotations

from seethrough.core import hooks
from seethrough.core.cell import PROBS
from seethrough.core.length import vector_of


def name_of_kind(leaf: str, layer: int) -> str:
    """A kind's full name, in a layer where it has one there."""
    return (
        leaf
        if (vector_of(leaf) or leaf) in {*hooks.OUTSIDE_BLOCKS, PROBS}
        else hooks.hook_name(leaf, layer)
    )
