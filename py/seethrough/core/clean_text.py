"""Text that can be written as UTF-8: halves of surrogate pairs are mended or replaced.

JavaScript and Python strings can hold half of a pair (a cut emoji, a hand-made link); no tokeniser
has bytes for it. What comes from outside goes through here first; `Tokenizer.encode` refuses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class CleanText:
    """The text, and at which places of it a lone surrogate became U+FFFD."""

    text: str
    replaced_at: tuple[int, ...] = ()


def clean_text(text: str) -> CleanText:
    """Join surrogate pairs into their character; replace lone ones by U+FFFD and say where.

    The same as JavaScript's `toWellFormed`.
    """
    if not _SURROGATES.search(text):
        return CleanText(text)
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    places = tuple(found.start() for found in _SURROGATES.finditer(joined))
    return CleanText(_SURROGATES.sub(REPLACEMENT, joined), places)
