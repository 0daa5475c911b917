"""What lies over the map's dots: names that never cover each other, rings, lines to neighbours."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from seethrough.core.plane import nearest_pixel, pixels_of
from seethrough.core.token_kinds import SPECIAL, START
from seethrough.view.chart import islands, path_marks
from seethrough.view.chart.shown import LEFT_OUT_BY, is_left_out, square_now
from seethrough.view.kept import Kept
from seethrough.view.node import Attributes, Markup, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from seethrough.app.state import AppState
    from seethrough.core.atlas import Atlas
    from seethrough.core.cache import Array

FIELDS = (
    *("atlas", "atlas_near", "near", "chart_layout", "chart_window", "chart_rest", "chart_size"),
    *("chart_token", "chart_hidden", "chart_found", "chart_group", "chart_colour", "chart_bands"),
    *("chart_glide", "picked", *path_marks.FIELDS, "language", "chart_sought"),
)
# The pixels around a name; the height of a line, and the width of a letter of 13 px.
LETTER, LINE, GAP = 7.9, 17, 5
MOST_LETTERS = 24
WIDE_ENOUGH = 700
MOST_NAMES, MOST_NAMES_NARROW = 60, 22
LOOKED_AT = 300
CELL = 4
TELLING = 5  # bytes
REACH = 14
MOST_RINGS = 500
Box = tuple[float, float, float, float]
# Where tokens land in the picture, by token: of all, or of some.
Landed: TypeAlias = "Array | Mapping[int, Array]"


def render(state: AppState) -> str:
    """The marks as one SVG of the picture's size; nothing before the map is here."""
    chart = state.chart
    if chart.atlas is None or chart.chart_glide is not None:
        return ""
    wide, high, _ = chart.chart_size
    marked = list(marked_tokens(state))
    at_rest = names_at_rest(state)
    candidates = [one.token for one in at_rest]
    if chart.chart_window == chart.chart_rest:
        landed: Landed = landed_at(state)
    else:  # a frame has no time for all tokens: what is named stays named
        landed = landed_of(state, [*marked, *path_marks.of_text(state), *candidates])
    flags = islands.flags(state)
    if chart.chart_window.zoom >= chart.chart_rest.zoom:
        named = moved(state, at_rest)
    else:
        room = kept_free(state, flags)
        named = [name_of(one) for one in names(chart.atlas, landed, candidates, (wide, high), room)]
    shape: Attributes = {"viewBox": f"0 0 {wide} {high}", "width": wide, "height": high}
    marks = [
        *lines(state, landed),
        *rings(landed, path_marks.of_text(state), None, (wide, high), "is-of-text"),
        *rings(landed, marked, chart.chart_token, (wide, high)),
    ]
    marks += path_marks.marks(state)
    marks += [*islands.marks(flags), *enlarged(state)]
    return to_html(h("svg", {"class": "chart-marks", **shape, "aria-hidden": "true"}, named, marks))


def enlarged(state: AppState) -> list[Node]:
    """How many times the picture is enlarged, in its corner: few dots are left of many."""
    zoom, (wide, _, _) = round(state.chart.chart_rest.zoom), state.chart.chart_size
    if zoom <= 1:
        return []
    words = say(state, "chart.zoom", zoom=count(state, zoom))
    return [h("text", {"class": "chart-zoom", "x": wide - 12, "y": 24}, words)]


def landed_at(state: AppState) -> Array:
    """Where every token lands in the picture, in pixels of the style [d_vocab, 2]."""
    chart = state.chart
    assert chart.atlas is not None  # asked before
    wide, high, _ = chart.chart_size
    return pixels_of(square_now(state), chart.chart_window, wide, high)


def landed_of(state: AppState, tokens: Sequence[int]) -> Landed:
    """The same of some tokens, by token."""
    wide, high, _ = state.chart.chart_size
    places = square_now(state)[list(tokens)]
    return dict(zip(tokens, pixels_of(places, state.chart.chart_window, wide, high), strict=True))


