from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.cuts import cut_min_p, cut_top_k, cut_top_p, cut_typical
from seethrough.core.sampling import by_rank, dart, draw, reshape, temper
from tests.by_definition import (
    FEW,
    LOGITS,
    WHOLE,
    expected,
    in_order,
    kept_by_k,
    kept_by_min,
    kept_by_p,
    kept_by_typical,
    land,
    normalised,
    shares,
)


@FEW
@given(shares(), st.integers(0, 35))
def test_top_k_keeps_the_right_tokens(probs: np.ndarray, k: int) -> None:
    """The brute-force set, scaled to 1, and the mass that it left out."""
    kept = kept_by_k(probs, k)

    cut = cut_top_k(probs, k)

    np.testing.assert_allclose(cut.probs, normalised(probs, kept), atol=1e-12)
    assert cut.removed == pytest.approx(1 - math.fsum(probs[kept]), abs=1e-12)


@FEW
@given(shares(), st.integers(1, WHOLE))
def test_top_p_keeps_the_right_tokens(probs: np.ndarray, part: int) -> None:
    """The fewest tokens that reach p, also where a sum hits it exactly."""
    kept = kept_by_p(probs, part / WHOLE)

    cut = cut_top_p(probs, part / WHOLE)

    np.testing.assert_allclose(cut.probs, normalised(probs, kept), atol=1e-12)
    assert cut.removed == pytest.approx(1 - math.fsum(probs[kept]), abs=1e-12)
    assert cut.probs.any()


@FEW
@given(shares(), st.integers(0, WHOLE))
def test_min_p_keeps_the_right_tokens(probs: np.ndarray, part: int) -> None:
    """All that reach the share of the best one's probability, exactly reaching it included."""
    kept = kept_by_min(probs, part / WHOLE)

    cut = cut_min_p(probs, part / WHOLE)

    np.testing.assert_allclose(cut.probs, normalised(probs, kept), atol=1e-12)
    assert cut.removed == pytest.approx(1 - math.fsum(probs[kept]), abs=1e-12)
    assert cut.n_kept == np.count_nonzero(cut.probs) > 0


