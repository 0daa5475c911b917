"""What is looked at through rows of the embedding: a few words by themselves, an axis, a sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.atlas_search import words_of
from seethrough.core.local_plane import MOST
from seethrough.core.row_words import AXES, FIRST_GROUP, N_TERMS, SUMS
from seethrough.core.word_groups import GROUPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.chart import Chart
    from seethrough.app.message import Message
    from seethrough.core.arithmetic import SumFound
    from seethrough.core.atlas import Atlas
    from seethrough.core.cache import Array
    from seethrough.core.lasso import Point
    from seethrough.core.local_plane import LocalPlane, Spread
    from seethrough.core.near_products import NearToken

NO_ENDS: tuple[int | None, ...] = (None, None)
NO_TERMS: tuple[int | None, ...] = (None,) * N_TERMS
# The boxes that a token is typed into, each with its field and its place there.
BOXES = {
    "axis-0": ("axis_ends", 0),
    "axis-1": ("axis_ends", 1),
    "sum-0": ("sum_terms", 0),
    "sum-1": ("sum_terms", 1),
    "sum-2": ("sum_terms", 2),
}
# What cannot be had before the model is open.
NEEDS_MODEL = "rows.needs_model"


@dataclass(frozen=True)
class ByRows:
    """What of the rows is shown.

    `picked` are tokens that the reader chose one by one or drew a line around, `n_beyond` how many
    more lay inside it; `lasso` is that line while it is drawn, in pixels of the picture, and
    `has_lasso` says that the pointer draws instead of pulling.
    `axis_ends` and `sum_terms` are tokens, None where a box holds none; `box_found` is what was
    found for the box that was typed in last. What was made of the rows is `local`, `axis`,
    `sum_found`, and `near` what is nearest to the open token where the map's files do not say;
    `…_told` says why one of them is not there.
    """

    picked: tuple[int, ...] = ()
    n_beyond: int = 0
    lasso: tuple[Point, ...] = ()
    has_lasso: bool = False
    axis_ends: tuple[int | None, ...] = NO_ENDS
    sum_terms: tuple[int | None, ...] = NO_TERMS
    box_found: tuple[str, tuple[int, ...]] = ("", ())
    local: LocalPlane | None = None
    local_told: Message | None = None
    axis: Spread | None = None
    axis_told: Message | None = None
    sum_found: SumFound | None = None
    sum_told: Message | None = None
    is_adding: bool = False
    near: NearToken | None = None
    near_told: Message | None = None

    def near_of(self, chart: Chart) -> tuple[Array, Array] | None:
        """The ids and cosines of the open token's nearest rows; None while they are not known."""
        token = chart.chart_token
        if token is None:
            return None
        if chart.atlas_near is not None:
            return chart.atlas_near.ids[token], chart.atlas_near.cosines[token]
        if self.near is not None and self.near.token == token and chart.is_near_asked:
            return self.near.ids, self.near.cosines
        return None


def chosen_tokens(chart: Chart, by_rows: ByRows) -> tuple[int, ...]:
    """The tokens that are looked at by themselves: picked ones, what was found, or a first group.

    At most MOST of them.
    """
    if by_rows.picked or chart.atlas is None:
        return by_rows.picked
    if chart.chart_sought or chart.chart_group:
        return chart.chart_found[:MOST]
    return words_of(chart.atlas, GROUPS[FIRST_GROUP])


def chosen_group(chart: Chart, by_rows: ByRows) -> str:
    """The group whose words those are; empty where they are none."""
    if by_rows.picked or chart.chart_sought:
        return ""
    return chart.chart_group or FIRST_GROUP


def offered_tokens(chart: Chart, by_rows: ByRows) -> tuple[int, ...]:
    """The tokens that can be picked from a list: what was found, and what is picked."""
    found = chosen_tokens(chart, ByRows())
    return tuple(dict.fromkeys((*found, *by_rows.picked)))


def first_ends(atlas: Atlas) -> tuple[int | None, ...]:
    """The ends of the first axis whose words are tokens."""
    return _first(atlas, [axis[:2] for axis in AXES]) or NO_ENDS


def first_terms(atlas: Atlas) -> tuple[int | None, ...]:
    """The first sum whose words are tokens."""
    return _first(atlas, SUMS) or NO_TERMS


def _first(atlas: Atlas, rows: Sequence[tuple[str, ...]]) -> tuple[int, ...]:
    found = ((words, words_of(atlas, words)) for words in rows)
    return next((ids for words, ids in found if len(ids) == len(words)), ())
