"""Kinds of tokens, by the bytes that they stand for: every token is of exactly one.

A token with a letter is a word or a part of one, whatever else it has; one with a digit and no
letter is a number; then come blanks, and signs are the rest.
"""

from __future__ import annotations

import unicodedata

# In the order of their numbers, which are stored (core/atlas.py).
KINDS = ("start", "inside", "script", "digits", "signs", "blanks", "bytes", "special", "gap")
START, INSIDE, SCRIPT, DIGITS, SIGNS, BLANKS, BYTES, SPECIAL, GAP = range(len(KINDS))
LATIN = "LATIN"


def kind_of(raw: bytes | None, *, is_special: bool = False) -> int:
    """The number of a token's kind.

    Args:
        raw: Its bytes; None where the vocabulary has no token of this id.
    """
    if raw is None:
        return GAP
    if is_special:
        return SPECIAL
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return BYTES
    return _kind_of_text(text)


def _kind_of_text(text: str) -> int:
    letter = next((sign for sign in text if sign.isalpha()), None)
    if letter is not None:
        if not unicodedata.name(letter, "").startswith(LATIN):
            return SCRIPT
        return START if text.startswith(" ") else INSIDE
    if any(sign.isdigit() for sign in text):
        return DIGITS
    return BLANKS if all(is_blank(sign) for sign in text) else SIGNS


def is_blank(sign: str) -> bool:
    """Whether a character leaves no ink: a space, a line's end, a control."""
    return sign.isspace() or unicodedata.category(sign) in {"Cc", "Cf"}
