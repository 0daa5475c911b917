"""The chosen token's row of a head: the keys that are told, those of a long text that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.view.block.here import row_by_head

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.view.block.here import Here

# So many keys are told; of a longer row those with the largest values, and the token itself.
MOST = 16


@dataclass(frozen=True, eq=False)
class Key:
    """A token that is looked at: its score, what is left below the largest, its exponential.

    Without scores (a recording keeps weights alone) all but the weight are None.
    """

    position: int
    score: float | None
    below: float | None
    power: float | None
    weight: float


@dataclass(frozen=True, eq=False)
class Row:
    """The told keys in the order of the text, and what the others have together."""

    here: Here
    keys: tuple[Key, ...]
    n_others: int
    others: float
    rest: float
    total: float | None
    top: float | None

    @property
    def best(self) -> Key:
        """The key with the largest weight."""
        return max(self.keys, key=lambda key: key.weight)

    def cell(self, leaf: str, key: int) -> Cell:
        """A number of the row by its name."""
        return Cell(self.here.name(leaf), (self.here.head, self.here.position, key))


def row_of(scene: Scene, here: Here) -> Row | None:
    """The row, from its weights and, where they are known, its scores; None without weights."""
    weights, scores = (row_by_head(scene, here, leaf) for leaf in (hooks.PATTERN, hooks.SCORES))
    if weights is None:
        return None
    shown = told(weights)
    others = float(weights.sum(dtype=np.float64) - weights[shown].sum(dtype=np.float64))
    if scores is None:
        keys = tuple(Key(at, None, None, None, float(weights[at])) for at in shown)
        return Row(here, keys, len(weights) - len(shown), others, 0.0, None, None)
    exact = scores.astype(np.float64)
    top = float(exact.max())
    powers = np.exp(exact - top)
    keys = tuple(
        Key(at, float(exact[at]), float(exact[at] - top), float(powers[at]), float(weights[at]))
        for at in shown
    )
    total = float(powers.sum())
    rest = total - sum(key.power or 0.0 for key in keys)
    return Row(here, keys, len(weights) - len(shown), others, rest, total, top)


def told(values: Array) -> list[int]:
    """The positions that are told: all of a short row, else the largest ones and the last."""
    if len(values) <= MOST:
        return list(range(len(values)))
    largest = np.argsort(-values, kind="stable")[: MOST - 1].tolist()
    return sorted({*largest, len(values) - 1})
