"""A row of logits as a distribution: float64 softmax, its spread, bins, the terms of a logit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.core.distribution import Terms, distribution, entropy_bits, histogram

LOGITS = np.array([1.0, 3.0, 2.0, -50.0, 3.0], np.float32)
NUMBERS = st.lists(st.floats(-200, 200, width=32), min_size=1, max_size=40)


@settings(deadline=None, max_examples=50)
@given(NUMBERS)
def test_shares_add_up_to_one(numbers: list[float]) -> None:
    """Powers are exp(logit − largest), shares their part of the sum, for any finite logits."""
    made = distribution(np.array(numbers, np.float32))

    assert made.largest == max(numbers)
    assert math.fsum(made.powers) == pytest.approx(made.total, rel=1e-14)
    assert math.fsum(made.probs) == pytest.approx(1.0, rel=1e-14)
    for number, prob in zip(numbers, made.probs, strict=True):
        assert math.log(prob) == pytest.approx(number - made.logsumexp, abs=1e-9) if prob else True


def test_nothing_overflows() -> None:
    """Logits beyond exp's range come out as shares all the same."""
    made = distribution(np.array([900.0, 899.0], np.float32))

    assert made.probs[0] == pytest.approx(1 / (1 + math.exp(-1)))


def test_ranks_count_from_one() -> None:
    """The largest has rank 1; equals share a rank."""
    made = distribution(LOGITS)

    assert [made.rank(token) for token in range(5)] == [4, 1, 3, 5, 1]
    assert made.falling.tolist() == sorted(made.probs, reverse=True)


def test_how_many_reach_a_share() -> None:
    """As many of the most probable tokens as it takes; all where rounding keeps them below."""
    made = distribution(np.log(np.array([0.5, 0.25, 0.125, 0.125], np.float32)))

    assert [made.reaching(share) for share in (0.4, 0.6, 0.76, 2.0)] == [1, 2, 3, 4]


def test_every_value_is_in_a_bin() -> None:
    """The counts add up to the number of finite values."""
    made = histogram(np.array([1.0, 2.0, 2.5, np.nan, -np.inf], np.float32), 4)

    assert made is not None
    assert int(made.counts.sum()) == 3
    assert (made.edges[0], made.edges[-1]) == (1.0, 2.5)
    assert histogram(np.array([np.nan], np.float32), 4) is None


def test_terms_are_the_products() -> None:
    """Their sum is the dot product; gains and losses are its two parts."""
    query = np.array([1.0, -2.0, 3.0, 0.0], np.float32)
    row = np.array([0.5, 1.0, 2.0, 7.0], np.float32)
    made = Terms(query, row)

    assert made.values.tolist() == [0.5, -2.0, 6.0, 0.0]
    assert (made.total, made.gains, made.losses, made.n_agreeing) == (4.5, 6.5, -2.0, 2)
    assert made.largest(2) == (2, 1)


def test_entropy_is_how_unsure_a_choice_is() -> None:
    """Nothing for one token that has it all, log₂ n for n alike, and no NaN from those without."""
    assert entropy_bits(np.array([0.0, 1.0, 0.0])) == 0.0
    assert entropy_bits(np.full(8, 1 / 8)) == pytest.approx(3.0)
    assert entropy_bits(np.array([0.5, 0.25, 0.25, 0.0])) == pytest.approx(1.5)
