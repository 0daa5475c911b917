"""The islands of the map by name: months, days, animals, wherever a group lies together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core.atlas import NEAR
from seethrough.core.islands import Island, islands_of
from seethrough.core.plane import pixels_of
from seethrough.view.kept import Kept
from seethrough.view.node import Node, h
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

    Box = tuple[float, float, float, float]

FIELDS = (
    *("language", "atlas", "chart_layout", "chart_rest", "chart_window", "chart_size"),
    *("chart_token", "chart_found", "chart_group", "chart_sought", "chart_path", "picked"),
)
# Further in, tokens are named instead.
MOST_ZOOM = 6.0
LETTER, HIGH, GAP = 8.6, 20.0, 9.0


class Flag(NamedTuple):
    """An island's name, where its line begins, the island itself, and the name's room."""

    text: str
    place: tuple[float, float]
    box: Box


def flags(state: AppState) -> list[Flag]:
    """The names that have room, none over another; only while nothing else is marked."""
    if not are_named(state):
        return []
    islands = ISLANDS.of(state, lambda: of_layout(state))
    if not islands:
        return []
    wide, high, _ = state.chart.chart_size
    middles = np.array([island.middle for island in islands], np.float32)
    landed = pixels_of(middles, state.chart.chart_window, wide, high)
    placed: list[Flag] = []
    for island, (across, down) in zip(islands, landed.tolist(), strict=True):
        flag = flag_of(say(state, f"chart.group.{island.group}"), (across, down), wide)
        if 0 <= across < wide and 0 <= down < high and not any(over(flag, one) for one in placed):
            placed.append(flag)
    return placed


def of_layout(state: AppState) -> tuple[Island, ...]:
    """The islands of the layout that is laid out by neighbours; another has none."""
    atlas, layout = state.chart.atlas, state.chart.chart_layout
    return islands_of(atlas, layout) if atlas is not None and layout == NEAR else ()


ISLANDS: Kept[tuple[Island, ...]] = Kept(("atlas", "chart_layout"))


def are_named(state: AppState) -> bool:
    """Whether the reader looks at all of the map, and at nothing by itself."""
    chart = state.chart
    is_marked = chart.chart_found or chart.chart_group or chart.chart_sought or chart.chart_path
    is_chosen = chart.chart_token is not None or state.by_rows.picked
    return chart.chart_rest.zoom <= MOST_ZOOM and not is_marked and not is_chosen


def flag_of(text: str, place: tuple[float, float], wide: float) -> Flag:
    """A name right of its island, or left of it where the picture ends."""
    across, down = place
    width = len(text) * LETTER
    left = across + GAP if across + GAP + width <= wide else across - GAP - width
    return Flag(text, place, (left, down - HIGH / 2, left + width, down + HIGH / 2))


def over(one: Flag, other: Flag) -> bool:
    """Whether two names cover each other."""
    return (
        one.box[0] < other.box[2]
        and other.box[0] < one.box[2]
        and one.box[1] < other.box[3]
        and other.box[1] < one.box[3]
    )


def marks(placed: list[Flag]) -> list[Node]:
    """A ring around each island's middle, and its name."""
    return [
        h(
            "g",
            {"class": "island"},
            h("circle", {"cx": f"{flag.place[0]:.1f}", "cy": f"{flag.place[1]:.1f}", "r": 6}),
            h("text", {"x": f"{flag.box[0]:.1f}", "y": f"{flag.place[1] + 5:.1f}"}, flag.text),
        )
        for flag in placed
    ]
