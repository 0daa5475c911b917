"""Pixels: one cell is a whole block, clipping has a tick, the masked half is hatched."""

from __future__ import annotations

import numpy as np
import pytest

from seethrough.view.raster import causal_raster, diverging_raster, pooled
from seethrough.view.scales import Diverging, rgb, theme
from tests.view.sample import pattern

THEMES = pytest.mark.parametrize("dark", [False, True])


@THEMES
def test_a_cell_is_a_block_of_one_colour(*, dark: bool) -> None:
    """Each value fills its block, opaque, ready for ImageData."""
    matrix = np.array([[0.0, 1.0], [-1.0, 0.5]])
    pixels = diverging_raster(matrix, Diverging(1.0), dark=dark, wide=3, high=4, tick=2)

    assert pixels.shape == (8, 6, 4)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert (pixels[..., 3] == 255).all()
    for row in (0, 1):
        for column in (0, 1):
            block = pixels[row * 4 : row * 4 + 4, column * 3 : column * 3 + 3]
            assert (block == block[0, 0]).all()
    assert (pixels[0, 0, :3] == rgb(theme(dark=dark)["paper"])).all()


@THEMES
def test_clipping_is_drawn(*, dark: bool) -> None:
    """A cell beyond the limits has a tick of ink at its top, and only such a cell."""
    pixels = diverging_raster(
        np.array([[1.0, 1.5]]), Diverging(1.0), dark=dark, wide=2, high=5, tick=2
    )
    ink = (pixels[..., :3] == rgb(theme(dark=dark)["ink"])).all(axis=2)

    assert not ink[:, :2].any()
    assert ink[:2, 2:].all()
    assert not ink[2:, 2:].any()


@THEMES
def test_the_future_is_hatched(*, dark: bool) -> None:
    """A masked pair has lines, so that it is never read as a weight of zero."""
    pixels = causal_raster(pattern(4)[0], "attention", dark=dark, cell=8)
    hatch = (pixels[..., :3] == rgb(theme(dark=dark)["hatch"])).all(axis=2)
    blocks = hatch.reshape(4, 8, 4, 8).any(axis=(1, 3))

    assert (blocks == np.triu(np.ones((4, 4), dtype=bool), 1)).all()


def test_cached_keys_are_not_masked() -> None:
    """With cached positions a query sees every key up to itself."""
    pixels = causal_raster(np.full((1, 3), 0.3), "attention", dark=False, cell=1)

    assert (pixels == pixels[0, 0]).all()


def test_pooling_keeps_the_largest() -> None:
    """A small picture of a long prompt shows the strongest weight of each block."""
    long = np.zeros((5, 5))
    long[4, 1] = 0.9

    assert pooled(long, 3).tolist() == [[0, 0, 0], [0, 0, 0], [0.9, 0, 0]]
    assert (pooled(long, 5) == long).all()
