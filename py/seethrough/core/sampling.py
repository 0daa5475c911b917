"""How one token is drawn: temperature, cuts and a seeded dart, each step saying what it removed.

All in float64 from the logits, so CPython and the page draw the same token from the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from seethrough.core.cache import Array


@dataclass(frozen=True)
class Cut:
    """What one cut left: `probs` [d_vocab], summing to 1 again; `removed` is the mass cut off."""

    probs: Array
    removed: float


@dataclass(frozen=True)
class Draw:
    """One drawn token, and the numbers that drew it.

    `dart` in [0, 1) fell on the cumulative sum of `probs` (after every cut); `steps` are the cuts
    by name, in order.
    """

    id: int
    dart: float
    probs: Array
    steps: tuple[tuple[str, Cut], ...]


def check_settings(temperature: float, top_k: int, top_p: float) -> None:
    """Refuse settings that mean nothing.

    Raises:
        InputError: Temperature below 0, top_k below 0, or top_p outside (0, 1].
    """
    if not (np.isfinite(temperature) and 0 <= temperature <= 100):  # noqa: PLR2004 - a wide limit
        raise InputError("sampling.temperature", got=temperature)
    if top_k < 0:
        raise InputError("sampling.top_k", got=top_k)
    if not 0 < top_p <= 1:
        raise InputError("sampling.top_p", got=top_p)


def temper(logits: Array, temperature: float) -> Array:
    """Probabilities at a temperature above 0: softmax(logits / temperature) in float64.

    Shapes: logits [d_vocab] → [d_vocab].
    """
    below_top = logits.astype(np.float64) - float(logits.max())
    with np.errstate(over="ignore"):  # near temperature 0 all but the best go to −∞, as they should
        weights = np.exp(below_top / temperature)
    return weights / weights.sum()


def cut_top_k(probs: Array, k: int) -> Cut:
    """Keep the k most probable tokens (0: all); of equals, the lower id stays."""
    if k == 0 or k >= probs.size:
        return Cut(probs, 0.0)
    return _keep(probs, _by_probability(probs)[:k])


def cut_top_p(probs: Array, p: float) -> Cut:
    """Keep the fewest most probable tokens whose sum reaches p (1: all), at least one."""
    if p >= 1:
        return Cut(probs, 0.0)
    order = _by_probability(probs)
    reached = np.cumsum(probs[order]) >= p
    return _keep(probs, order[: int(np.argmax(reached)) + 1] if reached.any() else order)


def dart(seed: int, step: int) -> float:
    """A number in [0, 1) that depends on the seed and the step alone.

    A fork of a generation at step n therefore draws what the original drew from there on.
    """
    return float(np.random.default_rng([seed, step]).random())


def draw(
    logits: Array, *, temperature: float, top_k: int = 0, top_p: float = 1.0, seed: int, step: int
) -> Draw:
    """Draw one token: temper, cut to top_k, cut to top_p, throw the dart.

    Shapes: logits [d_vocab].
    Raises:
        InputError: A setting means nothing; temperature 0 is `greedy`, not a draw.
    """
    check_settings(temperature, top_k, top_p)
    if temperature == 0:
        raise InputError("sampling.zero")
    by_k = cut_top_k(temper(logits, temperature), top_k)
    by_p = cut_top_p(by_k.probs, top_p)
    point = dart(seed, step)
    return Draw(land(by_p.probs, point), point, by_p.probs, (("top_k", by_k), ("top_p", by_p)))


def standing(logits: Array, token: int) -> tuple[float, int]:
    """A token's probability at temperature 1, and its rank: how many logits are larger.

    Shapes: logits [d_vocab].
    """
    return float(temper(logits, 1.0)[token]), int(np.count_nonzero(logits > logits[token]))


def land(probs: Array, point: float) -> int:
    """The token on which a point in [0, 1) of the cumulative sum falls; never a cut one."""
    total = np.cumsum(probs)
    index = int(np.searchsorted(total, point * total[-1], side="right"))
    return index if index < probs.size and probs[index] > 0 else int(np.flatnonzero(probs)[-1])


def greedy(logits: Array) -> int:
    """The token with the largest logit; of equals, the lowest id."""
    return int(np.argmax(logits))


def _by_probability(probs: Array) -> Array:
    return np.argsort(-probs, kind="stable")


def _keep(probs: Array, ids: Array) -> Cut:
    kept = np.zeros_like(probs)
    kept[ids] = probs[ids]
    mass = kept.sum()
    return Cut(kept / mass, float(max(0.0, 1.0 - mass)))
