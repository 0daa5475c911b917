"""The scores of a head as one picture: queries down, keys across, what is masked hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.view.attention import axis_names
from seethrough.view.attention_grid import grid_in
from seethrough.view.attention_labels import key_labels, query_labels
from seethrough.view.block.here import here_of
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, exact, limit, readout
from seethrough.view.raster import hatching, packed, unpacked
from seethrough.view.scales import Diverging, symmetric_limit
from seethrough.view.words import hook_mark, rich, say, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.view.attention_grid import Grid
    from seethrough.view.block.here import Here

PICTURE, READOUT = "scores", "scores-readout"


def grid_of(scene: Scene) -> Grid | None:
    """The chosen head's scores; None where they are not known."""
    here = here_of(scene)
    scores = None if here is None else scene.run.captured.arrays.get(here.name(hooks.SCORES))
    return None if scores is None else grid_in(scene, scores)


def figure(scene: Scene, here: Here) -> Node | str:
    """The picture between its tokens, what a cell tells, how far the colours reach."""
    grid = grid_of(scene)
    if grid is None:
        return ""
    name = f"{here.name(hooks.SCORES)}[{grid.head}]"
    return h(
        "div",
        {"class": "score-matrix"},
        h(
            "div",
            {"class": "matrix scroll"},
            h("span", {"class": "axis-names"}, axis_names(scene)),
            key_labels(scene, grid),
            query_labels(scene, grid),
            h("div", {"class": "marked-row"}, canvas(scene, grid, name), chosen_row(grid)),
        ),
        h("output", {"class": "readout", "id": READOUT}, strongest(scene, grid)),
        h(
            "p",
            {"class": "note"},
            rich(
                scene,
                "matrix.scale",
                name=hook_mark(name),
                limit=limit(scene, reach_of(scene, grid)),
            ),
            " ",
            beyond(scene, grid),
        ),
    )


def canvas(scene: Scene, grid: Grid, name: str) -> Node:
    """Where the browser draws the scores."""
    return h(
        "canvas",
        {
            "data-raster": PICTURE,
            "data-part": hooks.SCORES,
            "data-rows": str(grid.side),
            "data-columns": str(grid.side),
            "width": str(grid.size),
            "height": str(grid.size),
            "tabindex": "0",
            "role": "img",
            "aria-label": say(scene, "matrix.picture", name=name, side=grid.side),
            "aria-describedby": READOUT,
        },
    )


def chosen_row(grid: Grid) -> Node:
    """The frame around the chosen token's row."""
    at = grid.position
    shape = {"x": "1", "y": str(at * grid.cell + 1), "height": str(max(grid.cell - 2, 1))}
    frame = h("rect", {"class": "chosen", "width": str((at + 1) * grid.cell - 2), **shape})
    size = {"width": str(grid.size), "height": str(grid.size), "aria-hidden": "true"}
    return h("svg", {"class": "row-frame", **size}, frame)


def seen(grid: Grid) -> Array:
    """The scores that are no mask. Shapes: → [·]."""
    return grid.pattern[np.isfinite(grid.pattern)]


def reach_of(scene: Scene, grid: Grid) -> float:
    """How far the colours reach; as far as those of the matrix beside it."""
    other = None if scene.beside is None else grid_of(scene.beside)
    return max(symmetric_limit(seen(one)) for one in (grid, other) if one is not None)


def beyond(scene: Scene, grid: Grid) -> str:
    """How many scores the colours do not reach; nothing where they reach all."""
    scores = seen(grid)
    n_beyond = int(Diverging(reach_of(scene, grid)).clipped(scores).sum())
    if not n_beyond:
        return ""
    most = float(scores[np.abs(scores).argmax()])
    return say(scene, "matrix.beyond", n=count(scene, n_beyond), most=readout(scene, most))


def raster(scene: Scene, *, dark: bool) -> Array | None:
    """The pixels: signed scores in colour, masked pairs hatched; None where not known."""
    grid = grid_of(scene)
    if grid is None:
        return None
    masked = ~np.isfinite(grid.pattern)
    scores = np.where(masked, 0.0, grid.pattern)
    cells = packed(Diverging(reach_of(scene, grid)).colours(scores, dark=dark))
    drawn, hidden = (
        np.repeat(np.repeat(one, grid.cell, axis=0), grid.cell, axis=1) for one in (cells, masked)
    )
    return unpacked(np.where(hidden, hatching(hidden.shape, dark=dark), drawn))


def cell_of(scene: Scene, row: int, column: int) -> Cell | None:
    """Which number of the model a place is; None outside the picture."""
    grid = grid_of(scene)
    if grid is None or not (0 <= row < grid.side and 0 <= column < grid.side):
        return None
    return Cell(hooks.hook_name(hooks.SCORES, grid.layer), (grid.head, row, column))


def strongest(scene: Scene, grid: Grid) -> str:
    """The chosen token's largest score; what the readout shows at rest."""
    row = grid.pattern[grid.position, : grid.position + 1]
    return describe(scene, grid.position, int(row.argmax()))


def describe(scene: Scene, row: int, column: int) -> str:
    """One score in full; empty outside."""
    grid, cell = grid_of(scene), cell_of(scene, row, column)
    if grid is None or cell is None:
        return ""
    fields = {
        "name": str(cell),
        "query_token": visible_at(scene, row),
        "key_token": visible_at(scene, column),
    }
    if not np.isfinite(grid.pattern[row, column]):
        return say(scene, "matrix.masked", **fields)
    return say(scene, "matrix.cell", value=exact(scene, grid.pattern[row, column]), **fields)
