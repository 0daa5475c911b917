"""Matrices as pixels: uint8 RGBA arrays [height, width, 4], ready for a canvas's ImageData.

One cell is a whole number of pixels, so that no column is wider than its neighbour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.scales import Ramp, rgb, theme

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.view.scales import Diverging

OPAQUE = 255
HATCH_PERIOD = 6


def enlarge(colours: Array, *, wide: int, high: int) -> Array:
    """Colours [rows, columns, 3] as opaque pixels, each cell `wide` by `high`."""
    pixels = np.repeat(np.repeat(colours, high, axis=0), wide, axis=1)
    alpha = np.full((*pixels.shape[:2], 1), OPAQUE, dtype=np.uint8)
    return np.ascontiguousarray(np.concatenate([pixels, alpha], axis=2))


def diverging_raster(
    matrix: Array, scale: Diverging, *, dark: bool, wide: int, high: int, tick: int
) -> Array:
    """Signed values; a cell beyond the limits carries a tick of ink, `tick` pixels high."""
    pixels = enlarge(scale.colours(matrix, dark=dark), wide=wide, high=high)
    marked = np.repeat(np.repeat(scale.clipped(matrix), high, axis=0), wide, axis=1)
    in_tick = (np.arange(pixels.shape[0]) % high) < tick
    pixels[marked & in_tick[:, None], :3] = rgb(theme(dark=dark)["ink"]).astype(np.uint8)
    return pixels


def pooled(pattern: Array, most: int) -> Array:
    """A square pattern with at most `most` cells a side: each has the largest of its block."""
    block = -(-len(pattern) // most)
    short = -len(pattern) % block
    padded = np.pad(np.nan_to_num(pattern, nan=0.0), ((0, short), (0, short)))
    side = len(padded) // block
    largest: Array = padded.reshape(side, block, side, block).max(axis=(1, 3))
    return largest


def causal_raster(pattern: Array, role: str, *, dark: bool, cell: int) -> Array:
    """An attention pattern [query_pos, key_pos]; keys after the query are hatched, not zero."""
    pixels = enlarge(Ramp(role).colours(pattern, dark=dark), wide=cell, high=cell)
    n_query, n_key = pattern.shape
    query, key = np.arange(n_query)[:, None], np.arange(n_key)[None, :]
    future = key > query + (n_key - n_query)
    masked = np.repeat(np.repeat(future, cell, axis=0), cell, axis=1)
    down, across = np.indices(masked.shape)
    line = (down + across) % HATCH_PERIOD == 0
    roles = theme(dark=dark)
    pixels[masked, :3] = rgb(roles["paper"]).astype(np.uint8)
    pixels[masked & line, :3] = rgb(roles["hatch"]).astype(np.uint8)
    return pixels


def hatched(pixels: Array, rows: Array, *, dark: bool) -> Array:
    """The same pixels, but those rows of pixels that hold no numbers hatched."""
    if not rows.any():
        return pixels
    down, across = np.indices(pixels.shape[:2])
    line = (down + across) % HATCH_PERIOD == 0
    roles = theme(dark=dark)
    pixels[rows, :, :3] = rgb(roles["paper"]).astype(np.uint8)
    pixels[rows[:, None] & line, :3] = rgb(roles["hatch"]).astype(np.uint8)
    return pixels
