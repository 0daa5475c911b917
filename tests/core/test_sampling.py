from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.core.cuts import cut_min_p, cut_top_k, cut_top_p
from seethrough.core.errors import InputError
from seethrough.core.sampling import (
    by_rank,
    check_settings,
    dart,
    draw,
    draws,
    greedy,
    landings,
    reshape,
    temper,
)

FEW = settings(max_examples=70, deadline=None, derandomize=True)
LOGITS = np.array([2.0, 1.5, 1.5, 0.3, -0.5, -0.5, -1.0, 0.9, 1.1, -2.5, 0.0, 0.6], np.float32)
N_DRAWS = 20_000
WHOLE = 4096  # a power of two: sums of shares of it are exact
PINNED = [
    73,
    68,
    131,
    121,
    10,
    189,
    63,
    189,
    194,
    199,
    204,
    242,
    199,
    93,
    15,
    93,
    184,
    199,
    121,
    252,
]
UNLIKELY = 4.0  # standard deviations: one right sampler in 16,000 would be refused


@st.composite
def shares(draw_: st.DrawFn) -> np.ndarray:
    """Probabilities that float64 adds up exactly, with many equals and some zeros."""
    counts = draw_(st.lists(st.integers(0, 40), min_size=1, max_size=30))
    counts.insert(draw_(st.integers(0, len(counts))), WHOLE - sum(counts))
    return np.array(counts) / WHOLE


def in_order(probs: np.ndarray) -> list[int]:
    """Ids from the most to the least probable; of equals the lower first."""
    return sorted(range(len(probs)), key=lambda token: (-probs[token], token))


def kept_by_k(probs: np.ndarray, k: int) -> list[int]:
    """Brute force: the k most probable; 0 keeps all."""
    return in_order(probs)[: k or len(probs)]


def kept_by_p(probs: np.ndarray, p: float) -> list[int]:
    """Brute force: the shortest start of the order whose sum reaches p."""
    order = in_order(probs)
    for count in range(1, len(order) + 1):
        if math.fsum(probs[order[:count]]) >= p:
            return order[:count]
    return order


def kept_by_min(probs: np.ndarray, share: float) -> list[int]:
    """Brute force: those at least `share` times as probable as the best."""
    return [token for token, prob in enumerate(probs) if prob >= share * max(probs)]


def land(probs: np.ndarray, point: float) -> int:
    """Where one dart falls."""
    return int(landings(probs, np.array([point]))[0])


def normalised(probs: np.ndarray, kept: list[int]) -> np.ndarray:
    """The kept tokens' probabilities scaled to a sum of 1, the rest 0."""
    total = math.fsum(probs[kept])
    return np.array([probs[t] / total if t in kept else 0.0 for t in range(len(probs))])


def expected(
    temperature: float,
    top_k: int,
    top_p: float,
    min_p: float = 0.0,
    logits: np.ndarray = LOGITS,
) -> np.ndarray:
    """The distribution that a draw follows, by the definitions above."""
    weights = [math.exp(float(logit) / temperature) for logit in logits]
    probs = np.array([weight / math.fsum(weights) for weight in weights])
    probs = normalised(probs, kept_by_k(probs, top_k))
    probs = normalised(probs, kept_by_p(probs, top_p)) if top_p < 1 else probs
    return normalised(probs, kept_by_min(probs, min_p))


