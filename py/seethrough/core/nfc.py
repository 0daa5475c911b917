"""Unicode's composed form of a text (NFC), and which place of the text each of its signs is of.

Tokenisers of GPT-NeoX's kind see a text in this form: "e" and an accent behind it are one "é".
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Final
from unicodedata import combining, is_normalized, normalize

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM: Final = "NFC"


def composed(text: str) -> str:
    """The text in composed form."""
    return normalize(FORM, text)


def places(text: str) -> list[int] | None:
    """Where each sign of the composed form stands in the text, and the end; None: all at theirs.

    Signs that were composed together stand where the first of them does.
    """
    if is_normalized(FORM, text):
        return None
    found = (repeat(at, len(composed(part))) for at, part in _apart(text))
    return [*chain.from_iterable(found), len(text)]


def _apart(text: str) -> Iterator[tuple[int, str]]:
    """The text cut wherever nothing is composed across, each piece with its place."""
    begin = 0
    for at in range(1, len(text)):
        if combining(text[at]):
            continue
        piece = text[begin:at]
        if composed(piece + text[at]) == composed(piece) + composed(text[at]):
            yield begin, piece
            begin = at
    if text:
        yield begin, text[begin:]
