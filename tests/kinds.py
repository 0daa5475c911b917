"""The kinds of numbers that have a sum, by name: of a layer, or outside the blocks."""

from __future__ import annotations

from seethrough.core import hooks
from seethrough.core.cell import PROBS
from seethrough.core.length import vector_of
from seethrough.view.hook_places import GLOBAL


def name_of_kind(leaf: str, layer: int) -> str:
    """A kind's full name, in a layer where it has one there."""
    return leaf if (vector_of(leaf) or leaf) in {*GLOBAL, PROBS} else hooks.hook_name(leaf, layer)
