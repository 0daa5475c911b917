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
    cells = packed(colours)
    return unpacked(np.repeat(np.repeat(cells, high, axis=0), wide, axis=1))


def packed(colours: Array) -> Array:
    """Colours [..., 3] as one uint32 each, opaque: four bytes move as one."""
    pixels = np.empty((*colours.shape[:-1], 4), dtype=np.uint8)
    pixels[..., :3] = colours
    pixels[..., 3] = OPAQUE
    cells: Array = pixels.view(np.uint32)[..., 0]
    return cells


def unpacked(cells: Array) -> Array:
    """The pixels [height, width, 4] of `packed` ones [height, width]."""
    pixels: Array = np.ascontiguousarray(cells).view(np.uint8).reshape(*cells.shape, 4)
    return pixels


def diverging_raster(
    matrix: Array, scale: Diverging, *, dark: bool, wide: int, high: int, tick: int
) -> Array:
    """Signed values; a cell beyond the limits carries a tick of ink, `tick` pixels high."""
    cells = packed(scale.colours(matrix, dark=dark))
    ink = packed(rgb(theme(dark=dark)["ink"]))
    lines = np.repeat(cells[:, None, :], high, axis=1)
    lines[:, :tick] = np.where(scale.clipped(matrix), ink, cells)[:, None, :]
    flat = lines.reshape(-1, matrix.shape[1])
    return unpacked(flat if wide == 1 else np.repeat(flat, wide, axis=1))


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