def token_at(state: AppState, across: float, down: float) -> int | None:
    """The token whose dot is nearest to a pixel, within reach, of those that are shown."""
    chart = state.chart
    if chart.atlas is None or chart.chart_glide is not None:
        return None
    landed = landed_at(state)
    if chart.chart_hidden or chart.chart_bands:
        landed = np.where(is_left_out(state)[:, None], np.float32(-1e6), landed)
    return nearest_pixel(landed, across, down, REACH)


def marked_tokens(state: AppState) -> Iterable[int]:
    """The open token, its neighbours, what is picked, then what was found."""
    chart = state.chart
    if chart.chart_token is not None:
        yield chart.chart_token
        if (known := state.by_rows.near_of(chart)) is not None:
            yield from known[0].tolist()
    yield from state.by_rows.picked
    yield from chart.chart_found[:MOST_RINGS]


def names_at_rest(state: AppState) -> tuple[Name, ...]:
    """The names where the window last rested, in their order."""
    return NAMED.of(state, lambda: _named(state.but(chart_window=state.chart.chart_rest)))


def _named(state: AppState) -> tuple[Name, ...]:
    atlas, landed, (wide, high, _) = state.chart.atlas, landed_at(state), state.chart.chart_size
    assert atlas is not None  # asked before
    order = priority(state, list(marked_tokens(state)), landed)
    kept = kept_free(state, islands.flags(state))
    return tuple(names(atlas, landed, order, (wide, high), kept))


def moved(state: AppState, at_rest: Sequence[Name]) -> list[Markup]:
    """The names as far from their dots as where the window rested: enlarged, none covers another.

    A frame has no time to find room for them anew; whose dot has left the picture has no name.
    """
    rest = state.but(chart_window=state.chart.chart_rest)
    tokens, (wide, high, _) = [one.token for one in at_rest], state.chart.chart_size
    before, now = landed_of(rest, tokens), landed_of(state, tokens)
    found = []
    for one in at_rest:
        (across, down), (left, top) = now[one.token].tolist(), before[one.token].tolist()
        if 0 <= across < wide and 0 <= down < high:
            found.append(written(one, across - left, down - top))
    return found


def kept_free(state: AppState, flags: Sequence[islands.Flag]) -> list[Box]:
    """The room of what stands there before tokens are named."""
    boxes = [box_above(*one) for one in path_marks.labels(state)]
    return [*boxes, *(flag.box for flag in flags)]


NAMED: Kept[tuple[Name, ...]] = Kept(
    (
        *(*LEFT_OUT_BY, "atlas_near", "near", "chart_layout", "chart_rest", "chart_size"),
        *("chart_token", "chart_found", "chart_glide", "picked", *path_marks.FIELDS),
        *("language", "chart_group", "chart_sought"),
    )
)


def priority(state: AppState, marked: Sequence[int], landed: Array) -> list[int]:
    """Tokens in the order in which they are named: what is marked, then telling ones in sight."""
    wide, high, _ = state.chart.chart_size
    telling = TELLING_FIRST.of(state, lambda: telling_first(state))
    across, down = landed[telling, 0], landed[telling, 1]
    is_in = (across >= 0) & (across < wide) & (down >= 0) & (down < high)
    others = telling[np.flatnonzero(is_in)[:LOOKED_AT]].tolist()
    return [*dict.fromkeys([*marked, *others])]


def telling_first(state: AppState) -> Array:
    """The tokens that are not left out: whole words of some length first, then the others.

    An early id is a frequent token, so each half goes by ids.
    """
    atlas = state.chart.atlas
    assert atlas is not None  # asked before
    tokens = np.flatnonzero(~is_left_out(state) & (atlas.kinds != SPECIAL))
    is_word = (atlas.kinds[tokens] == START) & (atlas.lengths[tokens] >= TELLING)
    return tokens[np.argsort(~is_word, kind="stable")]


TELLING_FIRST: Kept[Array] = Kept(LEFT_OUT_BY)


@dataclass(frozen=True)
class Name:
    """A token's name and its box in the picture."""

    token: int
    text: str
    box: Box

    @cached_property
    def markup(self) -> str:
        """Its text, escaped."""
        return to_html(self.text)


