"""The map's picture: every token a dot, in the colour of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.plane import pixels_of
from seethrough.core.token_kinds import KINDS
from seethrough.view.raster import packed, unpacked
from seethrough.view.scales import rgb, theme

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.atlas import Atlas
    from seethrough.core.cache import Array
    from seethrough.core.plane import Window

# The colour role of each kind of token.
ROLES = {
    "start": "embedding",
    "inside": "attention",
    "script": "value",
    "digits": "key",
    "signs": "logit",
    "blanks": "feed-forward",
    "bytes": "residual",
    "special": "ink",
    "gap": "hairline",
}
LEAST_DOT, MOST_DOT = 2, 9
# A dot grows with this power of the zoom: slower than what lies between them.
GROWTH = 0.35


def dot_size(zoom: float, dots: float) -> int:
    """The side of a dot in pixels of the canvas."""
    return int(min(max(round(LEAST_DOT * zoom**GROWTH), LEAST_DOT), MOST_DOT) * dots + 0.5)


def raster(state: AppState, *, dark: bool) -> Array | None:
    """The map's pixels as the window shows it; None before its file is here."""
    chart = state.chart
    if chart.atlas is None:
        return None
    wide, high, dots = chart.chart_size
    size = round(wide * dots), round(high * dots)
    colours = colours_of(chart.atlas, dark=dark)
    shown = shown_tokens(chart.atlas, chart.chart_hidden)
    square = chart.atlas.square(chart.chart_layout)[shown]
    dot = dot_size(chart.chart_window.zoom, dots)
    paper = packed(rgb(theme(dark=dark)["paper"]))
    return drawn(square, colours[shown], chart.chart_window, size, dot, paper)


def drawn(
    square: Array, colours: Array, window: Window, size: tuple[int, int], dot: int, paper: Array
) -> Array:
    """Points as squares of `dot` pixels; of those that cover each other the last is seen.

    Shapes: square [n, 2], colours uint32 [n] → uint8 [high, wide, 4].
    """
    wide, high = size
    corner = np.floor(pixels_of(square, window, wide, high) - np.float32(dot / 2 - 0.5))
    # With an edge around it no dot is cut by hand.
    across, down = corner[:, 0] + dot, corner[:, 1] + dot
    is_in = (across >= 0) & (across < wide + dot) & (down >= 0) & (down < high + dot)
    line = wide + 2 * dot
    first = down[is_in].astype(np.int64) * line + across[is_in].astype(np.int64)
    pixels = np.full((high + 2 * dot) * line, paper, np.uint32)
    inside = colours[is_in]
    for row in range(dot):
        for column in range(dot):
            pixels[first + (row * line + column)] = inside
    return unpacked(pixels.reshape(-1, line)[dot:-dot, dot:-dot])


def colours_of(atlas: Atlas, *, dark: bool) -> Array:
    """Each token's colour as one uint32, by its kind."""
    roles = theme(dark=dark)
    palette = packed(np.stack([rgb(roles[ROLES[name]]) for name in KINDS]))
    colours: Array = palette[atlas.kinds]
    return colours


def shown_tokens(atlas: Atlas, hidden: frozenset[int]) -> Array:
    """The tokens that are not left out, the rarest kinds last, so that they are seen."""
    counts = np.bincount(atlas.kinds, minlength=len(KINDS))
    order = np.argsort(-counts[atlas.kinds], kind="stable")
    if not hidden:
        return order
    return order[~np.isin(atlas.kinds[order], list(hidden))]
