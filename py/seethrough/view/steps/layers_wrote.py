"""What a layer's halves wrote for the chosen token, as bars that end at the ribbon."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.hooks import hook_name, leaf_of
from seethrough.core.length import NORM, length_cell
from seethrough.view.node import Markup, Node, escape, h
from seethrough.view.numbers import exact, in_column
from seethrough.view.steps.layers_film import SIDES
from seethrough.view.steps.layers_stream import chosen
from seethrough.view.words import Reader, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cell import Cell

# Where the writes fly in from: the heads of their columns.
FROM = {hooks.ATTN_OUT: "layers-attention", hooks.MLP_OUT: "layers-mlp"}
# Of a length in its column: what a number of six signs has room for.
MOST_DIGITS = 5


def written_lengths(scene: Scene, told: Sequence[float]) -> Mapping[float, str]:
    """Lengths as their column has them."""
    return dict(zip(told, in_column(scene, told, most=MOST_DIGITS), strict=True))


def wrote(
    scene: Scene,
    place: tuple[str, int],
    lengths: tuple[float | None, float],
    shown: Mapping[float, str],
    moment: int,
) -> Node | Markup:
    """One write, by its leaf and layer.

    Args:
        lengths: Its own, None where it is not known, and the longest of all.
        shown: Lengths as they are written.
    """
    leaf, layer = place
    length, longest = lengths
    if length is None:
        return h("span", {"class": f"layer-wrote is-{SIDES[leaf]} is-missing"})
    cell = length_cell(hook_name(leaf, layer), chosen(scene))
    return bar_of(scene.language, cell, (length, shown[length]), longest, moment)


@lru_cache(maxsize=512)
def bar_of(
    language: str, cell: Cell, told: tuple[float, str], longest: float, moment: int
) -> Markup:
    """A known write's bar and number, with the sum behind it; drawn again at every return.

    Args:
        told: Its length, and that as it is written.
    """
    leaf = leaf_of(cell.name).removesuffix(NORM)
    side = SIDES[leaf]
    length, shown = told
    width = 100 * length / longest if longest > 0 and np.isfinite(length) else 0.0
    start = 100 - width if side == "attention" else 0.0
    reader = Reader(language)
    exactly = escape(say(reader, "layers.length", length=exact(reader, length)))
    # Written directly: sixty of them are a third of what choosing a token costs.
    return Markup(
        f'<span class="layer-wrote is-{side}" title="{exactly}" data-action="select-cell"'
        f' data-cell="{cell}">'
        f'<span class="number" data-at="{moment}">{escape(shown)}</span>'
        f'<svg aria-hidden="true" data-at="{moment}" data-move="fly" data-from="{FROM[leaf]}">'
        f'<rect x="{start:.2f}%" width="{width:.2f}%" height="100%"></rect></svg></span>'
    )
