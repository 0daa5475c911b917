"""How one token is drawn: edits, temperature, cuts and a seeded dart, each saying what it did.

All in float64 from the logits, so CPython and the page draw the same token from the same seed. The
order is that of transformers' logits processors: the edits of SETTINGS, the temperature, the cuts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cuts import by_rank
from seethrough.core.errors import InputError
from seethrough.core.settings import SETTINGS, check_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.cuts import Cut
    from seethrough.core.edits import Edit


@dataclass(frozen=True)
class Shaped:
    """A distribution ready for the dart.

    `order` are all ids from the largest edited logit down; `tempered` are the probabilities before
    any cut; `steps` are the cuts by name, in order.
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


def temper(logits: Array, temperature: float) -> Array:
    """Probabilities at a temperature above 0: softmax(logits / temperature) in float64.

    Shapes: logits [d_vocab] → [d_vocab].
    """
    below_top = logits.astype(np.float64) - float(logits.max())
    with np.errstate(over="ignore"):  # near temperature 0 all but the best go to −∞, as they should
        weights = np.exp(below_top / temperature)
    return weights / weights.sum()


def edited(
    logits: Array, text: Sequence[int], shape: Mapping[str, float]
) -> tuple[tuple[str, Edit], ...]:
    """What the edits of some settings make of the logits, by name, in the order of SETTINGS.

    Args:
        text: The ids of the whole text behind which a token is chosen.
        shape: Settings by name; one that is not given edits nothing.
    Shapes: logits [d_vocab].
    Raises:
        InputError: No token is left.
    """
    steps: list[tuple[str, Edit]] = []
    for row in SETTINGS.values():
        if row.edit is not None and row.neutral is not None:
            value = shape.get(row.name, row.neutral)
            steps.append((row.name, row.edit(logits, value, text)))
            logits = steps[-1][1].logits
    return tuple(steps)


def edited_logits(logits: Array, text: Sequence[int], shape: Mapping[str, float]) -> Array:
    """The logits after every edit: the very same where none changes anything; see `edited`."""
    return edited(logits, text, shape)[-1][1].logits


def reshape(
    logits: Array, *, order: Array | None = None, text: Sequence[int] = (), **shape: float
) -> Shaped:
    """What a dart is thrown at: edit, temper, then cut by cut in the order of SETTINGS.

    Args:
        order: `by_rank` of these logits, where it is known already.
        text: The ids of the whole text, for the edits.
        shape: The temperature, edits and cuts, by name; one that is not given does nothing.
    Shapes: logits [d_vocab].
    Raises:
        InputError: A setting means nothing; temperature 0 is `greedy`, not a draw.
        KeyError: There is no such setting, or no temperature.
    """
    check_settings(**shape)
    if shape["temperature"] == 0:
        raise InputError("sampling.zero")
    last = edited_logits(logits, text, shape)
    order = by_rank(last) if order is None or last is not logits else order
    probs = tempered = temper(last, shape["temperature"])
    steps: list[tuple[str, Cut]] = []
    for row in SETTINGS.values():
        if row.cut is not None and row.neutral is not None:
            steps.append((row.name, row.cut(probs, shape.get(row.name, row.neutral), order)))
            probs = steps[-1][1].probs
    return Shaped(order, tempered, tuple(steps))


@lru_cache(maxsize=1024)
def dart(seed: int, step: int) -> float:
    """A number in [0, 1) that depends on the seed and the step alone.

    A fork of a generation at step n therefore draws what the original drew from there on.
    """
    return float(np.random.default_rng([seed, step]).random())


def draw(logits: Array, *, seed: int, step: int, text: Sequence[int] = (), **shape: float) -> Draw:
    """Draw one token: shape the distribution, throw the dart, see where it lands.

    Args:
        text: The ids of the whole text, for the edits.
        shape: The temperature, edits and cuts, as `reshape` takes them.
    Shapes: logits [d_vocab].
    Raises:
        InputError: A setting means nothing; temperature 0 is `greedy`, not a draw.
    """
    shaped = reshape(logits, order=None, text=text, **shape)
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
