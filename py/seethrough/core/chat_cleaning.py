"""What chat templates do to a message's own words: take white space off, leave thoughts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

THOUGHT_ENDS = "</think>"


def after_thoughts(text: str) -> str:
    """What stands behind the thoughts; the whole text where there are none."""
    return text.rpartition(THOUGHT_ENDS)[2]


def lines_after_thoughts(text: str) -> str:
    """The same without empty lines before it; a text without thoughts stays as it is."""
    return after_thoughts(text).lstrip("\n") if THOUGHT_ENDS in text else text


def plain_line_ends(text: str) -> str:
    """LF for CR LF."""
    return text.replace("\r\n", "\n")


def merge_line_ends(text: str) -> str:
    """One line end for two."""
    return text.replace("\n\n", "\n")


STRIPS: Mapping[str, Callable[[str], str]] = {
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
}
CLEANINGS: Mapping[str, Callable[[str], str]] = {
    **STRIPS,
    "after_thoughts": after_thoughts,
    "lines_after_thoughts": lines_after_thoughts,
    "plain_line_ends": plain_line_ends,
    "merge_line_ends": merge_line_ends,
}


def cleaned(text: str, names: Sequence[str]) -> str:
    """A message as the template writes it."""
    for name in names:
        text = CLEANINGS[name](text)
    return text


def stripped(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """Neighbouring texts, white space taken off around them as if they were one."""
    kept = list(texts)
    for name in names:
        if name != "rstrip":
            kept = _from_left(kept, str.lstrip)
        if name != "lstrip":
            kept = _from_left(kept[::-1], str.rstrip)[::-1]
    return kept


def _from_left(texts: Sequence[str], strip: Callable[[str], str]) -> list[str]:
    kept: list[str] = []
    for text in texts:
        kept.append(text if any(kept) else strip(text))
    return kept
