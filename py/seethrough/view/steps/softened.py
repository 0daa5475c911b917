"""Softmax of what step 6 shows, step by step, in float64."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.logit_facts import compared, spread

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate

N_BEST = 10
LEAST_DECADES, MOST_DECADES = 4, 20


@dataclass(frozen=True)
class Row:
    """One token on its way: its logit less the largest, e to that power, its share."""

    item: Candidate
    below: float
    power: float
    prob: float


@dataclass(frozen=True)
class Softened:
    """The compared tokens' rows, the largest logit, the sum over the vocabulary, the others' part.

    The sum is that of all logits where they are here. Else it is 1 ÷ the best token's probability:
    its power is 1, and the probability was made with the whole sum.
    """

    rows: tuple[Row, ...]
    largest: float
    total: float
    rest: float
    n_rest: int | None

    @property
    def decades(self) -> int:
        """How deep the log scale goes: below the least probable token that is shown."""
        probs = [row.prob for row in self.rows if row.prob > 0]
        deep = math.ceil(-math.log10(min(probs))) if probs else LEAST_DECADES
        return min(max(deep, LEAST_DECADES), MOST_DECADES)


def softened(scene: Scene) -> Softened:
    """Softmax of what is shown, in float64."""
    shown, whole = compared(scene, N_BEST), spread(scene)
    n_rest = scene.run.config.d_vocab - len(shown) if scene.run.config else None
    if whole is not None:
        ids = [item.id for item in shown]
        powers = [float(whole.powers[token]) for token in ids]
        largest, total = whole.largest, whole.total
        others = np.delete(whole.powers, ids)
        rest, n_rest = float(others.sum()), others.size
    else:
        best = scene.run.top[0]
        largest, total = best.logit, 1 / best.prob if best.prob > 0 else math.nan
        powers = [math.exp(item.logit - largest) for item in shown]
        rest = max(0.0, total - math.fsum(powers))
    rows = tuple(
        Row(item, item.logit - largest, power, power / total)
        for item, power in zip(shown, powers, strict=True)
    )
    return Softened(rows, largest, total, rest, n_rest)
