"""A part of a hook as a strip: one head's query, one token's scores.

It is named by the place before its last axis: `slice:blocks.3.attn.hook_q@5,2~2.5` is head 2 of the
query at position 5 on a scale that reaches 2.5; of hooks that have heads first `@2,5` is the row of
query 5 in head 2, as far as that sees.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seethrough.core.captured import BY_HEAD
from seethrough.core.cell import Cell
from seethrough.core.hooks import leaf_of
from seethrough.view.raster import diverging_raster
from seethrough.view.scales import Diverging
from seethrough.view.strip import HIGH, SQUARE_ROOT, TICK, among, canvas

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.view.node import Node

    Place = tuple[int, ...]

PREFIX = "slice:"
NAME = re.compile(r"slice:([\w.]+)@(\d+(?:,\d+)?)~([\d.e+-]+)")
FEW = 96  # numbers, up to which a strip is stretched


def values_at(scene: Scene, name: str, place: Place) -> Array | None:
    """The numbers of a hook at a place; None where they are not known."""
    if leaf_of(name) in BY_HEAD:
        array = scene.run.captured.arrays.get(name)
        if array is None or place[0] >= array.shape[0] or place[1] >= array.shape[1]:
            return None
        row: Array = array[place[0], place[1], : place[1] + 1]
        return row
    found = scene.run.captured.row(name, place[0])
    if found is None or len(place) != found.ndim or any(at >= len(found) for at in place[1:]):
        return None
    return found[place[1]] if len(place) > 1 else found


def strip(
    name: str, place: Place, values: Array, *, reach: float, label: str, told_in: str
) -> Node:
    """The canvas of a slice.

    Args:
        reach: The magnitude that gets the full colour.
        label: The picture in words.
        told_in: The id of the readout where its cells open.
    """
    where = ",".join(map(str, place))
    name_of = f"{PREFIX}{name}@{where}~{reach:g}"
    size = len(values)
    return canvas(name_of, size, label=label, told_in=told_in, is_few=size <= FEW)


def read(scene: Scene, raster_name: str) -> tuple[str, Place, Array, float] | None:
    """Hook, place, numbers and reach of a slice's name; None where they are not known."""
    found = NAME.fullmatch(raster_name)
    if found is None:
        return None
    place = tuple(int(at) for at in found[2].split(","))
    values = values_at(scene, found[1], place)
    return None if values is None else (found[1], place, values, float(found[3]))


def raster(scene: Scene, name: str, *, dark: bool) -> Array | None:
    """The slice's pixels; None where its hook is not known any more."""
    told = read(scene, name)
    if told is None:
        return None
    scale = Diverging(told[3], SQUARE_ROOT)
    return diverging_raster(told[2][None, :], scale, dark=dark, wide=1, high=HIGH, tick=TICK)


def cell_of(scene: Scene, name: str, _row: int, column: int) -> Cell | None:
    """Which number of the model a place of the slice is; None outside it."""
    told = read(scene, name)
    if told is None or not 0 <= column < len(told[2]):
        return None
    return Cell(told[0], (*told[1], column))


def opened(scene: Scene, name: str, row: int, column: int) -> str:
    """The cell under the pointer among its neighbours, with its exact value; empty outside."""
    told, cell = read(scene, name), cell_of(scene, name, row, column)
    return "" if told is None or cell is None else among(scene, told[2], column, cell)
