"""Every picture that a canvas can name: its pixels, what its cells are, how one is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.app.state import SECOND
from seethrough.view import attention, residual, slices, strip, terms
from seethrough.view.chart import picture
from seethrough.view.late import late
from seethrough.view.node import to_html
from seethrough.view.twice import ACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.view.block import made, matrix, neurons, wall
    from seethrough.view.steps import embed_vectors, layers_norms, layers_stream
    from seethrough.view.train.slow import inside, maps

    Raster = Callable[[AppState, str, bool], Array | None]
    Told = Callable[[AppState, str, int, int], str]
    Order = tuple[str, Mapping[str, str]]
    CellOf = Callable[[AppState, str, int, int], Cell | None]
    OrderOf = Callable[[AppState, str, int, int], Order | None]
else:
    embed_vectors, layers_norms, layers_stream = late(
        "seethrough.view.steps", "embed_vectors", "layers_norms", "layers_stream"
    )
    made, matrix, neurons, wall = late("seethrough.view.block", "made", "matrix", "neurons", "wall")
    inside, maps = late("seethrough.view.train.slow", "inside", "maps")


def nothing(_state: AppState, _name: str, _row: int, _column: int) -> None:
    """No number whose sum can be asked for."""


def no_cells(_state: AppState, name: str, _row: int, _column: int) -> str:
    """A picture whose cells nobody can point at.

    Raises:
        ValueError: Always.
    """
    raise no_picture(name)


@dataclass(frozen=True)
class Picture:
    """One kind of picture; each function gets the picture's whole name.

    `order` is what a click on a cell does, where that is not to open its sum.
    """

    raster: Raster
    told: Told
    cell_of: CellOf = nothing
    order: OrderOf | None = None


# By the whole name, or by its beginning as far as a ":" or "-".
PICTURES: Mapping[str, Picture] = {
    "residual": Picture(
        lambda state, _name, dark: residual.raster(state, dark=dark),
        lambda state, _name, row, column: to_html(residual.describe_cell(state, row, column)),
        lambda state, _name, row, column: residual.cell_of(state, row, column),
    ),
    "attention": Picture(
        lambda state, _name, dark: attention.raster(state, dark=dark),
        lambda state, _name, row, column: to_html(attention.describe_cell(state, row, column)),
        lambda state, _name, row, column: attention.cell_of(state, row, column),
    ),
    "head-": Picture(
        lambda state, name, dark: attention.head_raster(state, head_of(name), dark=dark), no_cells
    ),
    "scores": Picture(
        lambda state, _name, dark: matrix.raster(state, dark=dark),
        lambda state, _name, row, column: matrix.describe(state, row, column),
        lambda state, _name, row, column: matrix.cell_of(state, row, column),
    ),
    "wall": Picture(
        lambda state, _name, dark: wall.raster(state, dark=dark),
        lambda state, _name, row, column: wall.describe(state, row, column),
        order=lambda state, _name, row, column: wall.order(state, row, column),
    ),
    strip.PREFIX: Picture(
        lambda state, name, dark: strip.raster(state, name, dark=dark),
        strip.opened,
        strip.cell_of,
    ),
    slices.PREFIX: Picture(
        lambda state, name, dark: slices.raster(state, name, dark=dark),
        slices.opened,
        slices.cell_of,
    ),
    terms.PREFIX: Picture(
        lambda state, name, dark: terms.raster(state, name, dark=dark),
        terms.opened,
        terms.cell_of,
    ),
    "made:": Picture(
        lambda state, name, dark: made.raster(state, name, dark=dark),
        made.opened,
        made.cell_of,
    ),
    "neurons:": Picture(
        lambda state, name, dark: neurons.raster(state, name, dark=dark),
        neurons.opened,
        neurons.cell_of,
    ),
    "embed": Picture(
        lambda state, _name, dark: embed_vectors.raster(state, dark=dark),
        lambda state, _name, row, column: embed_vectors.opened(state, row, column),
        lambda state, _name, row, column: embed_vectors.cell_of(state, row, column),
    ),
    "slow-map": Picture(
        lambda state, _name, dark: maps.raster(state, dark=dark),
        lambda state, _name, row, column: maps.describe(state, row, column),
        order=lambda state, _name, row, column: maps.order(state, row, column),
    ),
    "slow-strip:": Picture(
        lambda state, name, dark: inside.raster(state, name, dark=dark),
        inside.describe,
        order=inside.order,
    ),
    "chart": Picture(lambda state, _name, dark: picture.raster(state, dark=dark), no_cells),
    "layers:": Picture(
        lambda state, name, dark: layers_stream.raster(state, name, dark=dark),
        lambda *cell: to_html(layers_stream.describe_cell(*cell)),
        layers_stream.cell_of,
    ),
    "layer-norms": Picture(
        lambda state, _name, dark: layers_norms.raster(state, dark=dark),
        lambda state, _name, row, column: to_html(layers_norms.describe_cell(state, row, column)),
        lambda state, _name, row, column: layers_norms.cell_of(state, row, column),
    ),
}


def head_of(name: str) -> int:
    """The head of a small picture's name, `head-3`.

    Raises:
        ValueError: No panel has such a picture.
    """
    number = name.partition("-")[2]
    if not number.isdecimal():
        raise no_picture(name)
    return int(number)


def no_picture(name: str) -> ValueError:
    """A programmer's mistake: a canvas names what nobody draws."""
    msg = f"no picture {name!r}"
    return ValueError(msg)


def picture_of(name: str) -> Picture:
    """The kind of picture that a name is of.

    Raises:
        ValueError: No panel has such a picture.
    """
    beginnings = (name, *(name.partition(mark)[0] + mark for mark in ":-"))
    found = next((PICTURES[part] for part in beginnings if part in PICTURES), None)
    if found is None:
        raise no_picture(name)
    return found


def placed(state: AppState, name: str) -> tuple[AppState | None, str]:
    """Where a picture is drawn from: the place that is shown, or the one beside it."""
    if not name.startswith(SECOND):
        return state, name
    return state.beside, name.removeprefix(SECOND)


def raster_for(state: AppState, name: str, dark: bool) -> Array | None:  # noqa: FBT001 - agreed
    """Pixels [height, width, 4] of a `<canvas data-raster="name">`; None where nothing is drawn.

    Raises:
        ValueError: No panel has such a picture.
    """
    scene, own = placed(state, name)
    return None if scene is None else picture_of(own).raster(scene, own, dark)


def cell_of(state: AppState, name: str, row: int, column: int) -> Cell | None:
    """Which number of the model a picture's cell is; None where its sum cannot be asked for.

    Raises:
        ValueError: No panel has such a picture.
    """
    scene, own = placed(state, name)
    return None if scene is None else picture_of(own).cell_of(scene, own, row, column)


def order_of(state: AppState, name: str, row: int, column: int) -> Order | None:
    """What a click on a picture's cell does: an action with its values; None: nothing.

    Raises:
        ValueError: No panel has such a picture.
    """
    scene, own = placed(state, name)
    ordered, cell = picture_of(own).order, cell_of(state, name, row, column)
    if ordered is not None and scene is not None:
        found = ordered(scene, own, row, column)
        if found is None:
            return None
        action, values = found
        return action if scene is state else ACTS.get(action, action), values
    return None if cell is None else ("select-cell", {"cell": str(cell)})


def describe_cell(state: AppState, name: str, row: int, column: int) -> str:
    """A picture's cell as markup; empty outside it or where nothing is drawn.

    Raises:
        ValueError: No panel has such a picture.
    """
    scene, own = placed(state, name)
    return "" if scene is None else picture_of(own).told(scene, own, row, column)
