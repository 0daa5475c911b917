"""What a reader typed is told from the signs that a text box draws for what it cannot hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.view.node import drawn
from seethrough.view.typed import typed_text

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("\r\n\t\x00\x04\x7f␍␀"), max_size=12)


def box(text: str) -> str:
    """What the box shows of a text."""
    return "".join(map(drawn, text))


@given(TEXTS)
def test_what_nobody_touched_stays(text: str) -> None:
    """The box of any text gives back that very text."""
    assert typed_text(text, box(text)) == text


@given(TEXTS, TEXTS)
def test_what_is_typed_is_the_text(text: str, typed: str) -> None:
    """A text without such characters is replaced by whatever is typed, as it is."""
    plain = "".join(character for character in text if drawn(character) == character)

    assert typed_text(plain, box(typed)) == box(typed)


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("a\r\nb", "a␍\nbc", "a\r\nbc"),
        ("a\r\nb", "xa␍\nb", "xa\r\nb"),
        ("a\r\nb", "xa␍\nby", "xa\r\nby"),
        ("a\r\nb", "a\nb", "a\nb"),
        ("a\x04b\x06", "", ""),
        ("␍ and \r", "␍ and ␍!", "␍ and \r!"),
        ("", "␍", "␍"),
        ("aa\r", "a␍", "a\r"),
    ],
)
def test_a_change_leaves_the_rest(text: str, typed: str, expected: str) -> None:
    """Around and beside what is typed, a sign stays the character that it stands for."""
    assert typed_text(text, typed) == expected