def deviation(counts: np.ndarray, probs: np.ndarray) -> float:
    """How many standard deviations the χ² of the counts lies above its mean.

    Source: Wilson & Hilferty 1931: the cube root of χ²/n is nearly normal.
    """
    seen = probs > 0
    assert counts[~seen].sum() == 0
    wanted = probs[seen] * counts.sum()
    chi_square = float(((counts[seen] - wanted) ** 2 / wanted).sum())
    freedom = int(seen.sum()) - 1
    spread = 2 / (9 * freedom)
    return ((chi_square / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)


@cache
def darts() -> tuple[float, ...]:
    """The darts of 20,000 steps of one seed."""
    return tuple(dart(7, step) for step in range(N_DRAWS))


# Each setting alone, every pair, and all together: temperature, top_k, top_p, min_p.
SETTINGS = [
    (1.0, 0, 1.0, 0.0),
    (0.5, 0, 1.0, 0.0),
    (2.5, 0, 1.0, 0.0),
    (1.0, 4, 1.0, 0.0),
    (1.0, 0, 0.7, 0.0),
    (1.0, 0, 1.0, 0.2),
    (0.7, 2, 1.0, 0.0),
    (1.6, 0, 0.9, 0.0),
    (0.8, 0, 1.0, 0.1),
    (1.0, 5, 0.9, 0.0),
    (1.0, 9, 1.0, 0.15),
    (1.0, 0, 0.95, 0.15),
    (1.3, 6, 0.8, 0.0),
    (1.8, 9, 0.97, 0.3),
]


@pytest.mark.parametrize(("temperature", "top_k", "top_p", "min_p"), SETTINGS)
def test_draws_follow_the_definition(
    temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    """20,000 draws fall as the cut and tempered probabilities say, by a χ² test."""
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    shaped = reshape(LOGITS, **options)  # type: ignore[arg-type]
    landed = shaped.landings(np.array(darts()))

    probs = expected(temperature, top_k, top_p, min_p)
    counts = np.bincount(landed, minlength=len(LOGITS))
    np.testing.assert_allclose(shaped.probs, probs, atol=1e-12)
    assert abs(deviation(counts, probs)) < UNLIKELY
    some = range(0, N_DRAWS, 500)
    assert draws(shaped, seed=7, steps=some).tolist() == landed[list(some)].tolist()
    alone = [draw(LOGITS, **options, seed=7, step=step).id for step in some]  # type: ignore[arg-type]
    assert alone == landed[list(some)].tolist()


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "min_p"),
    [(1.0, 0, 1.0, 0.0), (0.8, 40, 0.95, 0.02), (1.4, 0, 0.6, 0.0), (1.0, 0, 1.0, 0.05)],
)
def test_draws_from_a_whole_vocabulary_follow_it(
    temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    """The same among 49,152 tokens, those that 20,000 draws expect less than 5 times as one."""
    shape = (5.0 - 1.4 * np.log(1 + np.arange(49152.0))) * np.cos(np.arange(49152) * 1e-5)
    logits = shape[(np.arange(49152) * 7919) % 49152].astype(np.float32)
    shaped = reshape(logits, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    counts = np.bincount(shaped.landings(np.array(darts())), minlength=logits.size)

    seldom = shaped.probs * N_DRAWS < 5
    together = np.append(shaped.probs[~seldom], shaped.probs[seldom].sum())
    counted = np.append(counts[~seldom], counts[seldom].sum())
    assert len(together) > 5
    assert abs(deviation(counted, together)) < UNLIKELY


def test_draws_of_many_seeds_follow_it_too() -> None:
    """The first token over 10,000 seeds falls like the tokens of one seed."""
    probs = expected(1.0, 0, 1.0)
    landed = landings(probs, np.array([dart(seed, 0) for seed in range(N_DRAWS // 2)]))

    assert abs(deviation(np.bincount(landed, minlength=len(LOGITS)), probs)) < UNLIKELY


def test_the_chi_square_can_fail() -> None:
    """A temperature that is off by a tenth is found out."""
    probs = expected(1.1, 0, 1.0)
    landed = landings(probs, np.array(darts()))
    counts = np.bincount(landed, minlength=len(LOGITS))

    assert deviation(counts, expected(1.0, 0, 1.0)) > UNLIKELY


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
    (first, by_k), (second, by_p), (third, by_min) = drawn.shaped.steps
    assert (first, second, third) == ("top_k", "top_p", "min_p")
    assert [by_k.n_kept, by_p.n_kept] == [4, len(kept_by_p(after_k, 0.7))]
    assert by_k.removed == pytest.approx(1 - math.fsum(sorted(probs)[-4:]))
    np.testing.assert_allclose(by_k.probs, after_k)
    assert by_p.removed == pytest.approx(1 - math.fsum(after_k[kept_by_p(after_k, 0.7)]))
    assert by_min.removed == 0
    assert drawn.shaped.probs is by_min.probs
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


@pytest.mark.parametrize("temperature", [1e-3, 1e-9, 1e-300, 5e-324])
def test_near_temperature_0_it_is_greedy(temperature: float) -> None:
    """All the mass goes to the largest logit, with no overflow on the way."""
    probs = temper(LOGITS, temperature)

    assert probs[0] == 1
    assert probs.sum() == 1
    drawn = draw(LOGITS, temperature=temperature, seed=3, step=1)
    assert drawn.id == greedy(LOGITS) == 0


def test_near_temperature_0_equals_share() -> None:
    """Two largest logits stay equally probable, however cold it is."""
    assert temper(np.array([1.0, 3.0, 3.0], np.float32), 1e-300).tolist() == [0, 0.5, 0.5]


def test_the_highest_temperature_is_nearly_even() -> None:
    """At 100 no token of these is twice as probable as another."""
    probs = temper(LOGITS, 100.0)

    assert probs.max() / probs.min() == pytest.approx(math.exp(4.5 / 100))


@FEW
@given(
    st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=20),
    st.floats(0.1, 100),
)
def test_temper_is_its_definition(logits: list[float], temperature: float) -> None:
    """softmax(logits / temperature) in float64, a float32's every digit used."""
    wide = [math.exp((logit - max(logits)) / temperature) for logit in logits]

    probs = temper(np.array(logits, np.float32), temperature)

    assert probs.dtype == np.float64
    np.testing.assert_allclose(probs, np.array(wide) / math.fsum(wide), atol=1e-12)


def test_a_masked_logit_is_never_drawn() -> None:
    """−∞ has no probability at any temperature."""
    logits = np.array([-np.inf, 0.0, -np.inf, 1.0], np.float32)

    assert temper(logits, 50.0)[[0, 2]].tolist() == [0, 0]


def test_greedy_takes_the_first_of_equals() -> None:
    """The largest logit; of equals the lowest id."""
    assert greedy(np.array([1.0, 4.0, 4.0, -1.0])) == 1


def test_darts_are_pinned() -> None:
    """The very numbers that CPython throws are thrown in the page, on every machine."""
    assert [dart(1, step) for step in range(4)] == [
        0.5118216247002567,
        0.33187239186810047,
        0.44841514333227195,
        0.01406863877696618,
    ]
    assert (dart(0, 0), dart(2**53, 4095)) == (0.6369616873214543, 0.9262540467736934)


def test_draws_are_pinned() -> None:
    """20 draws of one seed, from logits that are the same on every machine."""
    logits = ((np.arange(300) * 7919 % 300) / 32).astype(np.float32)
    options = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.1}
    shaped = reshape(logits, **options)  # type: ignore[arg-type]

    landed = draws(shaped, seed=1, steps=range(20)).tolist()

    assert landed == PINNED
    alone = [draw(logits, **options, seed=1, step=step).id for step in range(20)]  # type: ignore[arg-type]
    assert alone == PINNED


def test_a_dart_depends_on_seed_and_step_alone() -> None:
    """A fork at step n goes on as the original did; steps and seeds do not repeat each other."""
    again = [dart(7, step) for step in range(100)]

    assert tuple(again) == darts()[:100]
    assert len({dart(seed, step) for seed in range(30) for step in range(30)}) == 900
    assert all(0 <= point < 1 for point in darts())


def test_the_same_seed_and_step_draw_the_same_token() -> None:
    """A draw can be repeated, whatever was drawn in between."""
    options = {"temperature": 1.0, "seed": 5}
    first = [draw(LOGITS, **options, step=step).id for step in range(20)]  # type: ignore[arg-type]
    second = [draw(LOGITS, **options, step=step).id for step in reversed(range(20))]  # type: ignore[arg-type]

    assert first == second[::-1]
    assert len(set(first)) > 3


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "min_p", "said"),
    [
        (-1, 0, 1, 0, "temperature is -1,"),
        (100.5, 0, 1, 0, "temperature is 100.5,"),
        (math.nan, 0, 1, 0, "temperature is nan,"),
        (math.inf, 0, 1, 0, "temperature is inf,"),
        (1, -1, 1, 0, "top_k is -1,"),
        (1, 0, 0, 0, "top_p is 0,"),
        (1, 0, 1.01, 0, "top_p is 1.01,"),
        (1, 0, math.nan, 0, "top_p is nan,"),
        (1, 0, 1, -0.1, "min_p is -0.1,"),
        (1, 0, 1, 1.01, "min_p is 1.01,"),
        (1, 0, 1, math.nan, "min_p is nan,"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    temperature: float, top_k: int, top_p: float, min_p: float, said: str
) -> None:
    """The sentence says what arrived; the same check guards a draw."""
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    with pytest.raises(InputError, match=said):
        check_settings(**options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=said):
        draw(LOGITS, **options, seed=1, step=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "min_p"),
    [(0, 0, 1, 0), (100, 0, 1, 0), (1, 1, 1, 0), (1, 0, 1e-9, 0), (1, 0, 1, 1)],
)
def test_settings_at_the_edge_are_taken(
    temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    """The limits themselves are allowed."""
    check_settings(temperature, top_k, top_p, min_p)


def test_temperature_0_is_not_a_draw() -> None:
    """Nothing is drawn at temperature 0, and a draw says so."""
    with pytest.raises(InputError) as caught:
        draw(LOGITS, temperature=0, seed=1, step=0)
    assert caught.value.key == "sampling.zero"
