"""One row of logits as a distribution: softmax step by step, in float64, and how it is spread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array


@dataclass(frozen=True, eq=False)
class Distribution:
    """Softmax of [d_vocab] logits. `powers` are exp(logit − largest), `total` their sum."""

    logits: Array
    largest: float
    powers: Array
    total: float

    @cached_property
    def probs(self) -> Array:
        """Each token's share of the total: [d_vocab]."""
        with np.errstate(invalid="ignore", divide="ignore"):
            shares: Array = self.powers / self.total
        return shares

    @cached_property
    def falling(self) -> Array:
        """The shares from the largest to the smallest: [d_vocab]."""
        return self.probs[self.order]

    @cached_property
    def order(self) -> Array:
        """Token ids from the largest logit to the smallest, of equals the first: [d_vocab]."""
        return np.argsort(-self.logits, kind="stable")

    @property
    def logsumexp(self) -> float:
        """log Σ exp(logit): what is taken from a logit to get the logarithm of its share."""
        return self.largest + float(np.log(self.total))

    def rank(self, token: int) -> int:
        """How many tokens have a larger logit, and one: the largest has rank 1."""
        return int(np.count_nonzero(self.logits > self.logits[token])) + 1

    def reaching(self, share: float) -> int:
        """How many of the most probable tokens hold at least this share together."""
        reached = np.cumsum(self.falling) >= share
        return int(np.argmax(reached)) + 1 if reached.any() else self.falling.size


def distribution(logits: Array) -> Distribution:
    """Softmax of a row of logits, each step kept.

    Shapes: logits [d_vocab].
    Accuracy: float64 throughout; the sum is numpy's pairwise one.
    """
    wide = logits.astype(np.float64)
    largest = float(wide.max())
    with np.errstate(invalid="ignore"):
        powers = np.exp(wide - largest)
    return Distribution(logits, largest, powers, float(powers.sum()))


def entropy_bits(probs: Array) -> float:
    """How unsure a choice is: −∑ p log₂ p; what has no chance adds nothing.

    Shapes: probs [d_vocab], adding up to 1.
    Returns: Bits, 0 (one token has it all) to log₂ d_vocab.
    """
    some = probs[probs > 0]
    return max(0.0, float(-(some * np.log2(some)).sum()))


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many values lie in each of equal bins; `edges` has one more than `counts`."""

    edges: Array
    counts: Array


def histogram(values: Array, n_bins: int) -> Histogram | None:
    """Equal bins from the smallest to the largest finite value; None where there is none."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return None
    counts, edges = np.histogram(finite, bins=n_bins)
    return Histogram(edges, counts)


@dataclass(frozen=True, eq=False)
class Terms:
    """The products that a logit is the sum of: query × row, [d_model] in float64."""

    query: Array
    row: Array

    @cached_property
    def values(self) -> Array:
        """Each dimension's product."""
        products: Array = self.query.astype(np.float64) * self.row.astype(np.float64)
        return products

    @property
    def total(self) -> float:
        """Their sum."""
        return float(self.values.sum())

    @property
    def gains(self) -> float:
        """The sum of those where query and row agree in sign."""
        return float(self.values[self.values > 0].sum())

    @property
    def losses(self) -> float:
        """The sum of those where they do not."""
        return float(self.values[self.values < 0].sum())

    @property
    def n_agreeing(self) -> int:
        """In how many dimensions query and row agree in sign."""
        return int(np.count_nonzero(self.values > 0))

    def largest(self, count: int) -> tuple[int, ...]:
        """The dimensions of the largest products, by magnitude; of equals, the first."""
        order = np.argsort(-np.abs(self.values), kind="stable")
        return tuple(int(at) for at in order[:count])
