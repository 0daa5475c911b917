"""The residual stream of the chosen token after every half-block, and what was written into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.length import lengths_of
from seethrough.core.recording import stream_names
from seethrough.view.kept import kept_with
from seethrough.view.numbers import exact
from seethrough.view.raster import diverging_raster, hatched
from seethrough.view.scales import Diverging, symmetric_limit
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.config import ModelConfig
    from seethrough.core.tokens import Candidate

PREFIX = "layers:"
ENTRY = "layers:in"
MOST_GROUPS = 6
SQUARE_ROOT = 0.5
# How high a layer is drawn, by the number of layers up to which it is.
HIGH = ((8, 44), (12, 28), (24, 20))
LEAST_HIGH = 14


@dataclass(frozen=True, eq=False)
class Ribbon:
    """The states of one position, in order: what enters, then those of each layer.

    Row 0 is block 0's input; a layer has two rows, the stream after its attention and after its
    MLP, or the latter alone where both are added at once. `known` tells which are here; the others
    are zero. `lengths` are the rows' L2 norms, in float64.
    """

    position: int
    names: tuple[str, ...]
    values: Array
    known: Array
    lengths: Array
    scale: Diverging
    n_layers: int

    @property
    def per_layer(self) -> int:
        """How many rows a layer has."""
        return (len(self.names) - 1) // self.n_layers

    def rows_of(self, layers: range) -> range:
        """The rows of some layers that follow on one another."""
        return range(self.per_layer * layers.start + 1, self.per_layer * layers.stop + 1)


def ribbon_names(n_layers: int, *, is_parallel: bool = False) -> tuple[str, ...]:
    """The hooks of the ribbon's rows."""
    stream = stream_names(n_layers)
    if is_parallel:
        return stream
    middle = [hook_name(hooks.RESID_MID, layer) for layer in range(n_layers)]
    pairs = zip(middle, stream[1:], strict=True)
    return (stream[0], *(name for pair in pairs for name in pair))


def ribbon_of(scene: Scene) -> Ribbon | None:
    """The chosen token's ribbon; None before anything ran."""
    if scene.run.config is None or not scene.run.tokens:
        return None
    return _ribbon(scene.run.captured, scene.run.config, chosen(scene))


def chosen(scene: Scene) -> int:
    """The chosen position, inside the text."""
    return max(min(scene.choice.position, len(scene.run.tokens) - 1), 0)


@kept_with
def _ribbon(captured: Captured, config: ModelConfig, position: int) -> Ribbon:
    names = ribbon_names(config.n_layers, is_parallel=family_of(config).is_parallel)
    rows = [captured.row(name, position) for name in names]
    empty = np.zeros(config.d_model, np.float32)
    values = np.stack([empty if row is None else row for row in rows])
    known = np.array([row is not None for row in rows])
    reach = symmetric_limit(values[known]) if known.any() else 1.0
    scale = Diverging(reach, SQUARE_ROOT)
    return Ribbon(position, names, values, known, lengths_of(values), scale, config.n_layers)


def length_at(scene: Scene, ribbon: Ribbon, row: int) -> float | None:
    """The length of one of the ribbon's states; a recording knows some without their numbers."""
    if ribbon.known[row]:
        return float(ribbon.lengths[row])
    layer, between = divmod(row, ribbon.per_layer)
    recorded = scene.run.numbered
    return None if recorded is None or between else float(recorded.norms[layer, ribbon.position])


def written(scene: Scene, leaf: str) -> tuple[float | None, ...]:
    """The length of what each layer's attention or MLP (by its hook) wrote for the token."""
    n_layers = scene.run.config.n_layers if scene.run.config else 0
    return _written(scene.run.captured, leaf, n_layers, chosen(scene))


@kept_with
def _written(
    captured: Captured, leaf: str, n_layers: int, position: int
) -> tuple[float | None, ...]:
    rows = [captured.row(hook_name(leaf, layer), position) for layer in range(n_layers)]
    known = [row for row in rows if row is not None]
    lengths = iter(lengths_of(np.stack(known)).tolist() if known else ())
    return tuple(None if row is None else next(lengths) for row in rows)


