"""Messages are read as ICU reads them, and a mistake is found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.message_format import (
    Choice,
    MessageError,
    Slot,
    check,
    fields_of,
    parse,
    template_of,
    words_of,
)
from seethrough.core.messages import catalogue


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("plain", ("plain",)),
        ("{a} of { b }", (Slot("a"), " of ", Slot("b"))),
        ("it's # {a}", ("it's # ", Slot("a"))),
        ("''{a}'' and '{a}'", ("'", Slot("a"), "' and {a}")),
        ("{n, plural, other {# '#'}}", (Choice("n", "plural", {"other": (Slot("n"), " #")}),)),
    ],
)
def test_templates_are_read(template: str, parts: tuple[object, ...]) -> None:
    """Slots, apostrophes, quoted braces; a # is a sign of its own in a plural only."""
    assert parse(template) == parts


def test_choices_nest() -> None:
    """A plural in a select in a plural; # is the innermost plural's number."""
    inner = "{b, select, yes {{m, plural, one {#} other {#s}}} other {#}}"
    read = parse(f"{{n, plural, =1 {{x}} one {{{inner}}} other {{}}}}")

    assert fields_of(f"{{n, plural, other {{{inner}}}}}") == {"n", "b", "m"}
    assert isinstance(read[0], Choice)
    assert list(read[0].forms) == ["=1", "one", "other"]
    assert words_of(f"{{n, plural, other {{{inner}}}}}") == ["s"]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{n", "no , at character 2"),
        ("n}", "a } without its {"),
        ("{}", "no a field's name"),
        ("{n, plural, one {#}}", "no 'other' for n"),
        ("{n, plural, other {#} other {#}}", "'other' twice"),
        ("{n, number}", "'number' instead of"),
        ("{n, plural, offset:1 other {#}}", "no {"),
        ("{n, plural, other {#}", "no a category"),
        ("'{n}", "a quotation without its end"),
    ],
)
def test_a_mistake_is_found(template: str, says: str) -> None:
    """The error tells what is wrong, and where."""
    with pytest.raises(MessageError, match=re.escape(says)):
        parse(template)


@pytest.mark.parametrize(
    ("template", "language"),
    [
        ("{n, plural, one {#} few {#} other {#}}", "en"),
        ("{n, plural, one {#} other {#}}", "cs"),
        ("{n, selectordinal, one {#} other {#}}", "en"),
    ],
)
def test_a_plural_has_its_languages_categories(template: str, language: str) -> None:
    """None that the language lacks, and none left out."""
    with pytest.raises(MessageError, match="categories"):
        check(template, language)


def test_every_sentence_is_written_as_it_is_read() -> None:
    """A message made a template again reads the same, for every sentence of the page."""
    for key, template in catalogue().items():
        assert parse(template_of(parse(template))) == parse(template), key


@given(st.text("a'{}# "))
def test_any_text_can_be_quoted(words: str) -> None:
    """What a message says itself survives being written and read, in a plural too."""
    plural = Choice("n", "plural", {"other": (words, Slot("n"))})
    read = parse(template_of((plural,)))[0]

    assert "".join(map(str, parse(template_of((words,))))) == words
    assert isinstance(read, Choice)
    assert "".join(part for part in read.forms["other"] if isinstance(part, str)) == words
