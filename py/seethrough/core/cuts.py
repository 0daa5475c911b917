"""What takes tokens out of a draw: each cut leaves probabilities, and says what it removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array


@dataclass(frozen=True)
class Cut:
    """What one cut left: `probs` [d_vocab], summing to 1 again, and how many of them are above 0.

    `removed` is the mass cut off, of what stood before this cut.
    """

    probs: Array
    removed: float
    n_kept: int


def by_rank(logits: Array) -> Array:
    """All ids from the largest logit down; of equals, the lower id first."""
    return np.argsort(-logits, kind="stable")


def cut_top_k(probs: Array, k: float, order: Array | None = None) -> Cut:
    """Keep the k most probable tokens (0: all); of equals, the lower id stays."""
    if k == 0 or k >= probs.size:
        return whole(probs)
    return keep(probs, (by_rank(probs) if order is None else order)[: int(k)])


def cut_top_p(probs: Array, p: float, order: Array | None = None) -> Cut:
    """Keep the fewest most probable tokens whose sum reaches p (1: all), at least one."""
    if p >= 1:
        return whole(probs)
    order = by_rank(probs) if order is None else order
    reached = np.cumsum(probs[order]) >= p
    return keep(probs, order[: int(np.argmax(reached)) + 1] if reached.any() else order)


def cut_min_p(probs: Array, share: float, _order: Array | None = None) -> Cut:
    """Keep the tokens at least `share` times as probable as the most probable one (0: all)."""
    if share <= 0:
        return whole(probs)
    return keep(probs, np.flatnonzero(probs >= share * probs.max()))


def cut_typical(probs: Array, mass: float, order: Array | None = None) -> Cut:
    """Keep the tokens whose surprise is nearest to the entropy, until they reach `mass` (1: all).

    Those as far from it as the last one stay too.

    Source: Meister et al. 2023 (Locally Typical Sampling), as transformers has it.
    """
    if mass >= 1:
        return whole(probs)
    ids = (by_rank(probs) if order is None else order)[: int(np.count_nonzero(probs))]
    surprise = -np.log(probs[ids])
    distance = np.abs(surprise - float((probs[ids] * surprise).sum()))
    nearest = np.argsort(distance, kind="stable")
    n_short = int(np.count_nonzero(np.cumsum(probs[ids][nearest]) < mass))
    furthest = distance[nearest[min(n_short, ids.size - 1)]]
    return keep(probs, ids[distance <= furthest])


def whole(probs: Array) -> Cut:
    """Nothing is cut."""
    return Cut(probs, 0.0, int(np.count_nonzero(probs)))


def keep(probs: Array, ids: Array) -> Cut:
    """Only some tokens are left, their probabilities scaled to a sum of 1."""
    kept = np.zeros_like(probs)
    kept[ids] = probs[ids]
    mass = kept.sum()
    return Cut(kept / mass, float(max(0.0, 1.0 - mass)), int(np.count_nonzero(kept)))
