"""A window onto a flat picture of points: where each lands in pixels, and what lies under one.

A layout's places are put into a square of side 1, its middle at 0.5, 0.5, both axes at one scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array

MOST_ZOOM = 200.0
# The share of the shorter side that the whole picture takes.
FILLED = 0.94


@dataclass(frozen=True)
class Window:
    """What is looked at: the middle of the picture in the square, and how many times enlarged."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0

    def scale(self, wide: int, high: int) -> float:
        """Pixels for the side of the square."""
        return min(wide, high) * FILLED * self.zoom

    def moved(self, right: float, down: float, wide: int, high: int) -> Window:
        """The window after the picture was pulled by so many pixels."""
        scale = self.scale(wide, high)
        return settled(replace(self, x=self.x - right / scale, y=self.y + down / scale))

    def zoomed(self, factor: float, across: float, down: float, wide: int, high: int) -> Window:
        """The window enlarged so that what lies under a pixel stays there."""
        zoom = min(max(self.zoom * factor, 1.0), MOST_ZOOM)
        before, after = self.scale(wide, high), replace(self, zoom=zoom).scale(wide, high)
        right, up = across - wide / 2, high / 2 - down
        x = self.x + right / before - right / after
        return settled(Window(x, self.y + up / before - up / after, zoom))


def settled(window: Window) -> Window:
    """The same with its middle on the picture."""
    return replace(window, x=min(max(window.x, 0.0), 1.0), y=min(max(window.y, 0.0), 1.0))


def between(one: Window, other: Window, share: float) -> Window:
    """A window on the way from one to another, enlarged by even factors."""
    x, y = one.x + (other.x - one.x) * share, one.y + (other.y - one.y) * share
    return Window(x, y, one.zoom * (other.zoom / one.zoom) ** share)


def window_on(points: Array, *, most_zoom: float = MOST_ZOOM) -> Window:
    """The window that shows some points of the square whole, with room around them."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle, side = (low + high) / 2, float((high - low).max())
    zoom = min(max(0.6 / side, 1.0), most_zoom) if side > 0 else most_zoom
    return settled(Window(float(middle[0]), float(middle[1]), zoom))


def square_of(places: Array) -> Array:
    """Places [n, 2] in the square, float32."""
    return into_square(places, places)


def into_square(points: Array, places: Array) -> Array:
    """Any points [n, 2] in the square of a layout's places; float32, some may lie outside."""
    low, high = places.min(axis=0), places.max(axis=0)
    side = float((high - low).max()) or 1.0
    square: Array = ((points - (low + high) / 2) / side + 0.5).astype(np.float32)
    return square


def pixels_of(square: Array, window: Window, wide: int, high: int) -> Array:
    """Where points of the square land, float32 [n, 2]: across, and down from the top."""
    scale = np.float32(window.scale(wide, high))
    landed = np.empty_like(square)
    landed[:, 0] = (square[:, 0] - np.float32(window.x)) * scale + np.float32(wide / 2)
    landed[:, 1] = (np.float32(window.y) - square[:, 1]) * scale + np.float32(high / 2)
    return landed


def nearest_pixel(landed: Array, across: float, down: float, reach: float) -> int | None:
    """The point nearest to a pixel, the lowest of equal ones; None where none is within reach."""
    if not len(landed):
        return None
    squares = (landed[:, 0] - across) ** 2 + (landed[:, 1] - down) ** 2
    best = int(squares.argmin())
    return best if float(squares[best]) <= reach * reach else None
