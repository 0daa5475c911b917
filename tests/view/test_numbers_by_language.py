"""Numbers on the page are written as the language writes them; what programs read keeps a point."""

from __future__ import annotations

import pytest

from seethrough.view import numbers
from seethrough.view.node import h, to_html
from seethrough.view.words import Framed, Reader, rich, say

THIN = "\u202f"
WRITTEN = {
    "en": ("0.50", f"26{THIN}368", "−1.235e−05", "+1.50", "51.4 %", "1 in 4\u202f300", "99.9 MB"),
    "qpl": ("0,50", f"26{THIN}368", "−1,235e−05", "+1,50", "51,4%", f"1 in 4{THIN}300", "99,9 MB"),
    "qcs": (
        "0,50",
        f"26{THIN}368",
        "−1,235e−05",
        "+1,50",
        "51,4\u00a0%",
        f"1 in 4{THIN}300",
        "99,9 MB",
    ),
}


@pytest.mark.parametrize("language", WRITTEN)
def test_numbers_follow_the_language(language: str) -> None:
    """The decimal sign, the sign between thousands, the percent sign's place; the minus is ours."""
    reader = Reader(language)

    assert WRITTEN[language] == (
        numbers.cell(reader, 0.5),
        numbers.readout(reader, 26368.494),
        numbers.readout(reader, -1.2349e-5),
        numbers.signed(reader, 1.5),
        numbers.probability(reader, 0.5143),
        numbers.probability(reader, 1 / 4321),
        numbers.megabytes(reader, 99_934_112),
    )


def test_german_numbers() -> None:
    """A language that the catalogue lacks is known to CLDR: points between thousands."""
    reader = Reader("de")

    assert numbers.count(reader, 26368) == "26.368"
    assert numbers.readout(reader, -0.5) == "−0,5000"
    assert numbers.percentage(reader, "51.4") == "51,4\u00a0%"


def test_what_programs_read_keeps_its_point() -> None:
    """A cell's digits for a program are the same everywhere; the screen has the language's."""
    assert numbers.exact_digits(-0.125) == "−0.125"
    assert numbers.exact(Reader("qcs"), -0.125) == "−0,125"
    assert numbers.exact(Reader("en"), -0.125) == "−0.125"


@pytest.mark.parametrize(
    ("write", "digits"),
    [
        (lambda reader: numbers.count(reader, 26368), "26368"),
        (lambda reader: numbers.cell(reader, -1.5), "-1.50"),
        (lambda reader: numbers.signed(reader, 1.5), "1.50"),
        (lambda reader: numbers.readout(reader, 0.5), "0.5000"),
        (lambda reader: numbers.limit(reader, 0.15), "0.15"),
        (lambda reader: numbers.readout(reader, float("nan")), ""),
    ],
)
def test_a_number_remembers_its_digits(write, digits: str) -> None:
    """A sentence agrees with what is shown, not with what was rounded away."""
    assert write(Reader("qcs")).digits == digits


def test_a_sentence_agrees_with_a_number_in_an_element() -> None:
    """The digits are found where a number is all that an element holds."""
    reader = Reader("qpl")
    n_tokens = h("b", {}, numbers.count(reader, 2))

    assert to_html(*rich(reader, "home.facts", n_tokens=n_tokens)).startswith(
        "<b>2</b> tokens‹few›"
    )
    assert say(reader, "home.facts", n_tokens=numbers.count(reader, 5)).startswith("5 tokens‹many›")


def test_a_frame_holds_the_wording_that_was_chosen() -> None:
    """A number and its noun stand in one element, in whatever order a language has them."""
    reader = Reader("en")
    framed = Framed(h("b", {}, numbers.count(reader, 6)), "span", {"class": "counted"})

    assert to_html(*rich(reader, "typed.moment.plain", n_tokens=framed)) == (
        'The model gets just this text, as <span class="counted"><b>6</b> tokens</span>.'
    )
