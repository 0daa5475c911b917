"""Bytes as text in which nothing is invisible, for the screen."""

from __future__ import annotations

import unicodedata
from functools import cache

PICTURES = {" ": "·", "\n": "↵", "\t": "→"}
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"}  # controls, formats and odd spaces
MARKS = {"Mn", "Me"}
DOTTED_CIRCLE = "◌"
SELECTORS = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
# Unicode gives controls no name of their own; these are its aliases for those that people type.
ALIASES = {"\t": "CHARACTER TABULATION", "\n": "LINE FEED", "\r": "CARRIAGE RETURN"}


def visible_bytes(raw: bytes) -> str:
    """Text with pictures for spaces, ⟨U+202E⟩ for what is hidden, ⟨E2⟩ for stray bytes.

    Controls are hidden ones too: few fonts have the pictures that Unicode has for them.

    A combining mark that begins the text stands on a dotted circle, so that it does not land on
    what is drawn before it. One that has no shape of its own (it chooses that of the character
    before it) is written as its number there.
    """
    text = raw.decode("utf-8", "surrogateescape")
    shown = "".join(map(_visible_character, text))
    if text and ord(text[0]) in SELECTORS:
        return f"⟨{code_point(text[0])}⟩{shown[1:]}"
    return DOTTED_CIRCLE + shown if unicodedata.category(text[:1] or " ") in MARKS else shown


def visible_id(token_id: int) -> str:
    """The name of an id that no token has, as a padded vocabulary has them: ⟨id 50300⟩."""
    return f"⟨id {token_id}⟩"


def code_point(character: str) -> str:
    """How Unicode writes a character's number: U+1F355."""
    return f"U+{ord(character):04X}"


def character_name(character: str) -> str | None:
    """A character's name in Unicode; None where it has none."""
    return unicodedata.name(character, None) or ALIASES.get(character)


@cache
def _visible_character(character: str) -> str:
    code = ord(character)
    if character in PICTURES:
        return PICTURES[character]
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 (what surrogateescape makes of bytes 80 to FF)
        return f"⟨{code & 0xFF:02X}⟩"
    return f"⟨U+{code:04X}⟩" if unicodedata.category(character) in HIDDEN else character
