"""A vector as a strip of hairline cells, each of which opens under the pointer.

A strip's picture is named by what it shows: `strip:blocks.3.hook_resid_mid@5~2.5` is that hook at
position 5 on a scale that reaches 2.5. Rows of weights count as positions: `strip:W_E@284~0.5`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import Cell
from seethrough.core.sums import UNEMBED
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import cell as two_decimals
from seethrough.view.numbers import count, exact, limit
from seethrough.view.raster import diverging_raster
from seethrough.view.scales import Diverging, symmetric_limit
from seethrough.view.words import hook_mark, rich, say, token_at, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.tokens import TokenView
    from seethrough.view.node import Child

PREFIX = "strip:"
NAME = re.compile(r"strip:([\w.]+)@(\d+)~([\d.e+-]+)")
HIGH = 22
TICK = 4
AROUND = 4  # cells on each side of the one that is opened
SQUARE_ROOT = 0.5
WEIGHTS = "W_"  # in the names of weights, in no hook's: their rows stand at no position


def common_limit(rows: Sequence[Array]) -> float:
    """One scale for several vectors, so that their colours can be compared."""
    return symmetric_limit(np.concatenate([row.ravel() for row in rows]))


def strip(
    scene: Scene, name: str, position: int, *, reach: float, label: str, told_in: str
) -> Node:
    """The canvas of one vector.

    Args:
        reach: The magnitude that gets the full colour.
        label: The picture in words, for those who do not see it.
        told_in: The id of the readout where its cells open (see `opened`).
    """
    values = scene.run.captured.row(name, position)
    size = 0 if values is None else len(values)
    return canvas(f"{PREFIX}{name}@{position}~{reach:g}", size, label=label, told_in=told_in)


def canvas(raster_name: str, size: int, *, label: str, told_in: str, is_few: bool = False) -> Node:
    """The canvas of any row of numbers, `size` of them; one of few is stretched."""
    return h(
        "canvas",
        {
            "class": "strip-cells is-few" if is_few else "strip-cells",
            "data-raster": raster_name,
            "data-rows": "1",
            "data-columns": str(size),
            "width": str(size),
            "height": str(HIGH),
            "tabindex": "0",
            "role": "img",
            "aria-label": label,
            "aria-describedby": told_in,
        },
    )


def readout(scene: Scene, element_id: str) -> Node:
    """Where the cells of a page's strips open; at rest it says how to."""
    return h("output", {"class": "readout opened", "id": element_id}, say(scene, "view.strip.rest"))


def read(raster: str) -> tuple[str, int, float] | None:
    """Hook, position and reach of a strip's name; None for another picture's."""
    found = NAME.fullmatch(raster)
    return None if found is None else (found[1], int(found[2]), float(found[3]))


def raster(scene: Scene, name: str, *, dark: bool) -> Array | None:
    """The strip's pixels; None where its hook is not known any more."""
    told = read(name)
    values = None if told is None else scene.run.captured.row(told[0], told[1])
    if told is None or values is None:
        return None
    scale = Diverging(told[2], SQUARE_ROOT)
    return diverging_raster(values[None, :], scale, dark=dark, wide=1, high=HIGH, tick=TICK)


def cell_of(scene: Scene, name: str, _row: int, column: int) -> Cell | None:
    """Which number a place of the strip is; None outside it."""
    told = read(name)
    values = None if told is None else scene.run.captured.row(told[0], told[1])
    if told is None or values is None or not 0 <= column < len(values):
        return None
    # A token's vector is a column of the unembedding.
    return Cell(told[0], (column, told[1]) if told[0] == UNEMBED else (told[1], column))


def opened(scene: Scene, name: str, row: int, column: int) -> str:
    """The cell under the pointer among its neighbours, with its exact value; empty outside."""
    told, cell = read(name), cell_of(scene, name, row, column)
    if told is None or cell is None:
        return ""
    values = scene.run.captured.row(told[0], told[1])
    if values is None:
        return ""
    token = None if WEIGHTS in told[0] else token_at(scene, told[1])
    return among(scene, values, column, cell, token)


def among(
    scene: Scene, values: Array, column: int, cell: Cell, token: TokenView | None = None
) -> str:
    """A number among its neighbours, with its name and exact value, and which of all they are.

    Args:
        token: Whose numbers they are, where they are a token's.
    """
    first = min(max(column - AROUND, 0), max(len(values) - 2 * AROUND - 1, 0))
    around = range(first, min(first + 2 * AROUND + 1, len(values)))
    cells = [
        h("span", {"class": "is-open" if at == column else None}, two_decimals(scene, values[at]))
        for at in around
    ]
    return to_html(
        h("span", {"class": "opened-cells"}, cells),
        h(
            "span",
            {"class": "opened-value"},
            hook_mark(str(cell)),
            " ",
            h("b", {}, exact(scene, values[column])),
        ),
        " ",
        h("span", {"class": "opened-place"}, place(scene, around, len(values), cell, token)),
    )


def place(
    scene: Scene, around: range, size: int, cell: Cell, token: TokenView | None
) -> Sequence[Child]:
    """Which of all numbers stand there, and whose."""
    fields: dict[str, Node | str] = {
        "first": count(scene, around[0]),
        "last": count(scene, around[-1]),
        "n_values": count(scene, size),
    }
    if token is None:
        return [say(scene, "view.strip.around", **fields)]
    fields |= {"token": token_mark(token.visible), "position": str(cell.index[0])}
    return rich(scene, "view.strip.around_token", **fields)


def scale_note(scene: Scene, reach: float) -> str:
    """The legend in words: which colours, how far they reach."""
    return say(scene, "view.strip.scale", limit=limit(scene, reach))
