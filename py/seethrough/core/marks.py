"""Marks of terms in a sentence of the catalogue: `[[logit]]`, `[[token|tokens]]`.

Before the stroke is the term's name in the glossary (`glossary.<term>.name`), behind it the words
that the reader sees; alone it is both. A translation keeps the name and writes its own words. The
words may hold a slot or a plural: `[[token|{n, plural, one {# token} other {# tokens}}]]`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BARE = re.compile(r"\[\[([a-z_]+)\]\]")
OPENING = re.compile(r"\[\[([a-z_]+)\|")
PIECES = re.compile(r"(\[\[[a-z_]+\||\]\])")
# What stands in a sentence where a term begins, behind its name, and where it ends.
TERM, NAMED, TOLD = "\ue004", "\ue001", "\ue005\ue001"


def spelled_out(template: str) -> str:
    """A template whose marks all have the words behind a stroke."""
    return BARE.sub(r"[[\1|\1]]", template)


def without_marks(template: str) -> str:
    """A template with the words of its marks alone."""
    return (
        OPENING.sub("", spelled_out(template)).replace("]]", "") if "[[" in template else template
    )


def with_signs(template: str) -> str:
    """A template with its marks as signs that no text has (view/words.py makes them elements)."""
    if "[[" not in template:
        return template
    return OPENING.sub(rf"{TERM}\1{NAMED}", spelled_out(template)).replace("]]", TOLD)


def terms_in(template: str) -> list[str]:
    """The terms that a template marks, in order."""
    return OPENING.findall(spelled_out(template))


def outside_marks(text: str, change: Callable[[str], str]) -> str:
    """A text changed, the marks' own signs and names left alone."""
    pieces = PIECES.split(text)
    return "".join(one if at % 2 else change(one) for at, one in enumerate(pieces))
