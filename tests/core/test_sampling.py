from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.errors import InputError
from seethrough.core.sampling import (
    check_settings,
    dart,
    draw,
    draws,
    greedy,
    landings,
    reshape,
    temper,
)
from tests.by_definition import FEW, LOGITS, expected

N_DRAWS = 20_000
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
