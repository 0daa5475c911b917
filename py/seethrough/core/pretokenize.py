r"""Cut text into the words that byte-pair merging never crosses.

The two splits here are GPT-2's, and the same behind single digits (SmolLM2). `re` knows no \p{L},
and Unicode's version differs between Pythons, so the classes come from `unicode_classes.json`,
which export/unicode_classes.py makes by asking the reference tokeniser about every code point.
"""

from __future__ import annotations

import json
import re
from functools import cache

from seethrough.core.package import read


@cache
def unicode_classes() -> dict[str, list[int]]:
    """Flat rows of first and last code points: letter, number, space (regex), digit (Digits)."""
    classes: dict[str, list[int]] = json.loads(read("core/unicode_classes.json"))
    return classes


def gpt2_words(text: str) -> list[str]:
    """The words of GPT-2's split; a leading space belongs to its word. Joined, they are the text.

    Source: OpenAI's encoder.py, as in `tokenizers`' ByteLevel.
    """
    return _gpt2_pattern().findall(text)


def single_digit_words(text: str) -> list[str]:
    """GPT-2's words of the text between digits; each digit is a word of its own.

    Source: `tokenizers`' Sequence(Digits(individual_digits=True), ByteLevel).
    """
    split = _gpt2_pattern().findall
    return [word for part in _digits_pattern().findall(text) for word in split(part)]


@cache
def _gpt2_pattern() -> re.Pattern[str]:
    letter, number, space = map(_members, ("letter", "number", "space"))
    return re.compile(
        r"'s|'t|'re|'ve|'m|'ll|'d"
        rf"| ?[{letter}]+| ?[{number}]+| ?[^{space}{letter}{number}]+"
        rf"|[{space}]+(?![^{space}])|[{space}]+"
    )


@cache
def _digits_pattern() -> re.Pattern[str]:
    digit = _members("digit")
    return re.compile(f"[{digit}]|[^{digit}]+")


def _members(name: str) -> str:
    flat = unicode_classes()[name]
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return "".join(rf"\U{first:08X}-\U{last:08X}" for first, last in pairs)
