"""The message catalogue: every sentence a reader sees, by key and language.

The sentences are in seethrough/catalogue/<language>/*.json, flat `key: template` files with
`{field}` slots; all files of a language form one catalogue.

Two languages are made of the English one, to try the page with: `qps` is accented and about a
third longer, `qps-mirrored` is English on a page that runs from right to left. No menu offers them.
"""

from __future__ import annotations

import json
import string
from functools import cache
from importlib.resources import files

FALLBACK = "en"
PSEUDO = "qps"
MIRRORED = "qps-mirrored"
# Every language that an address may name.
LANGUAGES = (FALLBACK, PSEUDO, MIRRORED)
RIGHT_TO_LEFT = frozenset({MIRRORED})

LONGER = 1.35
VOWELS = frozenset("aeiouyAEIOUY")
ACCENTS = str.maketrans(
    "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ",
    "áḃčďéḟğĥíĵķľḿňóṗřšťúṽŵẋýžÁḂČĎÉḞĞĤÍĴĶĽḾŇÓṖŘŠŤÚṼŴẊÝŽ",
)


@cache
def catalogue(language: str = FALLBACK) -> dict[str, str]:
    """All messages of one language, merged from its files; the fallback fills what is missing.

    Raises:
        ValueError: The same key stands in two files.
    """
    if language == MIRRORED:
        return catalogue(FALLBACK)
    if language == PSEUDO:
        return {key: pseudo(template) for key, template in catalogue(FALLBACK).items()}
    merged: dict[str, str] = {}
    for entry in sorted(files("seethrough").joinpath("catalogue", language).iterdir(), key=str):
        if not entry.name.endswith(".json"):
            continue
        part: dict[str, str] = json.loads(entry.read_text(encoding="utf-8"))
        twice = merged.keys() & part.keys()
        if twice:
            msg = f"{entry.name} repeats the keys {sorted(twice)}"
            raise ValueError(msg)
        merged |= part
    return merged if language == FALLBACK else catalogue(FALLBACK) | merged


def text(key: str, language: str = FALLBACK, /, **fields: object) -> str:
    """The sentence of a key, its slots filled in; slots take values as text, never as markup.

    Raises:
        KeyError: No such key, or a slot without a field.
    """
    return catalogue(language)[key].format_map(fields)


def direction(language: str) -> str:
    """How a language's text runs, as HTML's `dir` has it: "ltr" or "rtl"."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def pseudo(template: str) -> str:
    """A template accented and made longer, in brackets that show where it was cut; slots stay.

    What has no letter of its own (a separator, a bare slot) stays as it is.
    """
    parts = [(literal, name) for literal, name, _, _ in string.Formatter().parse(template)]
    plain = "".join(literal for literal, _ in parts)
    if not any(map(str.isalpha, plain)):
        return template
    missing = round(LONGER * len(plain)) - len(stretched(plain))
    words = "".join(
        stretched(literal).replace("{", "{{").replace("}", "}}") + (f"{{{name}}}" if name else "")
        for literal, name in parts
    )
    return f"[{words}{'~' * missing}]"


def stretched(words: str) -> str:
    """Text with accents and every vowel twice."""
    return "".join(letter * 2 if letter in VOWELS else letter for letter in words).translate(
        ACCENTS
    )
