"""How one token is drawn: temperature, cuts and a seeded dart, each step saying what it removed.

All in float64 from the logits, so CPython and the page draw the same token from the same seed. The
order is that of transformers' logits processors: temperature, top-k, top-p, min-p.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seethrough.core.cache import Array

# Settings to try: temperature, top_k, top_p, min_p.
PRESETS: Mapping[str, tuple[float, int, float, float]] = {
    "best": (0.0, 0, 1.0, 0.0),
    "careful": (0.7, 40, 0.9, 0.0),
    "own": (1.0, 0, 1.0, 0.0),
    "wild": (1.5, 0, 1.0, 0.02),
}


@dataclass(frozen=True)
class Cut:
    """What one cut left: `probs` [d_vocab], summing to 1 again, and how many of them are above 0.

    `removed` is the mass cut off, of what stood before this cut.
    """

    probs: Array
    removed: float
    n_kept: int


@dataclass(frozen=True)
class Shaped:
    """A distribution ready for the dart.

    `order` are all ids from the largest logit down; `tempered` are the probabilities before any
    cut; `steps` are the cuts by name, in order.
    """

    order: Array
    tempered: Array
    steps: tuple[tuple[str, Cut], ...]

    @property
    def probs(self) -> Array:
        """The probabilities after every cut, by id."""
        return self.steps[-1][1].probs

    def landings(self, points: Array) -> Array:
        """The tokens that points in [0, 1) fall on, the most probable token lying first."""
        return self.order[landings(self.probs[self.order], points)]


@dataclass(frozen=True)
class Draw:
    """One drawn token, and the numbers that drew it.

    `dart` in [0, 1) fell on the cumulative sum of `shaped.probs` in `shaped.order`.
    """

    id: int
    dart: float
    shaped: Shaped


def check_settings(temperature: float, top_k: int, top_p: float, min_p: float = 0.0) -> None:
    """Refuse settings that mean nothing.

    Raises:
        InputError: Temperature below 0, top_k below 0, top_p outside (0, 1], or min_p outside
            [0, 1].
    """
    if not (np.isfinite(temperature) and 0 <= temperature <= 100):  # noqa: PLR2004 - a wide limit
        raise InputError("sampling.temperature", got=temperature)
    if top_k < 0:
        raise InputError("sampling.top_k", got=top_k)
    if not 0 < top_p <= 1:
        raise InputError("sampling.top_p", got=top_p)
    if not 0 <= min_p <= 1:
        raise InputError("sampling.min_p", got=min_p)


def temper(logits: Array, temperature: float) -> Array:
    """Probabilities at a temperature above 0: softmax(logits / temperature) in float64.

    Shapes: logits [d_vocab] → [d_vocab].
    """
    below_top = logits.astype(np.float64) - float(logits.max())
    with np.errstate(over="ignore"):  # near temperature 0 all but the best go to −∞, as they should
        weights = np.exp(below_top / temperature)
    return weights / weights.sum()


def by_rank(logits: Array) -> Array:
    """All ids from the largest logit down; of equals, the lower id first."""
    return np.argsort(-logits, kind="stable")


def cut_top_k(probs: Array, k: int, order: Array | None = None) -> Cut:
    """Keep the k most probable tokens (0: all); of equals, the lower id stays."""
    if k == 0 or k >= probs.size:
        return _whole(probs)
    return _keep(probs, (by_rank(probs) if order is None else order)[:k])


def cut_top_p(probs: Array, p: float, order: Array | None = None) -> Cut:
    """Keep the fewest most probable tokens whose sum reaches p (1: all), at least one."""
    if p >= 1:
        return _whole(probs)
    order = by_rank(probs) if order is None else order
    reached = np.cumsum(probs[order]) >= p
    return _keep(probs, order[: int(np.argmax(reached)) + 1] if reached.any() else order)


def cut_min_p(probs: Array, share: float) -> Cut:
    """Keep the tokens at least `share` times as probable as the most probable one (0: all)."""
    if share <= 0:
        return _whole(probs)
    return _keep(probs, np.flatnonzero(probs >= share * probs.max()))


def reshape(
    logits: Array,
    *,
    temperature: float,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    order: Array | None = None,
) -> Shaped:
    """What a dart is thrown at: temper, then cut to top_k, to top_p, to min_p.

    Args:
        order: `by_rank` of these logits, where it is known already.
    Shapes: logits [d_vocab].
    Raises:
        InputError: A setting means nothing; temperature 0 is `greedy`, not a draw.
    """
    check_settings(temperature, top_k, top_p, min_p)
    if temperature == 0:
        raise InputError("sampling.zero")
    order = by_rank(logits) if order is None else order
    tempered = temper(logits, temperature)
    by_k = cut_top_k(tempered, top_k, order)
    by_p = cut_top_p(by_k.probs, top_p, order)
    by_min = cut_min_p(by_p.probs, min_p)
    return Shaped(order, tempered, (("top_k", by_k), ("top_p", by_p), ("min_p", by_min)))


@lru_cache(maxsize=1024)
def dart(seed: int, step: int) -> float:
    """A number in [0, 1) that depends on the seed and the step alone.

    A fork of a generation at step n therefore draws what the original drew from there on.
    """
    return float(np.random.default_rng([seed, step]).random())


def draw(
    logits: Array,
    *,
    temperature: float,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    seed: int,
    step: int,
) -> Draw:
    """Draw one token: shape the distribution, throw the dart, see where it lands.

    Shapes: logits [d_vocab].
    Raises:
        InputError: A setting means nothing; temperature 0 is `greedy`, not a draw.
    """
    shaped = reshape(logits, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    point = dart(seed, step)
    return Draw(int(shaped.landings(np.array([point]))[0]), point, shaped)


def draws(shaped: Shaped, *, seed: int, steps: Iterable[int]) -> Array:
    """The ids that many darts of one seed land on, in the order of the steps.

    Shapes: → [step].
    """
    return shaped.landings(np.array([dart(seed, step) for step in steps]))


def standing(logits: Array, token: int) -> tuple[float, int]:
    """A token's probability at temperature 1, and its rank: how many logits are larger.

    Shapes: logits [d_vocab].
    """
    return float(temper(logits, 1.0)[token]), int(np.count_nonzero(logits > logits[token]))


def landings(probs: Array, points: Array) -> Array:
    """The places of the cumulative sum on which points in [0, 1) fall; never one of mass 0.

    The sum may miss 1 by rounding: a point is a share of the sum that there is.

    Shapes: probs [n], points [dart] → [dart].
    """
    total = np.cumsum(probs)
    places = np.searchsorted(total, points * total[-1], side="right")
    return np.minimum(places, np.flatnonzero(probs)[-1])


def greedy(logits: Array) -> int:
    """The token with the largest logit; of equals, the lowest id."""
    return int(np.argmax(logits))


def _whole(probs: Array) -> Cut:
    """Nothing is cut."""
    return Cut(probs, 0.0, int(np.count_nonzero(probs)))


def _keep(probs: Array, ids: Array) -> Cut:
    kept = np.zeros_like(probs)
    kept[ids] = probs[ids]
    mass = kept.sum()
    return Cut(kept / mass, float(max(0.0, 1.0 - mass)), int(np.count_nonzero(kept)))
