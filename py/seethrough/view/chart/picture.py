"""The map's picture: every token a dot, in the colour of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.plane import pixels_of
from seethrough.core.token_kinds import KINDS
from seethrough.view.kept import Kept
from seethrough.view.raster import packed, unpacked
from seethrough.view.scales import rgb, theme

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array

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
    square, kinds = DOTS.of(state, lambda: dots_of(state))
    landed = pixels_of(square, chart.chart_window, *size)
    roles = theme(dark=dark)
    palette = packed(np.stack([rgb(roles[ROLES[name]]) for name in KINDS]))
    paper = packed(rgb(roles["paper"]))
    empty = np.full((size[1], size[0]), paper, np.uint32)
    return drawn(landed, palette[kinds], empty, dot_size(chart.chart_window.zoom, dots))


def drawn(landed: Array, colours: Array, paper: Array, dot: int) -> Array:
    """Points as squares of `dot` pixels; of those that cover each other the last is seen.

    Shapes: landed [n, 2], colours uint32 [n], paper uint32 [high, wide] → uint8 [high, wide, 4].
    """
    high, wide = paper.shape
    # With an edge around the picture, a dot that is cut needs no rule of its own.
    corner = np.floor(landed - np.float32(dot / 2 - 0.5)) + dot
    across, down = corner[:, 0], corner[:, 1]
    is_in = (across >= 0) & (across < wide + dot) & (down >= 0) & (down < high + dot)
    line = wide + 2 * dot
    first = down[is_in].astype(np.int64) * line + across[is_in].astype(np.int64)
    pixels = np.pad(paper, dot, mode="edge").reshape(-1)
    inside = colours[is_in]
    for row in range(dot):
        for column in range(dot):
            pixels[first + (row * line + column)] = inside
    return unpacked(pixels.reshape(-1, line)[dot:-dot, dot:-dot])


def dots_of(state: AppState) -> tuple[Array, Array]:
    """The places in the square, and the kinds, of the tokens that are not left out.

    The rarest kinds come last, so that their dots are seen.
    """
    atlas, hidden = state.chart.atlas, state.chart.chart_hidden
    assert atlas is not None  # asked before
    counts = np.bincount(atlas.kinds, minlength=len(KINDS))
    order = np.argsort(-counts[atlas.kinds], kind="stable")
    if hidden:
        order = order[~np.isin(atlas.kinds[order], list(hidden))]
    return atlas.square(state.chart.chart_layout)[order], atlas.kinds[order]


DOTS: Kept[tuple[Array, Array]] = Kept(("atlas", "chart_layout", "chart_hidden"))
