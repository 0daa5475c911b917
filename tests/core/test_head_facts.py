"""What a head does in a text, against sums written out token by token."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seethrough.core.head_facts import (
    AFTER_SAME,
    FIRST,
    ITSELF,
    PREVIOUS,
    SAME,
    entropy,
    habits,
)
from seethrough.core.maths import causal_mask, softmax

IDS = (7, 3, 9, 7, 3, 7, 7, 9)


def pattern(n_pos: int, seed: int = 5) -> np.ndarray:
    """A causal pattern of random scores: rows add up to 1."""
    scores = np.random.Generator(np.random.PCG64(seed)).standard_normal((n_pos, n_pos)) * 2
    return softmax(scores + causal_mask(n_pos, 0)).astype(np.float32)


def by_hand(weights: np.ndarray, ids: tuple[int, ...], name: str) -> tuple[float | None, int]:
    """The mean share, with plain loops."""
    shares = []
    for query in range(1, len(ids)):
        keys = {
            PREVIOUS: [query - 1],
            FIRST: [0],
            ITSELF: [query],
            SAME: [key for key in range(query) if ids[key] == ids[query]],
            AFTER_SAME: [key + 1 for key in range(query - 1) if ids[key] == ids[query]],
        }[name]
        if keys:
            shares.append(math.fsum(float(weights[query, key]) for key in keys))
    return (math.fsum(shares) / len(shares) if shares else None), len(shares)


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_the_sums_written_out(seed: int) -> None:
    """Each share is the mean over the tokens that have such a place, and how many these are."""
    weights = pattern(len(IDS), seed)
    for found in habits(weights, IDS):
        share, n_rows = by_hand(weights, IDS, found.name)
        assert found.n_rows == n_rows
        assert found.share == pytest.approx(share, abs=1e-12)


def test_one_token_has_no_habit() -> None:
    """A token alone can look only at itself: nothing is claimed."""
    assert {(found.share, found.n_rows) for found in habits(pattern(1), (4,))} == {(None, 0)}


def test_a_text_without_repeats_has_no_such_place() -> None:
    """No token comes twice: the two shares of repeats are not known, the others are."""
    found = {one.name: one for one in habits(pattern(4), (1, 2, 3, 4))}

    assert found[SAME].share is None
    assert found[AFTER_SAME].n_rows == 0
    assert found[PREVIOUS].n_rows == found[FIRST].n_rows == 3


def test_pure_heads_have_the_whole_share() -> None:
    """A head that looks only at the token before has 1 there; so has an induction head."""
    before = np.eye(4, k=-1)
    before[0, 0] = 1
    induction = np.zeros((5, 5))
    induction[range(5), [0, 1, 2, 1, 2]] = 1  # a b x a b looks at what came after the same

    assert {one.name: one.share for one in habits(before, (1, 2, 3, 4))}[PREVIOUS] == 1
    assert {one.name: one.share for one in habits(induction, (1, 2, 9, 1, 2))}[AFTER_SAME] == 1


def test_entropy_is_in_bits() -> None:
    """One token is 0 bits, four alike are 2, exact zeros add nothing."""
    rows = np.array([[1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]], np.float32)

    np.testing.assert_allclose(entropy(rows), [0, 2, 1], atol=1e-12)
    weights = pattern(6)
    by_sum = [-math.fsum(w * math.log2(w) for w in row if w > 0) for row in weights.tolist()]
    np.testing.assert_allclose(entropy(weights), by_sum, atol=1e-9)
