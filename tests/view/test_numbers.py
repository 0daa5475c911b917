"""Numbers as text: a true minus, no zero with a sign, no rounding to a lie."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.view import numbers
from tests import english
from tests.view.sample import QUICK

single = st.floats(width=32)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
shares = st.floats(0, 1)


def plain(shown: str) -> str:
    """A written number as Python reads it."""
    return shown.replace(numbers.MINUS, "-").replace(numbers.THIN, "")


@QUICK
@given(single)
def test_no_hyphen_is_a_minus(value: float) -> None:
    """Every form has the true minus sign."""
    for write in (english.cell, english.signed, english.readout, english.exact):
        assert "-" not in write(value)


@QUICK
@given(finite)
def test_exact_reads_back(value: float) -> None:
    """The table's digits are the very float32."""
    assert np.float32(plain(english.exact(value))) == np.float32(value)


@QUICK
@given(finite)
def test_readout_has_four_digits(value: float) -> None:
    """A readout is within half a unit of its fourth significant digit."""
    assert float(plain(english.readout(value))) == pytest.approx(value, rel=5.01e-4, abs=1e-45)


@pytest.mark.parametrize(
    ("value", "shown"), [(-0.001, "0.00"), (0.0, "0.00"), (-0.005001, "−0.01"), (1234.5, "1234.50")]
)
def test_cells_have_two_decimals(value: float, shown: str) -> None:
    """Two decimals, and a zero never has a sign."""
    assert english.cell(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(1.5, "+1.50"), (-1.5, "−1.50"), (0.0, "0.00"), (-0.001, "0.00")]
)
def test_signed_shows_both_signs(value: float, shown: str) -> None:
    """A column of logits lines up: each value but zero has its sign."""
    assert english.signed(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(790.1052, "790.1"), (-12.345, "−12.35"), (26368.494, "26\u202f368"), (0.5, "0.5000")],
)
def test_readout_examples(value: float, shown: str) -> None:
    """Four significant digits, thousands set apart."""
    assert english.readout(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "−∞")]
)
def test_odd_values_are_said(value: float, shown: str) -> None:
    """What is no number is never drawn as one."""
    for write in (english.cell, english.signed, english.readout, english.exact, english.limit):
        assert write(value) == shown
    assert english.probability(value) == shown


@pytest.mark.parametrize(
    ("prob", "shown"),
    [
        (0.5143, "51.4 %"),
        (0.001, "0.1 %"),
        (1 / 4321, "1 in 4\u202f300"),
        (0.000999, "1 in 1\u202f000"),
        (0.9995, "99.95 %"),
        (0.99999, "99.999 %"),
        (1 - 1e-12, ">\u202f99.9999 %"),
        (1.0, "100.0 %"),
        (0.0, "0 %"),
        (3e-20, "1 in 3.3e19"),
    ],
)
def test_probabilities(prob: float, shown: str) -> None:
    """Per cent, and below a thousandth one in so many."""
    assert english.probability(prob) == shown


@QUICK
@given(shares)
def test_certainty_is_never_rounded_to(prob: float) -> None:
    """Only 1 is written as 100 %, only 0 as 0 %."""
    shown = english.probability(prob)

    assert (shown == "100.0 %") == (prob == 1)
    assert (shown == "0 %") == (prob == 0)


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (999, "999"), (1000, "1 000"), (-49152, "−49 152")]
)
def test_thousands_are_thin(value: int, shown: str) -> None:
    """Groups of three, held together by the narrow no-break space."""
    assert english.count(value) == shown.replace(" ", numbers.THIN)


def test_sizes_and_times() -> None:
    """Megabytes, milliseconds, parameters: in the units that a reader knows."""
    assert english.megabytes(99_934_112) == "99.9 MB"
    assert english.megabytes(1_100_000_000) == "1\u202f100.0 MB"
    assert english.duration(312.4) == "312 ms"
    assert english.duration(999.6) == "1.0 s"
    assert english.millions(134_515_008) == "135 M"
    assert english.millions(1_100_048_384) == "1.1 B"
    assert english.millions(170_000) == "0.17 M"
    assert english.millions(5_240_000) == "5.2 M"
    assert english.millions(9_960_000) == "10.0 M"
    assert english.millions(34_560) == "34\u202f560"
    assert english.limit(-40.0) == "−40"
    assert english.limit(0.15) == "0.15"
