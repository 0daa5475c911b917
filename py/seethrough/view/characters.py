"""A text as a reader sees it, as characters, and as bytes: signs, code points, UTF-8."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from seethrough.core.visible import DOTTED_CIRCLE, HIDDEN, PICTURES, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

JOINER = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)
VARIATIONS = range(0xFE00, 0xFE10)
TAGS = range(0xE0020, 0xE0080)
MARKS = {"Mn", "Mc", "Me"}
LONGEST_SIGN = 32  # characters; what has more marks than that is cut
BRACKET = "⟨"  # begins what stands for a hidden character
CARRIAGE_RETURN, LINE_FEED = "\r", "\n"


@dataclass(frozen=True)
class Sign:
    """What looks like one sign, and is one character or several; `at` is its place in the text."""

    text: str
    at: int


def signs_of(text: str) -> list[Sign]:
    """A text cut into what a reader takes for single signs.

    Marks, variation selectors, skin tones and joined emoji belong to the sign before them; two
    flag letters are one flag. (Unicode's own rules have more cases, for a few scripts.)
    """
    cuts = [0] if text else []
    n_flag_letters = ord(text[0]) in FLAG_LETTERS if text else 0
    for at, (before, after) in enumerate(pairwise(text), start=1):
        is_letter = ord(after) in FLAG_LETTERS
        ends_flag = is_letter and n_flag_letters % 2 == 1
        if at - cuts[-1] >= LONGEST_SIGN or not (ends_flag or goes_on(before, after)):
            cuts.append(at)
        n_flag_letters = n_flag_letters + 1 if is_letter else 0
    return [
        Sign(text[start:end], start) for start, end in pairwise([*cuts, len(text)]) if end > start
    ]


def goes_on(before: str, after: str) -> bool:
    """Whether a character belongs to the sign of the one before it."""
    code = ord(after)
    if before == CARRIAGE_RETURN and after == LINE_FEED:
        return True
    if unicodedata.category(before) in {"Cc", "Zl", "Zp"}:
        return False
    return (
        unicodedata.category(after) in MARKS
        or code in VARIATIONS
        or code in SKIN_TONES
        or code in TAGS
        or after == JOINER
        or (before == JOINER and code > 0xFF)  # noqa: PLR2004 - an emoji, not a Latin letter
    )


def shown(character: str) -> str:
    """One character for the screen, nothing in it invisible."""
    return visible_bytes(character.encode("utf-8", "surrogatepass"))


def face(character: str) -> str:
    """The same where its number stands below: a hidden one is a dotted circle."""
    picture = shown(character)
    return DOTTED_CIRCLE if picture.startswith(BRACKET) else picture


def is_hidden(character: str) -> bool:
    """Whether a character has no picture of its own: spaces, controls, selectors, joiners."""
    return (
        character in PICTURES
        or unicodedata.category(character) in HIDDEN
        or ord(character) in VARIATIONS
    )


def hex_bytes(character: str) -> Iterator[str]:
    """The bytes of a character in UTF-8, as two hexadecimal digits each."""
    return (f"{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
