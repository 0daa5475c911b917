"""Scales: zero is paper, both signs reach equally far, and what lies beyond is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.view.scales import (
    AA,
    DARK,
    LIGHT,
    Diverging,
    Linear,
    Ramp,
    contrast,
    rgb,
    symmetric_limit,
    text_on,
    theme,
)
from tests.view.sample import QUICK

THEMES = pytest.mark.parametrize("dark", [False, True])
limits = st.floats(0.015625, 1e6, width=32)
single = st.floats(-1e7, 1e7, width=32)


@THEMES
@pytest.mark.parametrize("exponent", [1.0, 0.5])
def test_zero_is_exactly_paper(*, dark: bool, exponent: float) -> None:
    """No value at all has no colour at all, of either sign of zero."""
    colours = Diverging(40.0, exponent).colours(np.array([0.0, -0.0]), dark=dark)

    assert (colours == rgb(theme(dark=dark)["paper"])).all()
    assert (Ramp("attention").colours(np.array([0.0]), dark=dark)[0] == colours[0]).all()


@THEMES
def test_limits_have_the_full_colour(*, dark: bool) -> None:
    """At and beyond a limit stands the pole itself: blue below, orange above."""
    colours = Diverging(2.0, 0.5).colours(np.array([-9.0, -2.0, 2.0, 9.0]), dark=dark)

    assert (colours[:2] == rgb(theme(dark=dark)["negative"])).all()
    assert (colours[2:] == rgb(theme(dark=dark)["positive"])).all()


@QUICK
@given(limits, single)
def test_the_scale_is_symmetric(limit: float, value: float) -> None:
    """A value and its opposite have the same share of their colours."""
    scale = Diverging(limit, 0.5)

    assert scale.shares(np.array([value])) == -scale.shares(np.array([-value]))


@QUICK
@given(limits, st.floats(-1, 1))
def test_the_legend_prints_the_scale(limit: float, share: float) -> None:
    """The value that a legend prints under a colour gets that colour."""
    scale = Diverging(limit, 0.5)

    assert scale.shares(np.array(scale.value_at(share))) == pytest.approx(share, abs=1e-6)


def test_clipping_is_known() -> None:
    """Beyond the limits, infinite and not-a-number cells are told apart from those inside."""
    values = np.array([0.0, 2.0, -2.0, 2.001, -np.inf, np.nan])

    assert Diverging(2.0).clipped(values).tolist() == [False, False, False, True, True, True]


@QUICK
@given(st.lists(single, min_size=1, max_size=300))
def test_the_limit_holds_nearly_all(values: list[float]) -> None:
    """The limit is positive and leaves at most a hundredth (and one value) outside."""
    array = np.array(values, dtype=np.float64)
    limit = symmetric_limit(array)

    assert limit > 0
    assert (np.abs(array) > limit * (1 + 1e-9)).sum() <= 0.01 * len(values) + 1


@pytest.mark.parametrize(
    ("values", "limit"),
    [([0.0, 0.0], 1.0), ([np.nan], 1.0), ([32.0] * 9, 40.0), ([0.013] * 9, 0.015), ([10.0], 10.0)],
)
def test_limits_are_round(values: list[float], limit: float) -> None:
    """A printed limit is a round number; without any value it is 1."""
    assert symmetric_limit(np.array(values)) == limit


def test_one_large_value_among_zeros_still_has_a_limit() -> None:
    """A stream that is zero but for one dimension is scaled by it."""
    values = np.zeros(1000)
    values[7] = 25.0

    assert symmetric_limit(values) == 25.0


def test_linear_stays_inside() -> None:
    """Outside its domain a scale stays at its ends; an empty domain has one end."""
    width = Linear(0.0, 4.0, 0.0, 80.0)

    assert [width(value) for value in (-1.0, 1.0, 9.0, float("nan"))] == [0.0, 20.0, 80.0, 0.0]
    assert Linear(0.0, 0.0)(3.0) == 0.0


@THEMES
def test_digits_read_on_every_weight(*, dark: bool) -> None:
    """A number in a cell is ink or paper, whichever reaches AA; between them it has an edge."""
    roles = theme(dark=dark)
    for share in np.linspace(0.0, 1.0, 201):
        choice = text_on(float(share), "attention", dark=dark)
        ground = Ramp("attention").colours(np.array(share), dark=dark).astype(np.float32)
        against = rgb(roles["paper"]) if choice == "halo" else ground
        written = rgb(roles["paper"] if choice == "paper" else roles["ink"])
        assert contrast(written, against) >= AA


def test_both_themes_have_the_same_roles() -> None:
    """No role is missing at night."""
    assert LIGHT.keys() == DARK.keys()
