from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.byte_letters import bytes_of, letters_of
from seethrough.core.clean_text import clean_text
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.visible import visible_bytes
from tests.model_files import default_tokenizer
from tests.tokenizer_cases import (
    any_text,
    model,
    tiny,
    unhurried,
)


@model
def test_no_token_is_invisible():
    """On the screen each of the 49,152 tokens is made of characters that show."""
    tokenizer = default_tokenizer()

    for token_id in range(tokenizer.vocab_size):
        assert_shows(tokenizer.visible(token_id))


@unhurried
@given(st.one_of(st.binary(max_size=12), any_text.map(str.encode)))
def test_no_bytes_are_invisible(raw):
    """Whatever the bytes, nothing on the screen is a control, a space or a stray mark."""
    assert_shows(visible_bytes(raw))


def assert_shows(shown: str) -> None:
    """Every character has a picture of its own."""
    categories = [unicodedata.category(one) for one in shown]
    assert not {"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"} & set(categories)
    assert categories[:1] not in (["Mn"], ["Me"])


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b" the", "·the"),
        (b"\n\t\x00\x1b\x7f", "↵→⟨U+0000⟩⟨U+001B⟩⟨U+007F⟩"),
        (b"\xe2\x80", "⟨E2⟩⟨80⟩"),
        ("\u202eabc\u200d".encode(), "⟨U+202E⟩abc⟨U+200D⟩"),
        ("\u0301".encode(), "◌\u0301"),
        ("\ufe0f".encode(), "⟨U+FE0F⟩"),
        ("\u2764\ufe0f".encode(), "\u2764\ufe0f"),
        ("\u0085\u00a0\U000f0000".encode(), "⟨U+0085⟩⟨U+00A0⟩⟨U+F0000⟩"),
        ("é你👋🏽".encode(), "é你👋🏽"),
        (b"", ""),
    ],
)
def test_visible(raw, shown):
    """Spaces, controls, stray bytes and hidden characters each have their picture."""
    assert visible_bytes(raw) == shown


def test_visible_piece_shows_vocabulary_text():
    """A piece of the film is shown as the token that it may become."""
    assert Tokenizer.from_json(tiny()).visible_piece("Ġab") == "·ab"


@given(st.binary())
def test_letters_round_trip(raw):
    """Each byte has one letter, and the letter names the byte."""
    assert bytes_of(letters_of(raw)) == raw
    assert len(letters_of(raw)) == len(raw)


@pytest.mark.parametrize(
    ("text", "clean", "places"),
    [
        ("plain 👋", "plain 👋", ()),
        ("a\ud83d", "a\ufffd", (1,)),
        ("\udc4b\ud83d!", "\ufffd\ufffd!", (0, 1)),
        ("\ud83d\udc4b\ud83d", "👋\ufffd", (1,)),
    ],
)
def test_clean_text(text, clean, places):
    """Pairs join into their character, lone halves become U+FFFD, and the places are told."""
    cleaned = clean_text(text)

    assert (cleaned.text, cleaned.replaced_at) == (clean, places)
    assert clean_text(cleaned.text).text == clean
