"""Strips of what is no hook but made of some: a weighted value, what one head writes.

Their pictures are named `made:weighted@3,0,5,2~0.5` (layer, head, query, key) and
`made:result@3,5,0~0.8` (layer, position, head), with the magnitude that gets the full colour.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name
from seethrough.core.pushes import of_head
from seethrough.view.block.facts import has_norms_after
from seethrough.view.block.mix_facts import mixed_of, results
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import cell as two_decimals
from seethrough.view.numbers import exact, readout
from seethrough.view.pickers import layer_of
from seethrough.view.raster import diverging_raster
from seethrough.view.scales import Diverging
from seethrough.view.slices import FEW
from seethrough.view.strip import AROUND, HIGH, SQUARE_ROOT, TICK, canvas
from seethrough.view.wants import chosen
from seethrough.view.words import hook_mark, rich

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array

PREFIX = "made:"
NAME = re.compile(r"made:(weighted|result)@(\d+(?:,\d+){2,3})~([\d.e+-]+)")
WEIGHTED, RESULT = "weighted", "result"


class Read(NamedTuple):
    """A picture's name, read: which kind, where, its numbers, how far its colours reach."""

    kind: str
    place: tuple[int, ...]
    values: Array
    reach: float


def strip(
    kind: str, place: tuple[int, ...], size: int, *, reach: float, label: str, told_in: str
) -> Node:
    """The canvas of a made vector of `size` numbers; see view/strip.py."""
    name = f"{PREFIX}{kind}@{','.join(map(str, place))}~{reach:g}"
    return canvas(name, size, label=label, told_in=told_in, is_few=size <= FEW)


def read(scene: Scene, name: str) -> Read | None:
    """A picture of the layer, head and token that are chosen; None of any other."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    place = tuple(int(at) for at in found[2].split(","))
    values = values_of(scene, found[1], place)
    return None if values is None else Read(found[1], place, values, float(found[3]))


def values_of(scene: Scene, kind: str, place: tuple[int, ...]) -> Array | None:
    """The numbers of a made vector; None where they are not known."""
    if kind == WEIGHTED and len(place) == 4:  # noqa: PLR2004 - layer, head, query, key
        mixed = mixed_of(scene)
        here = None if mixed is None else (mixed.layer, mixed.head, mixed.position)
        is_here = here == place[:3] and place[3] <= place[2]
        return mixed.weighted(place[3]) if mixed is not None and is_here else None
    made = results(scene)
    is_here = place[:2] == (layer_of(scene), chosen(scene))
    return made[place[2]] if made is not None and is_here and place[2] < len(made) else None


def raster(scene: Scene, name: str, *, dark: bool) -> Array | None:
    """The strip's pixels; None where its numbers are not known any more."""
    told = read(scene, name)
    if told is None:
        return None
    scale = Diverging(told.reach, SQUARE_ROOT)
    return diverging_raster(told.values[None, :], scale, dark=dark, wide=1, high=HIGH, tick=TICK)


def cell_of(scene: Scene, name: str, _row: int, column: int) -> Cell | None:
    """The number that a place of the strip is a part of; None outside it."""
    told = read(scene, name)
    if told is None or not 0 <= column < len(told.values):
        return None
    if told.kind == WEIGHTED:
        layer, head, query, _ = told.place
        return Cell(hook_name(hooks.Z, layer), (query, head, column))
    leaf = hooks.LN1_POST_OUT if has_norms_after(scene.run.config) else hooks.ATTN_OUT
    return Cell(hook_name(leaf, told.place[0]), (told.place[1], column))


def opened(scene: Scene, name: str, row: int, column: int) -> str:
    """The number under the pointer among its neighbours, and how it is made; empty outside."""
    told, cell = read(scene, name), cell_of(scene, name, row, column)
    if told is None or cell is None:
        return ""
    first = min(max(column - AROUND, 0), max(len(told.values) - 2 * AROUND - 1, 0))
    around = range(first, min(first + 2 * AROUND + 1, len(told.values)))
    cells = [
        h("span", {"class": "is-open" if at == column else None}, two_decimals(scene, value))
        for at, value in zip(around, told.values[first:].tolist(), strict=False)
    ]
    return to_html(
        h("span", {"class": "opened-cells"}, cells),
        h("span", {"class": "opened-value"}, sentence(scene, told, column, cell)),
    )


def sentence(scene: Scene, told: Read, column: int, cell: Cell) -> list[Node | str]:
    """How one number is made."""
    value = h("b", {}, exact(scene, float(told.values[column])))
    mixed = mixed_of(scene)
    if told.kind == WEIGHTED and mixed is not None and mixed.values is not None:
        key = told.place[3]
        return rich(
            scene,
            "mix.product",
            column=str(column),
            weight=readout(scene, float(mixed.weights[key])),
            value=readout(scene, float(mixed.values[key][column])),
            product=value,
            whole=hook_mark(str(cell)),
        )
    name = hook_mark(f"{of_head(*told.place)}[{column}]")
    return rich(scene, "mix.result", name=name, value=value, whole=hook_mark(str(cell)))
