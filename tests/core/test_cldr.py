"""The page's table of plurals and signs is what CLDR has, by the Babel that is installed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale

from export import cldr
from seethrough.core.language import (
    MADE_UP,
    categories,
    category,
    operands,
    row,
    signs,
    table,
    written_out,
)
from seethrough.core.messages import COUNTING, LANGUAGES

DECIMALS = ("0.0", "0.1", "0.5", "1.0", "1.5", "2.00", "3.14", "5.10", "21.0", "21.5", "100.1")
NUMBERS = (*map(str, range(1001)), "10000", "1000000", "2000000", "1000001", *DECIMALS)
OWN = sorted({MADE_UP.get(name, name) for name in LANGUAGES} | {"de", "es", "fr", "uk"})
# One language for each set of rules; the others share them.
PLURAL, ORDINAL = ({row(name)[at]: name for name in table()["languages"]} for at in (0, 1))


@pytest.mark.long
def test_the_table_is_babels() -> None:
    """`python -m export.cldr` would write the very file that is there."""
    assert cldr.TABLE.read_text(encoding="utf-8") == cldr.written(cldr.made())


@pytest.mark.parametrize("language", sorted({*PLURAL.values(), *OWN}))
def test_plurals_are_cldrs(language: str) -> None:
    """Whole numbers to 1000, some large ones, and decimals take the plural that Babel says."""
    asked = Locale(language).plural_form

    assert [category(language, digits) for digits in NUMBERS] == [
        asked(Decimal(digits)) for digits in NUMBERS
    ]


@pytest.mark.parametrize("language", sorted({*ORDINAL.values(), *OWN}))
def test_ordinals_are_cldrs(language: str) -> None:
    """First, second, third: as Babel says, to 200."""
    asked = Locale(language).ordinal_form

    assert [category(language, str(n), is_ordinal=True) for n in range(201)] == [
        asked(n) for n in range(201)
    ]


@pytest.mark.parametrize("language", ["de", "cs", "fr", "pl", "uk", "es", "de-AT"])
def test_signs_are_cldrs(language: str) -> None:
    """The decimal sign and the percent sign's place are Babel's; a space never breaks a number."""
    locale = Locale.parse(language, sep="-") if language != "de-AT" else Locale("de")
    symbols = locale.number_symbols["latn"]
    made = signs(language)

    assert made.decimal == symbols["decimal"]
    assert made.group == symbols["group"].replace("\u00a0", "\u202f")
    assert made.percent.replace("{0}", "#,##0") == locale.percent_formats[None].pattern


def test_made_up_languages_count_as_real_ones() -> None:
    """They have the four categories and the comma that they are made for."""
    for language in COUNTING:
        assert categories(language) == {"one", "few", "many", "other"}
        assert signs(language).decimal == ","


def test_a_number_is_taken_as_it_is_written() -> None:
    """CLDR's own examples of operands; an exponent is written out."""
    assert operands("1.30") == {"n": 1.3, "i": 1, "v": 2, "w": 1, "f": 30, "t": 3, "c": 0, "e": 0}
    assert operands("-103") == {"n": 103, "i": 103, "v": 0, "w": 0, "f": 0, "t": 0, "c": 0, "e": 0}
    assert [written_out(one) for one in ("1.1e12", "2e0", "1.25e1", "5e-3")] == [
        "1100000000000",
        "2",
        "12.5",
        ".005",
    ]
    assert category("cs", "") == "other"


def test_the_table_is_small() -> None:
    """The page fetches it: no more than 30 KB."""
    assert cldr.TABLE.stat().st_size < 30_000
