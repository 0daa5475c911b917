"""One head's pattern of one layer, and how large it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.cell import Cell
from seethrough.core.hooks import PATTERN, hook_name
from seethrough.view.pickers import layer_of

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array

PICTURE = 264
CELL_MOST = 48
CELL_LEAST = 16
SVG_UP_TO = 32
RASTER_LEAST = 1
# From the middle of a cell down to the foot of what is written in it.
BASELINE = 4.5


@dataclass(frozen=True)
class Grid:
    """One head's pattern and how large it is drawn: `cell` pixels for each token."""

    layer: int
    head: int
    position: int
    pattern: Array
    cell: int

    @property
    def side(self) -> int:
        """Tokens along each axis."""
        return int(self.pattern.shape[0])

    @property
    def size(self) -> int:
        """Width and height of the picture in pixels."""
        return self.side * self.cell

    @property
    def name(self) -> str:
        """The hook with its head: `blocks.3.attn.hook_pattern[0]`."""
        return f"{hook_name(PATTERN, self.layer)}[{self.head}]"

    def cell_at(self, query: int, key: int) -> Cell:
        """A number of the picture by its name."""
        return Cell(hook_name(PATTERN, self.layer), (self.head, query, key))

    @property
    def is_svg(self) -> bool:
        """Whether the picture is small enough for one element a cell."""
        return self.side <= SVG_UP_TO


def grid_of(scene: Scene) -> Grid | None:
    """What there is to draw; None before the first run."""
    pattern = scene.run.pattern(layer_of(scene))
    if pattern is None or pattern.size == 0:
        return None
    return grid_in(scene, pattern)


def grid_in(scene: Scene, pattern: Array) -> Grid:
    """The chosen head's grid of weights, or of scores. Shapes: [head, query_pos, key_pos]."""
    head = min(max(scene.choice.head, 0), len(pattern) - 1)
    side = pattern.shape[1]
    least = CELL_LEAST if side <= SVG_UP_TO else RASTER_LEAST
    return Grid(
        layer=layer_of(scene),
        head=head,
        position=min(max(scene.choice.position, 0), side - 1),
        pattern=pattern[head],
        cell=min(max(PICTURE // side, least), CELL_MOST),
    )