def names(
    atlas: Atlas,
    landed: Landed,
    tokens: Iterable[int],
    size: tuple[float, float],
    kept: Sequence[Box] = (),
) -> list[Name]:
    """The names that have room beside their dots; what is kept free belongs to others."""
    wide, high = size
    most = MOST_NAMES if wide >= WIDE_ENOUGH else MOST_NAMES_NARROW
    room, found = Room(wide, high), []
    for taken in kept:
        room.take(taken)
    for token in tokens:
        across, down = map(float, landed[token])
        if not (0 <= across < wide and 0 <= down < high):
            continue
        text = shortened(atlas.visible(token))
        boxes = boxes_beside(across, down, width_of(text))
        box = next((box for box in boxes if room.take(box)), None)
        if box is not None:
            found.append(Name(token, text, box))
        if len(found) == most:
            break
    return found


def name_of(name: Name) -> Markup:
    """A name as it is drawn."""
    return written(name, 0.0, 0.0)


def written(name: Name, right: float, down: float) -> Markup:
    """A name so many pixels from its box; its text is escaped once, for frames have no time."""
    across, below = name.box[0] + right, name.box[1] + down + LINE * 0.75
    return Markup(f'<text x="{across:.1f}" y="{below:.1f}">{name.markup}</text>')


class Room:
    """What of a picture is taken by names, in cells of CELL pixels."""

    def __init__(self, wide: float, high: float) -> None:
        self._size = wide, high
        self._taken = np.zeros((int(high // CELL) + 2, int(wide // CELL) + 2), np.bool_)

    def take(self, box: Box) -> bool:
        """Take a box, if it lies in the picture and all of it is free."""
        left, top, right, bottom = box
        if left < 0 or top < 0 or right > self._size[0] or bottom > self._size[1]:
            return False
        rows = slice(int(top // CELL), int(bottom // CELL) + 1)
        cells = self._taken[rows, int(left // CELL) : int(right // CELL) + 1]
        if cells.any():
            return False
        cells[:] = True
        return True


def boxes_beside(across: float, down: float, width: float) -> Iterator[Box]:
    """Where a name may stand: right of its dot, left of it."""
    top = down - LINE / 2
    yield (across + GAP, top, across + GAP + width, top + LINE)
    yield (across - GAP - width, top, across - GAP, top + LINE)


def box_above(across: float, down: float, text: str) -> Box:
    """The room of a name whose line begins at a place."""
    return (across, down - LINE, across + width_of(text) * 1.2, down + GAP)


def shortened(text: str) -> str:
    """A token's text, the end of a long one left out."""
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"


def width_of(text: str) -> float:
    """About how wide a name is drawn; signs of the East are as wide as high."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return (len(text) + wide) * LETTER + GAP


def rings(
    landed: Landed,
    marked: Sequence[int],
    chosen: int | None,
    size: tuple[float, float],
    usual: str | None = None,
) -> list[Node]:
    """A ring around each marked token in sight, a larger one around the open one."""
    drawn = []
    for token in dict.fromkeys(marked):
        across, down = map(float, landed[token])
        if 0 <= across < size[0] and 0 <= down < size[1]:
            is_open = token == chosen
            place = {"cx": f"{across:.1f}", "cy": f"{down:.1f}", "r": 8 if is_open else 5}
            drawn.append(h("circle", {"class": "is-open" if is_open else usual, **place}))
    return drawn


def lines(state: AppState, landed: Landed) -> list[Node]:
    """A line from the open token to each of its neighbours, wherever the picture has them."""
    chart = state.chart
    known = state.by_rows.near_of(chart)
    if chart.chart_token is None or known is None:
        return []
    near = known[0].tolist()
    begin = [f"{float(value):.1f}" for value in landed[chart.chart_token]]
    ends = ([f"{float(value):.1f}" for value in landed[token]] for token in near)
    return [
        h("line", {"x1": begin[0], "y1": begin[1], "x2": across, "y2": down})
        for across, down in ends
    ]
