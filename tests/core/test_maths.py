from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from seethrough.core.maths import (
    causal_mask,
    centred,
    gelu,
    gelu_new,
    log_sum_exp,
    rms_scale,
    rotary_angles,
    rotary_frequencies,
    rotate,
    silu,
    softmax,
)

FEW = settings(max_examples=60, deadline=None, derandomize=True)
DIMS = arrays_of.array_shapes(min_dims=1, max_dims=3, max_side=8)
SCORES = arrays_of.arrays(np.float32, DIMS, elements=st.floats(-200, 200, width=32))
HUGE = arrays_of.arrays(np.float32, DIMS, elements=st.floats(-(2.0**127), 2.0**127, width=32))
DTYPES = [np.float32, np.float64]


@FEW
@given(SCORES)
def test_softmax_is_its_definition(scores: np.ndarray) -> None:
    """exp(x) over the sum of exp, as float64 has it; every row sums to 1."""
    wide = scores.astype(np.float64)
    exact = np.exp(wide) / np.exp(wide).sum(axis=-1, keepdims=True)

    np.testing.assert_allclose(softmax(scores), exact, atol=1e-6)
    np.testing.assert_allclose(softmax(scores).sum(axis=-1), 1, atol=1e-6)


@FEW
@given(SCORES, st.integers(-64, 64))
def test_softmax_ignores_a_shift(scores: np.ndarray, shift: int) -> None:
    """Adding one number to a whole row changes nothing."""
    wide = scores.astype(np.float64)

    np.testing.assert_allclose(softmax(wide + shift), softmax(wide), atol=1e-12)


@FEW
@given(HUGE)
def test_softmax_of_huge_scores_is_finite(scores: np.ndarray) -> None:
    """No score that float32 holds overflows, and the largest has the largest share."""
    with np.errstate(over="ignore"):  # the difference of two huge scores may be −∞: that is its 0
        shares = softmax(scores)

    assert np.isfinite(shares).all()
    assert (
        np.take_along_axis(shares, scores.argmax(-1)[..., None], -1)[..., 0] == shares.max(-1)
    ).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_minus_infinity_is_0(dtype: type) -> None:
    """A masked score has no share at all, and the rest share as if it were not there."""
    scores = np.array([[1.0, -np.inf, 3.0], [-np.inf, -np.inf, 5.0]], dtype)

    shares = softmax(scores)

    assert shares[0, 1] == 0
    assert shares[1].tolist() == [0, 0, 1]
    np.testing.assert_allclose(shares[0, [0, 2]], softmax(scores[0, [0, 2]]), rtol=1e-6)


