from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.beam import ENDED, KEPT, PRUNED, Rules, Search, begin, log_probs_of
from seethrough.core.errors import InputError
from tests.by_definition import FEW

D_VOCAB = 6
END = 5


def rows_of(seed: int, ids: tuple[int, ...]) -> np.ndarray:
    """Log probabilities that depend on the whole way, as a model's do."""
    mixed = (
        np.arange(D_VOCAB) * 37 + seed * 101 + sum((at + 3) * (t + 1) for at, t in enumerate(ids))
    )
    return log_probs_of(((mixed * 7919 % 211) / 60).astype(np.float32))


def searched(seed: int, rules: Rules) -> Search:
    """A whole search over the toy."""
    now = begin(rules)
    while not now.is_over:
        now = now.grow([rows_of(seed, way.ids) for way in now.running])
    return now


def total_of(seed: int, ids: tuple[int, ...]) -> float:
    """The sum of the log probabilities of some tokens, one by one."""
    return sum(float(rows_of(seed, ids[:at])[token]) for at, token in enumerate(ids))


@FEW
@given(st.integers(0, 500), st.integers(1, 4), st.sampled_from([-1.0, 0.0, 1.0, 2.0]))
def test_as_many_beams_as_ways_find_the_best(seed: int, length: int, penalty: float) -> None:
    """With no end token and all ways kept, what is found are the best of all texts."""
    n_beams = min(16, D_VOCAB**length)
    rules = Rules(n_beams, length, length_penalty=penalty)

    found = searched(seed, rules).finished

    for way in found:
        assert way.total == pytest.approx(total_of(seed, way.ids))
    scores = [way.score(penalty) for way in found]
    assert scores == sorted(scores, reverse=True)
    if length <= 2:  # 16 beams hold all 6 ways of the first round
        every = itertools.product(range(D_VOCAB), repeat=length)
        best = sorted(every, key=lambda ids: -total_of(seed, ids))[:n_beams]
        assert {way.ids for way in found} == set(best)


@FEW
@given(st.integers(0, 500), st.integers(1, 6))
def test_one_beam_is_greedy(seed: int, length: int) -> None:
    """It takes the likeliest token each time, and stops where that is the end."""
    (way,) = searched(seed, Rules(1, length, frozenset({END}))).finished

    ids = list[int]()
    while len(ids) < length and (not ids or ids[-1] != END):
        ids.append(int(np.argmax(rows_of(seed, tuple(ids)))))
    assert way.ids == tuple(ids)


@FEW
@given(st.integers(0, 500), st.integers(1, 4), st.integers(1, 5))
def test_every_candidate_of_a_round_is_accounted_for(seed: int, n_beams: int, length: int) -> None:
    """The kept ones are the next round's ways; the ended ones end, and nothing runs on behind."""
    rules = Rules(n_beams, length, frozenset({END}))
    now = begin(rules)
    while not now.is_over:
        before = now.running
        now = now.grow([rows_of(seed, way.ids) for way in before])
        told = now.rounds[-1]
        assert tuple(g.way for g in told if g.fate == KEPT) == now.running
        assert all(before[g.parent].ids == g.way.ids[:-1] for g in told)
        totals = [g.way.total for g in told]
        assert totals == sorted(totals, reverse=True)
        for g in told:
            is_end = g.way.ids[-1] == END or len(g.way.ids) == length
            assert g.fate in ({ENDED, PRUNED} if is_end else {KEPT, PRUNED})
    assert len(now.finished) <= n_beams
    assert all(way.ids[-1] == END or len(way.ids) == length for way in now.finished)


@pytest.mark.parametrize(
    "rules",
    [Rules(0, 3), Rules(17, 3), Rules(2, 3, length_penalty=np.nan), Rules(2, 3, length_penalty=11)],
)
def test_what_means_nothing_is_refused(rules: Rules) -> None:
    """No beams, too many, a penalty that is no number or beyond its range."""
    with pytest.raises(InputError):
        begin(rules)


def test_tokens_that_cannot_come_are_no_candidates() -> None:
    """−∞ is never looked at, also where fewer tokens are possible than a round would look at."""
    only = np.array([-np.inf, 0.0, -np.inf])

    now = begin(Rules(3, 2)).grow([only])

    assert [g.way.ids for g in now.rounds[0]] == [(1,)]
    assert now.grow([only]).finished[0].ids == (1, 1)
