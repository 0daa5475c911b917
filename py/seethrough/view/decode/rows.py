"""Where the ways of a search stand in its picture: a column a round, the best on top.

Pure arithmetic over the rounds of a search (core/beam.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.beam import KEPT, PRUNED

if TYPE_CHECKING:
    from seethrough.core.beam import Grown, Search

# Pruned ways of a round that are drawn one by one; of a long search none.
MOST_PRUNED = 6
LONG = 8


@dataclass(frozen=True)
class Spot:
    """A candidate in its column; `parent` is the row of what it grew from, in the column before."""

    grown: Grown
    row: int
    parent: int


@dataclass(frozen=True)
class Column:
    """One round: the candidates that are drawn, how many more were pruned, and below which row."""

    spots: tuple[Spot, ...]
    n_more: int

    @property
    def n_rows(self) -> int:
        """How many rows it takes up."""
        return len(self.spots) + (self.n_more > 0)


def columns(search: Search) -> tuple[Column, ...]:
    """The rounds as they are drawn."""
    most = MOST_PRUNED if len(search.rounds) <= LONG else 0
    drawn: list[Column] = []
    parents = [0]  # the rows of the ways that the round began with
    for found in search.rounds:
        shown: list[Spot] = []
        n_pruned = 0
        for grown in found:
            n_pruned += grown.fate == PRUNED
            if grown.fate != PRUNED or n_pruned <= most:
                shown.append(Spot(grown, len(shown), parents[grown.parent]))
        parents = [spot.row for spot in shown if spot.grown.fate == KEPT]
        drawn.append(Column(tuple(shown), max(0, n_pruned - most)))
    return tuple(drawn)


def totals_of(search: Search) -> dict[tuple[int, ...], float]:
    """The sums of log probabilities of every way that was weighed, by its ids."""
    known = {grown.way.ids: grown.way.total for found in search.rounds for grown in found}
    return {(): 0.0, **known}


def terms_of(search: Search, ids: tuple[int, ...]) -> list[float]:
    """The log probability of each token of a way."""
    totals = totals_of(search)
    return [totals[ids[: at + 1]] - totals[ids[:at]] for at in range(len(ids))]
