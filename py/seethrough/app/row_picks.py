"""What a reader chooses to see of rows: tokens of their own, the ends of an axis, a sum's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.by_rows import (
    BOXES,
    NO_ENDS,
    NO_TERMS,
    chosen_tokens,
    first_ends,
    first_terms,
)
from seethrough.app.message import Message
from seethrough.core.atlas_search import has, search, words_of
from seethrough.core.errors import InputError
from seethrough.core.lasso import inside
from seethrough.core.local_plane import MOST
from seethrough.core.plane import pixels_of
from seethrough.core.row_words import AXES, SUMS
from seethrough.core.token_kinds import START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.charting import Charting
    from seethrough.app.state import AppState, Store
    from seethrough.core.atlas import Atlas
    from seethrough.core.lasso import Point
    from seethrough.core.routes import Place

OFFERED = 6
# A lasso has a corner at most every so many pixels.
CORNER_PX = 3.0
MOST_CORNERS = 400


class RowPicks:
    """Changes what is chosen; another search or group lets go of picked tokens."""

    def __init__(self, store: Store, charting: Charting) -> None:
        self._store = store
        self._charting = charting
        store.subscribe(("chart_group", "chart_sought"), lambda _state: self.clear())

    @property
    def _state(self) -> AppState:
        return self._store.state

    @property
    def _atlas(self) -> Atlas | None:
        return self._state.chart.atlas

    def open(self, place: Place) -> None:
        """What an address says, and the first axis and sum where it says nothing."""
        atlas, by_rows = self._atlas, self._state.by_rows
        if atlas is None:
            return
        told: list[str] = []
        for name, ids in (("pick", place.picked), ("axis", place.axis_of), ("sum", place.terms)):
            told += [f"{name}={token}" for token in ids or () if not has(atlas, token)]
        ends = place.axis_of or (first_ends(atlas) if by_rows.axis_ends == NO_ENDS else None)
        terms = place.terms or (first_terms(atlas) if by_rows.sum_terms == NO_TERMS else None)
        if place.picked is not None:
            known = dict.fromkeys(token for token in place.picked if has(atlas, token))
            self._store.replace(picked=tuple(known), n_beyond=0)
        if ends is not None:
            self._store.replace(axis_ends=self._known(ends))
        if terms is not None:
            self._store.replace(sum_terms=self._known(terms))
        if told:
            self._store.replace(notice=Message("route.ignored", {"fields": ", ".join(told)}))

    def _known(self, ids: Sequence[int | None]) -> tuple[int | None, ...]:
        """Ids, None in the place of those that no token has."""
        atlas = self._atlas
        return tuple(
            token if token is not None and atlas is not None and has(atlas, token) else None
            for token in ids
        )

    def turn(self, token: int) -> None:
        """Take a token into the picture of its own, or out of it."""
        atlas = self._atlas
        if atlas is None or not has(atlas, token):
            return
        now = chosen_tokens(self._state.chart, self._state.by_rows)
        others = tuple(one for one in now if one != token)
        picked = others if token in now else (*now, token)[-MOST:]
        self._store.replace(picked=picked, n_beyond=0)

    def clear(self) -> None:
        """Let go of all picked tokens: what was found is shown again."""
        if self._state.by_rows.picked:
            self._store.replace(picked=(), n_beyond=0)

    def turn_lasso(self) -> None:
        """Let the pointer draw a line around dots, or pull the map again."""
        self._store.replace(has_lasso=not self._state.by_rows.has_lasso, lasso=())

    def draw(self, point: Point) -> None:
        """Draw the line on to a place of the picture, in pixels."""
        path = self._state.by_rows.lasso
        is_far = not path or max(abs(path[-1][0] - point[0]), abs(path[-1][1] - point[1]))
        if is_far is True or (is_far >= CORNER_PX and len(path) < MOST_CORNERS):
            self._store.replace(lasso=(*path, point))

    def close(self, *, is_done: bool = True) -> None:
        """End the line: what lies inside is picked. A line around nothing picks nothing."""
        path = self._state.by_rows.lasso
        self._store.replace(lasso=())
        if is_done:
            self._pick_inside(path)

    def take_sight(self) -> None:
        """Pick what the window shows: the same without a pointer."""
        wide, high, _ = self._state.chart.chart_size
        self._pick_inside(((0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)))

    def _pick_inside(self, path: Sequence[Point]) -> None:
        """Pick the dots inside a path: whole words first, frequent ones first, at most MOST."""
        chart, atlas = self._state.chart, self._atlas
        if atlas is None:
            return
        wide, high, _ = chart.chart_size
        landed = pixels_of(atlas.square(chart.chart_layout), chart.chart_window, wide, high)
        is_shown = ~np.isin(atlas.kinds, list(chart.chart_hidden))
        found = np.flatnonzero(inside(landed, path) & is_shown)
        found = found[np.argsort(atlas.kinds[found] != START, kind="stable")]
        if len(found):
            picked = tuple(found[:MOST].tolist())
            self._store.replace(picked=picked, n_beyond=len(found) - len(picked))

    def type_into(self, box: str, typed: str) -> None:
        """Take the likeliest token for what was typed, a word's own before a part of one."""
        atlas = self._atlas
        if atlas is None or box not in BOXES:
            return
        found = likeliest(atlas, typed)
        self._store.replace(box_found=(box, found))
        self._put(box, found[0] if found else None)

    def take(self, box: str, token: int) -> None:
        """Put a token into a box."""
        atlas = self._atlas
        if atlas is not None and box in BOXES and has(atlas, token):
            self._put(box, token)

    def _put(self, box: str, token: int | None) -> None:
        name, at = BOXES[box]
        held = list(getattr(self._state.by_rows, name))
        held[at] = token
        self._store.replace(**{name: tuple(held)})

    def swap(self, box: str, other: str) -> None:
        """Let two boxes change their tokens."""
        if box in BOXES and other in BOXES and BOXES[box][0] == BOXES[other][0]:
            (name, one), (_, two) = BOXES[box], BOXES[other]
            held = list(getattr(self._state.by_rows, name))
            held[one], held[two] = held[two], held[one]
            self._store.replace(**{name: tuple(held)}, box_found=("", ()))

    def show_axis(self, at: int) -> None:
        """Lay one of the known axes, with its group of words."""
        atlas = self._atlas
        if atlas is not None and 0 <= at < len(AXES):
            begin, end, group = AXES[at]
            ends = words_of(atlas, (begin, end))
            if len(ends) == len(NO_ENDS):
                if self._state.chart.chart_group != group:
                    self._charting.show_group(group)
                self._store.replace(axis_ends=ends, picked=(), n_beyond=0, box_found=("", ()))

    def show_sum(self, at: int) -> None:
        """Show one of the known sums."""
        atlas = self._atlas
        if atlas is not None and 0 <= at < len(SUMS):
            terms = words_of(atlas, SUMS[at])
            if len(terms) == len(NO_TERMS):
                self._store.replace(sum_terms=terms, box_found=("", ()))


def likeliest(atlas: Atlas, typed: str) -> tuple[int, ...]:
    """The tokens that what was typed may mean, at most OFFERED; a pattern that is none has none."""
    try:
        found = search(atlas, typed)
    except InputError:
        return ()
    word = words_of(atlas, (typed.strip(),)) if typed.strip() else ()
    return tuple(dict.fromkeys((*word, *found)))[:OFFERED]
