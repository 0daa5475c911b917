"""Patterns of a reader's own: compiled if they can be searched in bearable time, else refused.

A search goes back and tries again wherever a pattern may match in several ways, so one of few
signs can take longer than anybody waits. What makes that happen is refused before it runs.
"""

from __future__ import annotations

import re
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

REPEATS = {kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT}
# A text may be cut by so many repeats in so many ways at most.
MOST_REPEATS = 3
MOST_OPTIONAL = 8


def compiled(pattern: str, *, is_any_case: bool) -> re.Pattern[str]:
    """A pattern that is safe to search with.

    Raises:
        InputError: It is none; it repeats what repeats or may be one of several; too many repeats.
    """
    flags = re.IGNORECASE if is_any_case else 0
    try:
        parsed = parser.parse(pattern, flags)
        is_safe = not is_slow(parsed)
        sought = re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError("atlas.pattern", pattern=pattern, reason=str(error)) from error
    if not is_safe:
        raise InputError("atlas.pattern_slow", pattern=pattern)
    return sought


def is_slow(parsed: Any) -> bool:  # noqa: ANN401 - the parser's own tree
    """Whether a pattern can cut a text in more ways than a page should try."""
    repeats = [most for most, _ in _repeats(parsed)]
    n_optional = sum(most == 1 for most in repeats)
    is_nested = any(most > 1 and _may_differ(inner) for most, inner in _repeats(parsed))
    return is_nested or len(repeats) - n_optional > MOST_REPEATS or len(repeats) > MOST_OPTIONAL


def _repeats(node: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - the parser's own tree
    """Each repeat below a node that may end at several places: how often at most, of what."""
    for kind, value in _items(node):
        if kind in REPEATS:
            least, most, inner = value
            if least != most or int(most) > 1:
                yield int(most), inner


def _may_differ(node: Any) -> bool:  # noqa: ANN401 - the parser's own tree
    """Whether a node can match the same place in several ways."""
    return any(
        kind is kinds.BRANCH or (kind in REPEATS and value[0] != value[1])
        for kind, value in _items(node)
    )


def _items(node: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - the parser's own tree
    """Every part of a pattern, those inside others too."""
    if isinstance(node, parser.SubPattern):
        for kind, value in node:
            yield kind, value
            yield from _items(value)
    elif isinstance(node, tuple | list):
        for one in node:
            yield from _items(one)