@FEW
@given(
    st.lists(st.integers(-60, 60), min_size=1, max_size=25),
    st.sampled_from([0.3, 0.7, 1.0, 1.9]),
    st.integers(0, 26),
    st.sampled_from([0.05, 0.5, 0.83, 0.999, 1.0]),
    st.sampled_from([0.0, 0.011, 0.3, 1.0]),
)
def test_cuts_together_are_their_definitions_in_turn(
    eighths: list[int], temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    """Any combination: each cut is made in what the one before it left, scaled to 1."""
    logits = np.array(eighths, np.float32) / 8
    shaped = reshape(logits, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)

    probs = expected(temperature, top_k, top_p, min_p, logits)
    np.testing.assert_allclose(shaped.probs, probs, atol=1e-9)
    assert shaped.probs.sum() == pytest.approx(1)
    left = math.prod(1 - cut.removed for _, cut in shaped.steps)
    assert left == pytest.approx(shaped.tempered[shaped.probs > 0].sum())
    counts = [cut.n_kept for _, cut in shaped.steps]
    assert counts == sorted(counts, reverse=True)
    # What is kept is always a start of the order.
    assert (np.flatnonzero(shaped.probs[shaped.order]) == np.arange(counts[-1])).all()


def test_the_most_probable_token_lies_first() -> None:
    """A dart near 0 lands on it, one near 1 on the least probable that is left."""
    shaped = reshape(LOGITS, temperature=1.0, top_k=4)

    assert shaped.landings(np.array([0.0, 0.5, 0.999])).tolist() == [0, 1, 8]
    assert by_rank(LOGITS).tolist() == in_order(LOGITS)


def test_of_equals_the_lower_id_stays() -> None:
    """Both cuts break ties in the same way."""
    probs = np.array([0.1, 0.3, 0.3, 0.3])

    assert cut_top_k(probs, 2).probs.tolist() == [0, 0.5, 0.5, 0]
    assert cut_top_p(probs, 0.6).probs.tolist() == [0, 0.5, 0.5, 0]


def test_ties_are_broken_in_a_whole_vocabulary() -> None:
    """Also among thousands of equals, where an unstable sort would shuffle them."""
    probs = np.tile([1.0, 3.0, 2.0, 3.0], 1024) / 9216

    cut = cut_top_k(probs, 2100)

    kept = kept_by_k(probs, 2100)
    assert np.flatnonzero(cut.probs).tolist() == sorted(kept)


def test_a_cut_that_cuts_nothing_is_told_so() -> None:
    """top_k 0 or beyond the vocabulary, top_p 1, min_p 0 hand the probabilities on untouched."""
    probs = temper(LOGITS, 1.0)
    cuts = cut_top_k(probs, 0), cut_top_k(probs, 12), cut_top_p(probs, 1.0), cut_min_p(probs, 0.0)

    for cut in cuts:
        assert cut.probs is probs
        assert cut.removed == 0
        assert cut.n_kept == len(LOGITS)


def test_a_sum_that_never_reaches_p_keeps_all() -> None:
    """Rounding may leave the whole sum just below p: then nothing is cut."""
    probs = np.full(10, 0.1) * (1 - 1e-12)

    assert (cut_top_p(probs, math.nextafter(1, 0)).probs > 0).all()


def test_each_step_says_what_it_removed() -> None:
    """The cuts of a draw, in order: top_p's share is of what top_k left."""
    drawn = draw(LOGITS, temperature=1.0, top_k=4, top_p=0.7, min_p=0.1, seed=1, step=0)

    probs = expected(1.0, 0, 1.0)
    after_k = expected(1.0, 4, 1.0)
    (first, by_k), (second, by_p), (third, by_min), (_, by_typical) = drawn.shaped.steps
    assert (first, second, third) == ("top_k", "top_p", "min_p")
    assert [by_k.n_kept, by_p.n_kept] == [4, len(kept_by_p(after_k, 0.7))]
    assert by_k.removed == pytest.approx(1 - math.fsum(sorted(probs)[-4:]))
    np.testing.assert_allclose(by_k.probs, after_k)
    assert by_p.removed == pytest.approx(1 - math.fsum(after_k[kept_by_p(after_k, 0.7)]))
    assert by_min.removed == 0
    assert drawn.shaped.probs is by_typical.probs is by_min.probs
    np.testing.assert_allclose(drawn.shaped.tempered, probs)
    assert drawn.dart == dart(1, 0)


@FEW
@given(
    shares(),
    st.one_of(
        st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 5e-324, math.nextafter(1, 0)])
    ),
)
def test_a_dart_never_lands_on_a_cut_token(probs: np.ndarray, point: float) -> None:
    """At either end of [0, 1) and anywhere between, the token has a probability above 0."""
    token = land(probs, point)

    assert probs[token] > 0
    assert math.fsum(probs[:token]) <= point + 1e-12
    assert point <= math.fsum(probs[: token + 1]) + 1e-12


@pytest.mark.parametrize("scale", [1.0, 1 / 3, 1 - 2**-53, 7e-300])
def test_a_sum_that_is_not_quite_1_changes_nothing(scale: float) -> None:
    """The dart falls on the sum that there is, so its last sliver belongs to the last token."""
    probs = np.array([0.0, 0.25, 0.5, 0.25, 0.0]) * scale

    assert land(probs, 0.0) == 1
    assert land(probs, 0.3) == 2
    assert land(probs, math.nextafter(1, 0)) == 3


@FEW
@given(shares(), st.integers(1, WHOLE))
def test_typical_keeps_the_right_tokens(probs: np.ndarray, part: int) -> None:
    """The tokens of a surprise nearest to the entropy that reach the mass, and their equals."""
    kept = kept_by_typical(probs, part / WHOLE)

    cut = cut_typical(probs, part / WHOLE)

    np.testing.assert_allclose(cut.probs, normalised(probs, kept), atol=1e-12)
    assert cut.removed == pytest.approx(1 - math.fsum(probs[kept]), abs=1e-12)


def test_typical_may_take_the_best_token() -> None:
    """One likely token among many even ones: the even ones are what one would expect."""
    probs = np.array([0.3, *[0.7 / 70] * 70])

    cut = cut_typical(probs, 0.5)

    assert cut.probs[0] == 0
    assert cut.n_kept == 70
