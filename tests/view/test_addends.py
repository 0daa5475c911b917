"""Sums on the screen: what is shown adds up, and each number is the true one as far as it shows."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.view.addends import add_up, shares
from seethrough.view.numbers import MINUS, THIN, bracketed, decimals_of, in_column
from seethrough.view.words import Reader
from tests.english import ENGLISH
from tests.view.sample import QUICK

if TYPE_CHECKING:
    from collections.abc import Sequence

terms = st.lists(
    st.floats(-1000, 1000, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-3),
    min_size=4,
    max_size=40,
).filter(lambda values: max(map(abs, values)) > 1)


def plain(shown: str) -> Decimal:
    """A written number as it stands there, with all its zeros."""
    bare = shown.replace(MINUS, "-").replace(THIN, "").replace("\u00a0", "").rstrip("%").strip()
    return Decimal(bare)


def last_digit(shown: str) -> float:
    """What one more in the last shown digit is."""
    exponent = plain(shown).as_tuple().exponent
    assert isinstance(exponent, int)
    return 10.0**exponent


def split(values: Sequence[float], n_told: int = 3) -> tuple[list[float], float, float]:
    """The first parts, what the others have together, the whole."""
    return list(values[:n_told]), math.fsum(values[n_told:]), math.fsum(values)


@QUICK
@given(terms, st.booleans())
def test_the_shown_parts_make_the_shown_whole(values: list[float], is_short: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """Added up as they stand there, parts and rest are the whole, to the last digit."""
    told, rest, whole = split(values)
    added = add_up(ENGLISH, told, whole, rest, is_short=is_short)

    assert added.rest is not None
    exponents = [one for one in (*added.parts, added.whole) if "e" in one]
    if not exponents:
        assert sum(map(plain, added.parts)) + plain(added.rest) == plain(added.whole)


@QUICK
@given(terms)
def test_each_number_is_true_as_far_as_it_is_shown(values: list[float]) -> None:
    """Parts and whole are within half of their last digit; the rest within as many as there are."""
    told, rest, whole = split(values)
    added = add_up(ENGLISH, told, whole, rest)

    for shown, value in zip((*added.parts, added.whole), (*told, whole), strict=True):
        assert abs(float(plain(shown)) - value) <= 0.501 * last_digit(shown) + 1e-9
    assert added.rest is not None
    slack = (len(told) + 2) / 2 * last_digit(added.rest)
    assert abs(float(plain(added.rest)) - rest) <= slack + 1e-9


def test_a_sum_of_products_adds_up() -> None:
    """Of 576 products the largest and the others make the logit, each by itself rounded right."""
    random = np.random.Generator(np.random.PCG64(3))
    for _ in range(200):
        values = np.sort(random.standard_normal(576) * random.random(576))[::-1]
        told, rest, whole = split(values.tolist())
        added = add_up(ENGLISH, told, whole, rest, is_signed=True)
        assert added.rest is not None
        assert sum(map(plain, added.parts)) + plain(added.rest) == plain(added.whole)
        assert added.parts[0].startswith("+")


def test_without_a_rest_the_parts_alone_add_up() -> None:
    """Two rows that are added: more digits are told until the sum comes out."""
    added = add_up(ENGLISH, [0.12345678, 0.23456789], 0.35802467)

    assert added.rest is None
    assert plain(added.parts[0]) + plain(added.parts[1]) == plain(added.whole)


def test_numbers_that_are_none_are_told_as_they_are() -> None:
    """NaN and infinity make no sum, and no error."""
    assert add_up(ENGLISH, [math.nan, 1.0], math.nan, 2.0).whole == "NaN"
    assert add_up(ENGLISH, [math.inf], math.inf).parts == ("∞",)
    assert shares(ENGLISH, [math.nan], math.nan).parts == ("NaN",)


@QUICK
@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=20))
def test_shares_add_up_to_a_hundred(weights: list[float]) -> None:
    """The shown shares and the rest are 100 %; what is too small for that is told by its odds."""
    total = math.fsum(weights) * 1.25
    told = shares(ENGLISH, [weight / total for weight in weights], 0.2)
    seen = [plain(one) for one in told.parts if "1 in" not in one]

    assert sum(seen) + plain(told.rest) == 100
    assert plain(told.whole) == 100
    assert not any(float(plain(one)) == 0 for one in told.parts if "1 in" not in one)


@QUICK
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_a_column_has_one_number_of_decimals(values: list[float]) -> None:
    """All end at the same decimal but those that would be told as zero, which none is falsely."""
    shown = in_column(ENGLISH, values)
    ends = {one.rpartition(".")[2] if "." in one else "" for one in shown if "e" not in one}

    if decimals_of(values) is not None:
        assert len({len(end) for end in ends}) <= 1
    for one, value in zip(shown, values, strict=True):
        assert value == 0 or float(plain(one)) != 0


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([12.345678, 0.5, -3.0], ("12.35", "0.50", f"{MINUS}3.00")),
        ([1.0, 0.01234], ("1.000", "0.012")),
        ([26368.4, 3.2], (f"26{THIN}368.4", "3.2")),
        ([1.0, 1e-9], ("1.00000", f"1.0e{MINUS}09")),
        ([0.0, 0.0], ("0.00", "0.00")),
    ],
)
def test_columns_as_they_stand(values: list[float], shown: tuple[str, ...]) -> None:
    """Four digits of the largest, two of the smallest where there is room."""
    assert in_column(ENGLISH, values) == shown


def test_a_column_keeps_its_language() -> None:
    """The decimal sign is the reader's."""
    assert in_column(Reader("cs"), [1.5, 2.25])[0].replace(",", ".") == "1.500"


def test_a_minus_behind_a_sign_is_bracketed() -> None:
    """So that no two signs stand side by side."""
    assert bracketed(f"{MINUS}1.5") == f"({MINUS}1.5)"
    assert bracketed("1.5") == "1.5"
