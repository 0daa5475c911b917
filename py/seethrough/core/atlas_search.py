"""Finds tokens of a map: by their text, with or without a space before it, by id, by pattern."""

from __future__ import annotations

import re
from bisect import bisect_left
from time import monotonic
from typing import TYPE_CHECKING

from seethrough.core.errors import InputError
from seethrough.core.patterns import compiled
from seethrough.core.token_kinds import GAP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.core.atlas import Atlas

MOST_FOUND = 500
MOST_TYPED = 200
PATTERN = re.compile(r"/(.+)/(i?)", re.DOTALL)
NUMBER = re.compile(r"#?([0-9]{1,7})", re.ASCII)
# A pattern that has not looked at all tokens by then is given up.
PATIENCE_S = 1.0
# Behind every other sign.
TOP_SIGN = chr(0x10FFFF)


def search(atlas: Atlas, typed: str) -> tuple[int, ...]:
    """The tokens that fit what was typed, the likeliest first, at most MOST_FOUND.

    `/pattern/` looks at every token's text (`/pattern/i`: in any case), `#12` is an id; anything
    else is a text: as it is shown ("·the", "⟨E6⟩"), as it is, with a space before it, then every
    token that begins with it. A number alone is both a text and an id. A token whose own text
    looks like a pattern or an id is found, too.

    Raises:
        InputError: No valid pattern, or one that takes too long.
    """
    typed = typed[:MOST_TYPED]
    if not typed:
        return ()
    pattern = PATTERN.fullmatch(typed)
    number = NUMBER.fullmatch(typed.strip())
    by_id = [int(number[1])] if number is not None and has(atlas, int(number[1])) else []
    exact = _exactly(atlas, typed)
    if pattern is not None:
        more = _by_pattern(atlas, pattern[1], is_any_case=bool(pattern[2]))
    elif typed.startswith("#") and by_id:
        more = by_id
    else:
        more = [*_begun(atlas, typed), *by_id]
    return tuple(dict.fromkeys([*exact, *more]))[:MOST_FOUND]


def has(atlas: Atlas, token: int) -> bool:
    """Whether the vocabulary has a token of this id."""
    return 0 <= token < atlas.n_tokens and bool(atlas.kinds[token] != GAP)


def words_of(atlas: Atlas, words: Iterable[str]) -> tuple[int, ...]:
    """The tokens that are one of some words, with a space before it, in the words' order."""
    known = atlas.ids_by_bytes
    found = (known.get(f" {word}".encode()) for word in words)
    return tuple(token for token in found if token is not None)


def _exactly(atlas: Atlas, typed: str) -> list[int]:
    """The tokens whose text it is: their bytes, or how they are shown; with a space before it."""
    raw = typed.encode("utf-8", "replace")
    found = [atlas.ids_by_bytes.get(one) for one in (raw, b" " + raw)]
    looking = [
        token for shown in (typed, "·" + typed) for token in atlas.ids_by_sight.get(shown, ())
    ]
    return [token for token in (*found, *looking) if token is not None]


def _begun(atlas: Atlas, typed: str) -> list[int]:
    """The tokens that begin with it, in any case, by their ids."""
    wanted = typed.strip().replace(" ", "·").casefold()
    if not wanted:
        return []
    texts, tokens = atlas.by_beginning
    first = bisect_left(texts, wanted)
    last = bisect_left(texts, wanted + TOP_SIGN, lo=first)
    return sorted(tokens[first:last])[:MOST_FOUND]


def _by_pattern(atlas: Atlas, pattern: str, *, is_any_case: bool) -> list[int]:
    sought, until = compiled(pattern, is_any_case=is_any_case), monotonic() + PATIENCE_S
    found = []
    for raw, token in atlas.ids_by_bytes.items():
        if sought.search(raw.decode("utf-8", "replace")):
            found.append(token)
        if len(found) == MOST_FOUND:
            break
        if monotonic() > until:
            raise InputError("atlas.pattern_slow", pattern=pattern)
    return found
