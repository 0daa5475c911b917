"""What is known of the embedding: each token's row, and the scale that the rows share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name
from seethrough.core.length import length_cell, length_of
from seethrough.view import strip
from seethrough.view.cell_button import cell_button
from seethrough.view.kept import kept_with
from seethrough.view.numbers import exact, readout
from seethrough.view.raster import diverging_raster, hatched
from seethrough.view.scales import Diverging
from seethrough.view.windowed import Window, window

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.view.node import Node

# More tokens than these are drawn as one heat map: a row each would not stand on a page.
MOST_LINES = 12
CROWD = "embed"
CROWD_HIGH = 320
ENTERS = hook_name(hooks.RESID_PRE, 0)
ROTARY = "rotary"


@dataclass(frozen=True, eq=False)
class Vector:
    """Numbers at one position, and the hook that they are."""

    name: str
    values: Array


def is_learned(scene: Scene) -> bool:
    """Whether the model has a learned row for each position, to be added."""
    return scene.run.config is not None and scene.run.config.positional_embedding_type != ROTARY


def of_token(scene: Scene, position: int) -> Vector | None:
    """The row of a position's token; None where it is not known.

    With rotary positions nothing is added to it, so that it is block 0's input to the last bit.
    """
    for name in (hooks.EMBED,) if is_learned(scene) else (hooks.EMBED, ENTERS):
        row = scene.run.captured.row(name, position)
        if row is not None:
            return Vector(name, row)
    return None


def length(scene: Scene, position: int) -> float | None:
    """The length of a token's row; where a recording has no row, the length that it kept."""
    found = of_token(scene, position)
    if found is not None:
        return length_of(found.values)
    recorded = scene.run.numbered
    return None if recorded is None or is_learned(scene) else float(recorded.norms[0, position])


def length_mark(scene: Scene, vector: Vector, position: int) -> Node:
    """A vector's length, which opens the sum behind it."""
    norm = length_of(vector.values)
    return cell_button(length_cell(vector.name, position), readout(scene, norm), exact(scene, norm))


def shown(scene: Scene) -> Window:
    """The positions that have a row in the picture."""
    return window(len(scene.run.tokens), chosen=scene.choice.position)


def is_crowd(scene: Scene) -> bool:
    """Whether there are too many tokens for a line each."""
    return len(scene.run.tokens) > MOST_LINES


def reach_of(scene: Scene) -> float:
    """One scale for all the rows, so that their colours can be compared."""
    names = (hooks.EMBED,) if is_learned(scene) else (hooks.EMBED, ENTERS)
    return _reach(scene.run.captured, names, shown(scene).positions)


@kept_with
def _reach(captured: Captured, names: tuple[str, ...], positions: tuple[int, ...]) -> float:
    """The scale of the first of these hooks that each position has."""
    found = [
        next((row for name in names if (row := captured.row(name, at)) is not None), None)
        for at in positions
    ]
    rows = [row for row in found if row is not None]
    return strip.common_limit(rows) if rows else 1.0


def strip_name(name: str, position: int, reach: float) -> str:
    """The name of a strip's picture."""
    return f"{strip.PREFIX}{name}@{position}~{reach:g}"


def same_ids(scene: Scene) -> list[int] | None:
    """The positions of a token that stands there more than once: the chosen one's, else any's."""
    places: dict[int, list[int]] = {}
    for position, token in enumerate(scene.run.tokens):
        places.setdefault(token.id, []).append(position)
    chosen = scene.run.tokens[min(scene.choice.position, len(scene.run.tokens) - 1)].id
    candidates = [places[chosen], *places.values()]
    return next((found for found in candidates if len(found) > 1), None)


def row_high(n_rows: int) -> int:
    """How many pixels a row of the heat map is high."""
    return max(2, min(16, CROWD_HIGH // max(n_rows, 1)))


def row_at(scene: Scene, row: int) -> tuple[int, Vector] | None:
    """Position and vector of a row of the heat map; None outside it and where none is known."""
    positions = shown(scene).positions
    if not 0 <= row < len(positions):
        return None
    found = of_token(scene, positions[row])
    return None if found is None else (positions[row], found)


def raster(scene: Scene, *, dark: bool) -> Array | None:
    """The heat map of all tokens' rows; a row that is not known is hatched."""
    positions = shown(scene).positions
    known = [of_token(scene, position) for position in positions]
    if scene.run.config is None or not positions:
        return None
    empty = np.zeros(scene.run.config.d_model, np.float32)
    values = np.stack([empty if vector is None else vector.values for vector in known])
    high = row_high(len(positions))
    scale = Diverging(reach_of(scene), strip.SQUARE_ROOT)
    pixels = diverging_raster(values, scale, dark=dark, wide=1, high=high, tick=max(1, high // 4))
    lacking = np.repeat([vector is None for vector in known], high)
    return hatched(pixels, lacking, dark=dark)


def cell_of(scene: Scene, row: int, column: int) -> Cell | None:
    """Which number of the model a cell of the heat map is; None outside it."""
    found = row_at(scene, row)
    if found is None or not 0 <= column < len(found[1].values):
        return None
    return Cell(found[1].name, (found[0], column))


def opened(scene: Scene, row: int, column: int) -> str:
    """A cell of the heat map among its neighbours; empty outside it."""
    found = row_at(scene, row)
    if found is None:
        return ""
    name = strip_name(found[1].name, found[0], reach_of(scene))
    return strip.opened(scene, name, 0, column)
