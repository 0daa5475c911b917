"""Four marks that a model is measured by: what one gets by counting alone.

`uniform`: every sign is as likely as any. `letter`: as often as it stands in the learned text.
`pair`, `triple`: as often as it follows the sign, or the two signs, before it. What was seldom seen
leans on the shorter count: (count + LEAN · the shorter chance) / (all + LEAN).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.train.corpus import Corpus

MARKS = ("uniform", "letter", "pair", "triple")
LEAN = 4.0


@dataclass(frozen=True)
class Tally:
    """How often some runs of signs stand in a text, each run as one number."""

    runs: Array
    counts: Array

    def of(self, runs: Array) -> Array:
        """The counts of some runs, 0 for those that never stand there."""
        if not len(self.runs):
            return np.zeros(len(runs))
        places = np.minimum(np.searchsorted(self.runs, runs), len(self.runs) - 1)
        return np.where(self.runs[places] == runs, self.counts[places], 0)


def marks(corpus: Corpus) -> dict[str, float]:
    """The mean −log p of the held-out text's signs by each way of counting, in nats.

    Of a text of which nothing is held out: of the learned text itself.
    """
    n_signs, ids = len(corpus.alphabet), corpus.learned_ids
    tested = corpus.held_ids if corpus.held else ids
    return {
        mark: float(-np.log(chances(ids, tested, n_signs, n_before)).mean())
        for n_before, mark in enumerate(MARKS, start=-1)
    }


def chances(ids: Array, tested: Array, n_signs: int, n_before: int) -> Array:
    """p(sign | the n_before signs before it) of each place of a text that has so many before it.

    `n_before` −1: each sign is as likely. Shapes: ids [n], tested [m] → [m − n_before].
    """
    if n_before < 0:
        return np.full(len(tested), 1 / n_signs)
    shorter = chances(ids, tested, n_signs, n_before - 1)
    shorter = shorter[len(shorter) - (len(tested) - n_before) :]
    whole = _tally(ids, n_signs, n_before + 1).of(_runs(tested, n_signs, n_before + 1))
    before = _runs(ids[:-1], n_signs, n_before) if n_before else np.zeros(len(ids), np.int64)
    context = _runs(tested[:-1], n_signs, n_before) if n_before else np.zeros(len(tested), np.int64)
    totals = Tally(*np.unique(before, return_counts=True)).of(context)
    found: Array = (whole + LEAN * shorter) / (totals + LEAN)
    return found


def _tally(ids: Array, n_signs: int, length: int) -> Tally:
    return Tally(*np.unique(_runs(ids, n_signs, length), return_counts=True))


def _runs(ids: Array, n_signs: int, length: int) -> Array:
    """Every run of so many signs as one number: [n − length + 1]."""
    n_runs = max(0, len(ids) - length + 1)
    runs = np.zeros(n_runs, np.int64)
    for place in range(length):
        runs = runs * n_signs + ids[place : place + n_runs]
    return runs
