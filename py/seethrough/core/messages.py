"""The message catalogue: every sentence a reader sees, by key and language.

The sentences are in seethrough/catalogue/<language>/*.json, flat `key: template` files with
`{field}` slots; all files of a language form one catalogue.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

FALLBACK = "en"


@cache
def catalogue(language: str = FALLBACK) -> dict[str, str]:
    """All messages of one language, merged from its files; the fallback fills what is missing.

    Raises:
        ValueError: The same key stands in two files.
    """
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
