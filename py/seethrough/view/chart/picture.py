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
    order, ranks, by_rank = DOTS.of(state, lambda: dots_of(state))
    square = SQUARES.of(state, lambda: np.asfortranarray(square_now(state)[order]))
    landed = pixels_of(square, chart.chart_window, *size)
    paper = rgb(theme(dark=dark)["paper"])
    palette = packed(np.concatenate([paper[None], colours(state, dark=dark)[by_rank]]))
    cells = drawn(landed, ranks, size, dot_size(chart.chart_window.zoom, dots))
    return unpacked(palette[cells])


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


def drawn(landed: Array, ranks: Array, size: tuple[int, int], dot: int) -> Array:
    """Points as squares of `dot` pixels; where some cover each other the highest rank is seen.

    Each point is put down once, as one pixel, and the picture of ranks is widened: a quarter of
    the work of writing each square, which is what a frame waits for.

    Shapes: landed float32 [n, 2], ranks uint8 [n], ascending from 1 → uint8 [high, wide], 0: paper.
    """
    wide, high = size
    # With an edge around the picture, a dot that is cut needs no rule of its own.
    bias = np.float32(dot / 2 + 0.5)
    across = (landed[:, 0] + bias).astype(np.int32)
    down = (landed[:, 1] + bias).astype(np.int32)
    # What is left of the edge or above it is beyond all as a number without a sign.
    is_in = (across.view(np.uint32) < wide + dot) & (down.view(np.uint32) < high + dot)
    line = wide + dot
    cells = np.zeros((high + dot, line), np.uint8)
    cells.reshape(-1)[(down * np.int32(line) + across)[is_in]] = ranks[is_in]
    return widened(widened(cells, dot, 0), dot, 1)[dot:, dot:]


def widened(cells: Array, dot: int, axis: int) -> Array:
    """Each rank over the `dot` cells from its own on, along one axis."""
    cells, reach = cells.swapaxes(0, axis), 1
    while reach < dot:
        step = min(reach, dot - reach)
        wider = cells.copy()
        np.maximum(cells[step:], cells[:-step], out=wider[step:])
        cells, reach = wider, reach + step
    return cells.swapaxes(0, axis)


def dots_of(state: AppState) -> tuple[Array, Array, Array]:
    """The tokens that are not left out, each one's rank, and the number of each rank's colour.

    The rarest colours rank highest and come last, so that their dots are seen.
    """
    chart = state.chart
    assert chart.atlas is not None  # asked before
    is_by_kind = chart.chart_colour == KIND
    codes = chart.atlas.kinds if is_by_kind else chart.atlas.bands(chart.chart_colour).of
    by_rank = np.argsort(-np.bincount(codes), kind="stable")
    rank_of = np.argsort(by_rank, kind="stable").astype(np.uint8) + np.uint8(1)
    order = np.argsort(rank_of[codes], kind="stable")
    order = order[~is_left_out(state)[order]]
    return order, rank_of[codes[order]], by_rank


DOTS: Kept[tuple[Array, Array, Array]] = Kept(LEFT_OUT_BY)
SQUARES: Kept[Array] = Kept((*LEFT_OUT_BY, "chart_layout", "chart_glide"))
