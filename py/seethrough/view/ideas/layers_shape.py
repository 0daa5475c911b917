"""The tokens in a row or a column, and the arcs between them: places, no drawing.

`along` runs from the first token to the last, `across` away from the line of tokens: below 0 on the
first head's side, above 0 on the second's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seethrough.core.cache import Array

# An arc's width for the whole weight, and the weight below which there is none.
FULL = 26.0
LEAST = 0.01
# What a token looks at itself is a stump beside its arcs, so long.
STUMP = 14.0
LEAST_PEAK = 18.0
# What lies between two arcs where they run side by side.
APART = 1.5
BEND = 0.6
MOST_CELLS = 14


@dataclass(frozen=True)
class Sheet:
    """A way to lay the picture out, in units that are about pixels.

    `cell` is a character's width, `pad` what a tile has around its text, `gap` lies between tiles.
    `half` is half of a tile across, `peak` how far the farthest arc goes beyond it; `answer` is the
    room behind the tokens, `badge` the width and height of a share.
    """

    name: str
    is_row: bool
    length: float
    breadth: float
    cell: float
    pad: float
    gap: float
    half: float
    peak: float
    answer: float
    badge: tuple[float, float]

    def point(self, along: float, across: float) -> tuple[float, float]:
        """Where a place lies, as x and y."""
        middle = self.breadth / 2
        return (along, middle + across) if self.is_row else (middle + across, along)


ROW = Sheet("row", True, 1200, 254, 12.6, 18, 8, 24, 100, 166, (52, 24))
COLUMN = Sheet("column", False, 366, 360, 9.3, 22, 4, 58, 116, 49, (44, 20))
SHEETS = (ROW, COLUMN)


@dataclass(frozen=True)
class Tile:
    """A token by its position, or (None) some that are left out."""

    position: int | None
    start: float
    size: float
    n_left_out: int = 0

    @property
    def middle(self) -> float:
        """Where its arcs begin."""
        return self.start + self.size / 2


@dataclass(frozen=True)
class Arc:
    """One look back: from where to where along the line, how far out, how wide."""

    target: int
    weight: float
    start: float
    end: float
    peak: float
    width: float
    is_stump: bool = False


def n_cells(text: str) -> int:
    """How many characters' room a text takes; wide ones take two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def size_of(sheet: Sheet, text: str) -> float:
    """A tile's length along the line: as its text needs, or a row of the column."""
    if not sheet.is_row:
        return sheet.pad
    return max(n_cells(text) * sheet.cell + sheet.pad, 2 * sheet.half)


def kept(texts: Sequence[str], sheet: Sheet, first: Iterable[int]) -> tuple[int, ...]:
    """The positions that have room, in order: the most important first, then the last ones."""
    wanted = dict.fromkeys([*first, *range(len(texts) - 1, -1, -1)])
    chosen: set[int] = set()
    for position in wanted:
        more = chosen | {position}
        if length_of(texts, sheet, sorted(more)) <= sheet.length - sheet.answer:
            chosen = more
    return tuple(sorted(chosen))


def length_of(texts: Sequence[str], sheet: Sheet, positions: Sequence[int]) -> float:
    """How long some tiles are with the gaps between them."""
    tiles = tiles_of(texts, sheet, positions)
    return tiles[-1].start + tiles[-1].size - tiles[0].start


def tiles_of(texts: Sequence[str], sheet: Sheet, positions: Sequence[int]) -> tuple[Tile, ...]:
    """The tiles one after the other; what is left out between two is a tile of its own."""
    tiles: list[Tile] = []
    at, before = 0.0, -1
    for position in positions:
        n_left_out = position - before - 1
        if n_left_out:
            tiles.append(Tile(None, at, size_of(sheet, "…"), n_left_out))
            at += tiles[-1].size + sheet.gap
        tiles.append(Tile(position, at, size_of(sheet, texts[position])))
        at += tiles[-1].size + sheet.gap
        before = position
    return tuple(tiles)


def centred(tiles: Sequence[Tile], sheet: Sheet) -> tuple[Tile, ...]:
    """The same in the middle of a row; at the top of a column."""
    if not sheet.is_row:
        return tuple(tiles)
    room = sheet.length - sheet.answer - (tiles[-1].start + tiles[-1].size)
    shift = max(room / 2, 0)
    return tuple(Tile(one.position, one.start + shift, one.size, one.n_left_out) for one in tiles)


def arcs_of(tiles: Sequence[Tile], row: Array, sheet: Sheet) -> tuple[Arc, ...]:
    """The looks from the row's own token at itself and the shown ones before it, nearest first.

    They leave side by side, the nearest first, so that none crosses another.

    Shapes: row [position + 1].
    """
    places = {tile.position: tile for tile in tiles if tile.position is not None}
    own = len(row) - 1
    if own not in places:
        return ()
    far = max(places[own].middle - tiles[0].middle, 1.0)
    seen = [at for at in sorted(places, reverse=True) if at <= own and row[at] >= LEAST]
    widths = [float(row[at]) * FULL for at in seen]
    bundle = sum(widths) + APART * len(widths)
    begin = places[own].middle - sum(widths) / 2
    arcs, inside = [], 0.0
    for at, width in zip(seen, widths, strict=True):
        start, end = begin + width / 2, places[at].middle
        part = (places[own].middle - end) / far
        peak = (sheet.peak - bundle) * part**BEND + inside + APART + width / 2
        arcs.append(Arc(at, float(row[at]), start, end, max(peak, LEAST_PEAK), width, at == own))
        begin, inside = begin + width, inside + APART + width
    return tuple(arcs)


def path_of(arc: Arc, sheet: Sheet, side: int) -> str:
    """An arc as the path of an SVG, away from the tiles on one side (−1, 1)."""
    if arc.is_stump:
        (x, y), (far_x, far_y) = (
            sheet.point(arc.start, side * at) for at in (sheet.half, sheet.half + STUMP)
        )
        return f"M{x:.1f} {y:.1f}L{far_x:.1f} {far_y:.1f}"
    edge, out = side * sheet.half, side * (sheet.half + arc.peak * 4 / 3)
    points = [
        sheet.point(arc.start, edge),
        sheet.point(arc.start, out),
        sheet.point(arc.end, out),
        sheet.point(arc.end, edge),
    ]
    first, *others = (f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{first}C{' '.join(others)}"


def cut(text: str, most: int = MOST_CELLS) -> str:
    """A text that fits a tile."""
    return text if n_cells(text) <= most else f"{text[: most - 1]}…"