def answers(scene: Scene) -> tuple[Candidate, ...]:
    """The best next token of each state, from what enters to the end; empty where not known."""
    lens = scene.run.lens
    if lens is None or lens.position != chosen(scene) or scene.run.config is None:
        return ()
    best = tuple(top[0] for top in lens.tops if top)
    return best if len(best) == scene.run.config.n_layers + 1 else ()


def first_and_last(best: tuple[Candidate, ...]) -> tuple[int, int]:
    """Where the end's answer is on top for the first time, and from where on it stays there."""
    final = best[-1].id
    is_final = [item.id == final for item in best]
    stays = len(best) - 1
    while stays and is_final[stays - 1]:
        stays -= 1
    return is_final.index(True), stays


def groups(n_layers: int) -> list[range]:
    """The layers in the groups that the film goes through."""
    size = -(-n_layers // MOST_GROUPS)
    return [range(at, min(at + size, n_layers)) for at in range(0, n_layers, size)]


def layer_high(n_layers: int) -> int:
    """How many pixels a layer is high."""
    return next((high for most, high in HIGH if n_layers <= most), LEAST_HIGH)


def group_name(layers: range) -> str:
    """The name of a group's picture."""
    return f"{PREFIX}{layers.start}-{layers.stop - 1}"


def rows_of(ribbon: Ribbon, name: str) -> range | None:
    """Which rows of the ribbon a picture holds; None for a name that means none of them."""
    if name == ENTRY:
        return range(1)
    first, _, last = name.removeprefix(PREFIX).partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        return None
    rows = ribbon.rows_of(range(int(first), int(last) + 1))
    return rows if rows and rows.stop <= len(ribbon.names) else None


def raster(scene: Scene, name: str, *, dark: bool) -> Array | None:
    """A group's pixels; a state that is not known is hatched."""
    ribbon = ribbon_of(scene)
    rows = None if ribbon is None else rows_of(ribbon, name)
    if ribbon is None or rows is None:
        return None
    return pixels_of(ribbon, rows, is_entry=name == ENTRY, dark=dark)


@lru_cache(maxsize=32)
def pixels_of(ribbon: Ribbon, rows: range, *, is_entry: bool, dark: bool) -> Array:
    """The pixels of some rows of a ribbon, kept: the lens that comes later leaves them as is."""
    high = layer_high(ribbon.n_layers)
    if is_entry:
        pixels = _cells(ribbon, 1, high, dark=dark)
    else:
        high //= ribbon.per_layer
        whole = _cells(ribbon, len(ribbon.names), high, dark=dark)
        pixels = whole[rows.start * high : rows.stop * high]
    unknown = np.repeat(~ribbon.known[rows.start : rows.stop], high)
    return hatched(pixels.copy(), unknown, dark=dark) if unknown.any() else pixels


@lru_cache(maxsize=4)
def _cells(ribbon: Ribbon, n_rows: int, high: int, *, dark: bool) -> Array:
    """The pixels of a ribbon's first rows, `high` of them a row, made in one go."""
    tick = max(2, high // 4)
    values = ribbon.values[:n_rows]
    return diverging_raster(values, ribbon.scale, dark=dark, wide=1, high=high, tick=tick)


def cell_of(scene: Scene, name: str, row: int, column: int) -> Cell | None:
    """Which number of the model a cell of the ribbon is; None outside it and where unknown."""
    ribbon = ribbon_of(scene)
    rows = None if ribbon is None else rows_of(ribbon, name)
    if ribbon is None or rows is None or not 0 <= row < len(rows):
        return None
    if not ribbon.known[rows[row]] or not 0 <= column < ribbon.values.shape[1]:
        return None
    return Cell(ribbon.names[rows[row]], (ribbon.position, column))


def describe_cell(scene: Scene, name: str, row: int, column: int) -> str:
    """A cell of the ribbon in words; empty outside it and where it is not known."""
    cell = cell_of(scene, name, row, column)
    value = None if cell is None else scene.run.captured.value(cell)
    if cell is None or value is None:
        return ""
    return say(scene, "layers.cell", cell=str(cell), value=exact(scene, value))
