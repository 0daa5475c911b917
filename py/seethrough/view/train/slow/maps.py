"""A weight as a picture: what each of its numbers was told, and which of them is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import exact, limit
from seethrough.view.raster import diverging_raster
from seethrough.view.scales import Diverging, rgb, symmetric_limit, theme
from seethrough.view.train.slow.numbered import written_index
from seethrough.view.words import hook_mark, rich, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.train.slow import SlowStep

PICTURE = "slow-map"
READOUT = "slow-map-readout"
SQUARE_ROOT = 0.5
MOST_WIDE, MOST_HIGH, MOST_CELL, TICK = 640, 400, 12, 0
MATRIX = 2
EDGE = 2  # pixels of the frame


def gradient(state: AppState, step: SlowStep) -> list[Child]:
    """The choice of a weight, and its gradient as a heat map."""
    name = state.lesson.slow.weight
    found = rows_of(step.weight_gradients[name])
    wide, high = cell_size(found)
    told: Attributes = {
        "class": "slow-map",
        "data-raster": PICTURE,
        "data-rows": str(found.shape[0]),
        "data-columns": str(found.shape[1]),
        "width": str(found.shape[1] * wide),
        "height": str(found.shape[0] * high),
        "tabindex": "0",
        "role": "img",
        "aria-label": say(state, "slow.map.picture", name=name),
        "aria-describedby": READOUT,
    }
    reach = limit(state, symmetric_limit(found))
    return [
        chooser(state, step),
        h("div", {"class": "scroll slow-map-scroll"}, h("canvas", told)),
        h("output", {"class": "readout", "id": READOUT}, chosen(state, step)),
        h("p", {"class": "note"}, rich(state, "slow.map.scale", limit=reach)),
    ]


def chooser(state: AppState, step: SlowStep) -> Node:
    """Every weight of the model by its name."""
    now = state.lesson.slow.weight
    options = [h("option", {"value": name, "selected": name == now}, name) for name in step.weights]
    told: Attributes = {"data-action": "slow-weight", "class": "slow-weights"}
    label = h("span", {}, say(state, "slow.map.weight"))
    return h("label", {"class": "lesson-choice"}, label, h("select", told, options))


def rows_of(array: Array) -> Array:
    """A weight as rows: a vector is one."""
    return array if array.ndim == MATRIX else array[None]


def cell_size(found: Array) -> tuple[int, int]:
    """How wide and high a cell is: the picture is at most MOST_WIDE by about MOST_HIGH."""
    rows, columns = found.shape
    wide, high = MOST_WIDE // columns, MOST_HIGH // rows
    return max(1, min(MOST_CELL, wide)), max(1, min(MOST_CELL, high))


def chosen(state: AppState, step: SlowStep) -> list[Node | str]:
    """The chosen number and what it was told."""
    slow = state.lesson.slow
    return told_of(state, step, slow.cell)


def told_of(state: AppState, step: SlowStep, cell: tuple[int, ...]) -> list[Node | str]:
    """A number of the weight, its value and its gradient."""
    name = state.lesson.slow.weight
    return rich(
        state,
        "slow.map.cell",
        name=hook_mark(f"{name}[{written_index(cell)}]"),
        value=h("b", {}, exact(state, step.weights[name][cell])),
        gradient=h("b", {}, exact(state, step.weight_gradients[name][cell])),
    )


def place_of(step: SlowStep, name: str, row: int, column: int) -> tuple[int, ...] | None:
    """The place of a cell in the weight; None outside."""
    shape = step.weights[name].shape
    cell = (row, column) if len(shape) == MATRIX else (column,)
    is_there = all(0 <= at < size for at, size in zip(cell, shape, strict=True)) and row >= 0
    return cell if is_there and (len(shape) == MATRIX or row == 0) else None


def describe(state: AppState, row: int, column: int) -> str:
    """What is under the pointer; empty outside."""
    step, name = state.lesson.slow.step, state.lesson.slow.weight
    cell = None if step is None else place_of(step, name, row, column)
    return "" if step is None or cell is None else to_html(*told_of(state, step, cell))


def order(state: AppState, row: int, column: int) -> tuple[str, Mapping[str, str]]:
    """What a click does: the number is chosen."""
    step, name = state.lesson.slow.step, state.lesson.slow.weight
    cell = None if step is None else place_of(step, name, row, column)
    return "slow-cell", {"index": written_index(cell or ())}


def raster(state: AppState, *, dark: bool) -> Array | None:
    """The gradient in colours, the chosen number framed."""
    step, slow = state.lesson.slow.step, state.lesson.slow
    if step is None or slow.weight not in step.weight_gradients:
        return None
    found = rows_of(step.weight_gradients[slow.weight])
    wide, high = cell_size(found)
    scale = Diverging(symmetric_limit(found), SQUARE_ROOT)
    pixels = diverging_raster(found, scale, dark=dark, wide=wide, high=high, tick=TICK)
    row, column = slow.cell if len(slow.cell) == MATRIX else (0, *slow.cell)
    frame(pixels, (row * high, column * wide), (high, wide), rgb(theme(dark=dark)["ink"]))
    return pixels


def frame(pixels: Array, place: tuple[int, int], size: tuple[int, int], ink: Array) -> None:
    """Draw a frame around a cell, outside it where there is room.

    Args:
        place: The cell's first row and column of pixels. size: How high and wide it is.
    """
    top, left = (max(at - EDGE, 0) for at in place)
    bottom, right = (at + long + EDGE for at, long in zip(place, size, strict=True))
    tile = pixels[top:bottom, left:right]
    for edge in (tile[:EDGE], tile[-EDGE:], tile[:, :EDGE], tile[:, -EDGE:]):
        edge[..., :3] = ink.astype(np.uint8)
