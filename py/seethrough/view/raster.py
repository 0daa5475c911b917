"""Matrices as pixels: uint8 RGBA arrays [height, width, 4], ready for a canvas's ImageData.

One cell is a whole number of pixels, so that no column is wider than its neighbour.
"""

from __future__ import annotations

from functools import lru_cache
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


def pooled(patterns: Array, most: int) -> Array:
    """Square patterns with at most `most` cells a side: each has the largest of its block.

    Shapes: patterns [..., query_pos, key_pos] → [..., side, side].
    """
    size = patterns.shape[-1]
    block = -(-size // most)
    side = -(-size // block)
    known = np.where(np.isnan(patterns), patterns.dtype.type(0), patterns)
    if block == 1:
        return known
    before = patterns.shape[:-2]
    padded = np.zeros((*before, side * block, side * block), patterns.dtype)
    padded[..., :size, :size] = known
    largest: Array = padded.reshape(*before, side, block, side, block).max(axis=(-3, -1))
    return largest


def causal_raster(pattern: Array, role: str, *, dark: bool, cell: int) -> Array:
    """Attention patterns, whose keys after the query are hatched, not zero.

    Shapes: pattern [..., query_pos, key_pos] → [..., height, width, 4].
    """
    n_query, n_key = pattern.shape[-2:]
    masked, hatch = future(n_query, n_key, cell, dark=dark)
    cells = packed(Ramp(role).colours(pattern, dark=dark))
    drawn = np.repeat(np.repeat(cells, cell, axis=-2), cell, axis=-1)
    return unpacked(np.where(masked, hatch, drawn))


@lru_cache(maxsize=16)
def future(n_query: int, n_key: int, cell: int, *, dark: bool) -> tuple[Array, Array]:
    """Where keys come after their query, and the hatching there, as packed pixels.

    Shapes: → [n_query · cell, n_key · cell] twice.
    """
    query, key = np.arange(n_query)[:, None], np.arange(n_key)[None, :]
    is_after = key > query + (n_key - n_query)
    masked = np.repeat(np.repeat(is_after, cell, axis=0), cell, axis=1)
    return masked, hatching(masked.shape, dark=dark)


@lru_cache(maxsize=16)
def hatching(shape: tuple[int, int], *, dark: bool) -> Array:
    """A ground of paper with the hatching's lines, as packed pixels. Shapes: → [height, width]."""
    down, across = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    roles = theme(dark=dark)
    paper, line = (packed(rgb(roles[role])) for role in ("paper", "hatch"))
    ground: Array = np.where((down + across) % HATCH_PERIOD == 0, line, paper)
    return ground


def hatched(pixels: Array, rows: Array, *, dark: bool) -> Array:
    """The same pixels, but those rows of pixels that hold no numbers hatched."""
    if not rows.any():
        return pixels
    pixels[rows] = unpacked(hatching(pixels.shape[:2], dark=dark))[rows]
    return pixels
