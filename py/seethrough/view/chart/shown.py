"""Which tokens the map shows, and where their dots are now, also while a layout becomes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.bands import KIND
from seethrough.view.kept import Kept

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array

LEFT_OUT_BY = ("atlas", "chart_hidden", "chart_colour", "chart_bands")


def is_left_out(state: AppState) -> Array:
    """Whether each token is left out: its kind, or its band of what the colours tell; bool."""
    return LEFT_OUT.of(state, lambda: _is_left_out(state))


LEFT_OUT: Kept[Array] = Kept(LEFT_OUT_BY)


def _is_left_out(state: AppState) -> Array:
    chart = state.chart
    assert chart.atlas is not None  # asked before
    left_out = np.isin(chart.atlas.kinds, list(chart.chart_hidden))
    if chart.chart_colour != KIND and chart.chart_bands:
        left_out |= np.isin(chart.atlas.bands(chart.chart_colour).of, list(chart.chart_bands))
    return left_out


def square_now(state: AppState) -> Array:
    """The places of all tokens in the square, on the way between two layouts; [d_vocab, 2]."""
    chart = state.chart
    assert chart.atlas is not None  # asked before
    square = chart.atlas.square(chart.chart_layout)
    if chart.chart_glide is None:
        return square
    before, share = chart.atlas.square(chart.chart_glide[0]), np.float32(chart.chart_glide[1])
    between: Array = before + (square - before) * share
    return between