@FEW
@given(SCORES)
def test_log_sum_exp_is_its_definition(logits: np.ndarray) -> None:
    """The log of the summed exponentials; a logit minus it is the log of the softmax."""
    exact = [
        math.log(math.fsum(map(math.exp, row)))
        for row in logits.reshape(-1, logits.shape[-1]).tolist()
    ]
    total = log_sum_exp(logits)

    np.testing.assert_allclose(total.reshape(-1), exact, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(np.exp(logits - total[..., None]), softmax(logits), atol=1e-4)


@FEW
@given(
    arrays_of.arrays(np.float32, (3, 16), elements=st.floats(-1000, 1000, width=32)),
    st.sampled_from([1e-6, 1e-5, 1e-3]),
)
def test_rms_scale_is_its_definition(x: np.ndarray, eps: float) -> None:
    """The root of the mean square plus eps; what it divides has a mean square of at most 1."""
    exact = [[math.sqrt(math.fsum(v * v for v in row) / 16 + eps)] for row in x.tolist()]
    scale = rms_scale(x, eps)

    assert scale.shape == (3, 1)
    np.testing.assert_allclose(scale, exact, rtol=1e-6)
    assert (np.square((x / scale).astype(np.float64)).mean(axis=-1) <= 1 + 1e-5).all()


def test_rms_scale_of_zeros_is_the_root_of_eps() -> None:
    """A vector of zeros is divided by √eps, not by 0."""
    assert rms_scale(np.zeros((1, 4), np.float32), 1e-4)[0, 0] == pytest.approx(0.01)


@FEW
@given(HUGE)
def test_silu_is_its_definition(x: np.ndarray) -> None:
    """x times its sigmoid, without an overflow at either end."""
    with np.errstate(under="ignore"):
        exact = [v / (1 + math.exp(-v)) if v > -700 else 0.0 for v in x.reshape(-1).tolist()]

    np.testing.assert_allclose(silu(x).reshape(-1), exact, rtol=1e-6, atol=1e-30)


def test_silu_far_out() -> None:
    """Large numbers pass, far negative ones vanish, 0 stays 0."""
    x = np.array([1e38, 100, 0, -100, -1e38], np.float32)

    assert silu(x)[:3].tolist() == x[:3].tolist()
    np.testing.assert_allclose(silu(x)[3:], 0, atol=1e-40)


@pytest.mark.parametrize("function", [softmax, silu, log_sum_exp, lambda x: rms_scale(x, 1e-5)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_stays(function: object, dtype: type) -> None:
    """The same code runs in float32 and float64."""
    assert function(np.ones((2, 4), dtype)).dtype == dtype  # type: ignore[operator]


@pytest.mark.parametrize("base", [10_000.0, 100_000.0])
def test_angles_are_their_definition(base: float) -> None:
    """Pair j of position p turns by p · base^(−2j / d_head), also far into a long text."""
    positions = np.array([0, 1, 7, 8191])
    exact = [[p * base ** (-2 * j / 64) for j in range(32)] for p in positions.tolist()]

    np.testing.assert_allclose(rotary_angles(positions, 64, base, np.float64), exact, rtol=1e-12)
    np.testing.assert_allclose(rotary_angles(positions, 64, base), exact, rtol=1e-6)
    assert rotary_angles(positions, 64, base).dtype == np.float32


def test_rotary_frequencies_are_the_same_on_every_processor() -> None:
    """Each power is rounded once, as in transformers; a float32 power of numpy may miss it."""
    for base, d_head in ((10_000, 128), (100_000, 64), (500_000, 64)):
        exponents = np.arange(0, d_head, 2, dtype=np.float32) / np.float32(d_head)
        with localcontext() as context:
            context.prec = 40
            powers = [np.float32(float(Decimal(base) ** Decimal(float(x)))) for x in exponents]
        expected = np.float32(1) / np.array(powers, np.float32)

        assert np.array_equal(rotary_frequencies(d_head, base), expected)


def test_rotate_is_a_turn_of_each_pair() -> None:
    """Number j and number j + d_head / 2 are the two ends of one turn."""
    x = np.arange(1.0, 5.0)[None, None]
    angles = np.array([[math.pi / 2, 0.5]])

    first, second, third, fourth = rotate(x, angles)[0, 0]

    assert (first, third) == (pytest.approx(-3), pytest.approx(1))
    assert complex(second, fourth) == pytest.approx(
        complex(2, 4) * complex(math.cos(0.5), math.sin(0.5))
    )


@FEW
@given(arrays_of.arrays(np.float64, (5, 2, 8), elements=st.floats(-10, 10)))
def test_rotate_keeps_lengths(x: np.ndarray) -> None:
    """A turn changes no vector's norm, and at position 0 nothing at all."""
    turned = rotate(x, rotary_angles(np.arange(5), 8, 10_000.0, np.float64))

    np.testing.assert_allclose(
        np.linalg.norm(turned, axis=-1), np.linalg.norm(x, axis=-1), atol=1e-12
    )
    np.testing.assert_array_equal(turned[0], x[0])


@FEW
@given(
    arrays_of.arrays(np.float64, (2, 1, 8), elements=st.floats(-10, 10)),
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(0, 500),
)
def test_a_score_depends_on_the_distance_alone(
    pair: np.ndarray, query: int, key: int, shift: int
) -> None:
    """q · k after both were turned is the same wherever the two stand, at the same distance."""

    def score(query: int, key: int) -> float:
        angles = rotary_angles(np.array([query, key]), 8, 10_000.0, np.float64)
        q, k = rotate(pair, angles)
        return float((q * k).sum())

    assert score(query, key) == pytest.approx(score(query + shift, key + shift), abs=1e-9)


@pytest.mark.parametrize(("n_pos", "n_past"), [(1, 0), (4, 0), (3, 5), (1, 9)])
def test_the_mask_hides_the_future(n_pos: int, n_past: int) -> None:
    """A position sees itself and what comes before it, cached positions too, and no more."""
    mask = causal_mask(n_pos, n_past)

    assert mask.shape == (n_pos, n_past + n_pos)
    for query in range(n_pos):
        for key in range(n_past + n_pos):
            assert mask[query, key] == (0 if key <= n_past + query else -math.inf)


@pytest.mark.parametrize("window", [1, 3, 20])
def test_a_window_hides_what_is_far(window: int) -> None:
    """A position sees as many positions as the window is wide, its own among them, none later."""
    mask = causal_mask(3, 5, window=window)

    for query in range(3):
        seen = [key for key in range(8) if mask[query, key] == 0]
        assert seen == list(range(max(0, 5 + query - window + 1), 5 + query + 1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_new_is_its_definition(dtype: type) -> None:
    """0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), number by number, in its own dtype."""
    x = np.linspace(-12, 12, 481).astype(dtype)
    root = math.sqrt(2 / math.pi)
    exact = [0.5 * v * (1 + math.tanh(root * (v + 0.044715 * v**3))) for v in x.tolist()]

    assert gelu_new(x).dtype == dtype
    np.testing.assert_allclose(gelu_new(x), exact, atol=np.finfo(dtype).eps * 16)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gelu_is_its_definition(dtype: type) -> None:
    """x times the share of a normal distribution below it, to the last bits."""
    x = np.linspace(-9, 9, 361).astype(dtype)
    exact = [float(one) * math.erfc(-float(one) / math.sqrt(2)) / 2 for one in x]

    assert gelu(x).dtype == dtype
    np.testing.assert_allclose(gelu(x), exact, atol=np.finfo(dtype).eps * 4)


def test_numbers_behind_the_turned_ones_stay() -> None:
    """Where a part of a head is turned, its first numbers are as in a head of that width."""
    x = np.random.default_rng(3).standard_normal((5, 2, 8))
    angles = rotary_angles(np.arange(5), 6, 10_000.0, np.float64)

    turned = rotate(x, angles)
    np.testing.assert_array_equal(turned[..., :6], rotate(x[..., :6], angles))
    np.testing.assert_array_equal(turned[..., 6:], x[..., 6:])


def test_gelu_new_is_near_gelu() -> None:
    """GPT-2's form is x·Φ(x) of the normal distribution to within 0.0005."""
    x = np.linspace(-8, 8, 321)
    normal = [v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x.tolist()]

    np.testing.assert_allclose(gelu_new(x), normal, atol=5e-4)


@FEW
@given(SCORES)
def test_centred_rows_have_no_mean(x: np.ndarray) -> None:
    """What is left of a row adds up to nothing, and no difference inside it changed."""
    left = centred(x.astype(np.float64))

    np.testing.assert_allclose(left.sum(axis=-1), 0, atol=1e-10)
    np.testing.assert_allclose(np.diff(left, axis=-1), np.diff(x.astype(np.float64)), atol=1e-10)
