"""The map's picture: every token a dot, in the colour of its kind, length or id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.bands import KIND, MOST_BANDS
from seethrough.core.plane import pixels_of
from seethrough.core.token_kinds import KINDS
from seethrough.view.chart.shown import LEFT_OUT_BY, is_left_out, square_now
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
# From the lowest band to the highest.
BAND_ROLES = ("embedding", "attention", "key")
LAST_STEP = MOST_BANDS - 1
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
    order, codes = DOTS.of(state, lambda: dots_of(state))
    square = SQUARES.of(state, lambda: square_now(state)[order])
    landed = pixels_of(square, chart.chart_window, *size)
    palette = packed(colours(state, dark=dark))
    paper = packed(rgb(theme(dark=dark)["paper"]))
    empty = np.full((size[1], size[0]), paper, np.uint32)
    return drawn(landed, palette[codes], empty, dot_size(chart.chart_window.zoom, dots))


def colours(state: AppState, *, dark: bool) -> Array:
    """The colour of each kind, or of each band: uint8 [n, 3]."""
    chart, roles = state.chart, theme(dark=dark)
    if chart.chart_colour == KIND or chart.atlas is None:
        return np.stack([rgb(roles[ROLES[name]]) for name in KINDS])
    ends = [rgb(roles[name]).astype(np.float64) for name in BAND_ROLES]
    count = chart.atlas.bands(chart.chart_colour).count
    return np.stack([mixed(ends, step_of(band, count) / LAST_STEP) for band in range(count)])


def mixed(ends: list[Array], share: float) -> Array:
    """A colour on the way from the first over those between to the last, uint8 [3]."""
    at = share * (len(ends) - 1)
    first = min(int(at), len(ends) - 2)
    between = ends[first] + (ends[first + 1] - ends[first]) * (at - first)
    colour: Array = np.rint(between).astype(np.uint8)
    return colour


def step_of(band: int, count: int) -> int:
    """Which of the steps from the first colour to the last a band has: the style has as many."""
    return round(band * LAST_STEP / max(count - 1, 1))


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
    """The tokens that are not left out, and the number of each one's colour.

    The rarest colours come last, so that their dots are seen.
    """
    chart = state.chart
    assert chart.atlas is not None  # asked before
    is_by_kind = chart.chart_colour == KIND
    codes = chart.atlas.kinds if is_by_kind else chart.atlas.bands(chart.chart_colour).of
    order = np.argsort(-np.bincount(codes)[codes], kind="stable")
    order = order[~is_left_out(state)[order]]
    return order, codes[order]


DOTS: Kept[tuple[Array, Array]] = Kept(LEFT_OUT_BY)
SQUARES: Kept[Array] = Kept((*LEFT_OUT_BY, "chart_layout", "chart_glide"))
