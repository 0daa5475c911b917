"""Finds tokens of a map: by their text, with or without a space before it, by id, by pattern."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seethrough.core.errors import InputError
from seethrough.core.token_kinds import GAP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.core.atlas import Atlas

MOST_FOUND = 500
MOST_TYPED = 200
PATTERN = re.compile(r"/(.+)/(i?)", re.DOTALL)
NUMBER = re.compile(r"#?([0-9]{1,7})", re.ASCII)
# A quantifier on a group that has one itself can take longer than anybody waits.
NESTED = re.compile(r"[*+}]\)\??[*+{]")


def search(atlas: Atlas, typed: str) -> tuple[int, ...]:
    """The tokens that fit what was typed, the likeliest first, at most MOST_FOUND.

    `/pattern/` looks at every token's text (`/pattern/i`: in any case), `#12` is an id; anything
    else is a text: as it is shown ("·the", "⟨E6⟩"), as it is, with a space before it, then every
    token that begins with it. A number alone is both a text and an id.

    Raises:
        InputError: No valid pattern.
    """
    typed = typed[:MOST_TYPED]
    pattern = PATTERN.fullmatch(typed)
    if pattern is not None:
        return _by_pattern(atlas, pattern[1], is_any_case=bool(pattern[2]))
    number = NUMBER.fullmatch(typed.strip())
    by_id = [int(number[1])] if number is not None and has(atlas, int(number[1])) else []
    if not typed:
        return ()
    if typed.startswith("#") and by_id:
        return tuple(by_id)
    return tuple(dict.fromkeys([*_by_text(atlas, typed), *by_id]))[:MOST_FOUND]


def has(atlas: Atlas, token: int) -> bool:
    """Whether the vocabulary has a token of this id."""
    return 0 <= token < atlas.n_tokens and bool(atlas.kinds[token] != GAP)


def words_of(atlas: Atlas, words: Iterable[str]) -> tuple[int, ...]:
    """The tokens that are one of some words, with a space before it, in the words' order."""
    known = atlas.ids_by_bytes
    found = (known.get(f" {word}".encode()) for word in words)
    return tuple(token for token in found if token is not None)


def _by_text(atlas: Atlas, typed: str) -> list[int]:
    known, shown = atlas.ids_by_bytes, atlas.ids_by_sight
    raw = typed.encode("utf-8", "replace")
    exact = [known.get(raw), known.get(b" " + raw), shown.get(typed), shown.get("·" + typed)]
    found = [token for token in exact if token is not None]
    wanted = typed.strip().replace(" ", "·").casefold()
    if wanted:
        began = [
            token
            for text, token in shown.items()
            if text.removeprefix("·").casefold().startswith(wanted)
        ]
        found += began[:MOST_FOUND]
    return found


def _by_pattern(atlas: Atlas, pattern: str, *, is_any_case: bool) -> tuple[int, ...]:
    if NESTED.search(pattern):
        raise InputError("atlas.pattern_slow", pattern=pattern)
    try:
        sought = re.compile(pattern, re.IGNORECASE if is_any_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError("atlas.pattern", pattern=pattern, reason=str(error)) from error
    found = []
    for raw, token in atlas.ids_by_bytes.items():
        if sought.search(raw.decode("utf-8", "replace")):
            found.append(token)
            if len(found) == MOST_FOUND:
                break
    return tuple(found)
