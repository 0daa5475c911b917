"""Added tokens (`<|im_start|>` and the like), cut out of a text before it is split into words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True)
class AddedToken:
    """A token that is found in the text before anything else sees it.

    `is_late`: looked for only in what the other added tokens have left (`normalized` in the file).
    """

    id: int
    content: str
    is_special: bool
    is_late: bool


@dataclass(frozen=True)
class Part:
    """A stretch of a text: an added token, or ordinary text between two of them."""

    start: int
    end: int
    token: AddedToken | None = None


class AddedTokens:
    """All added tokens of a tokeniser; the longest wins where several begin at one place."""

    def __init__(self, tokens: Iterable[AddedToken]) -> None:
        self._by_content = {token.content: token for token in tokens if token.content}
        rounds = [
            [token.content for token in self._by_content.values() if token.is_late is late]
            for late in (False, True)
        ]
        self._patterns = [_any_of(contents) for contents in rounds if contents]

    def cut(self, text: str, closed: Sequence[tuple[int, int]] = ()) -> list[Part]:
        """The text as parts without gaps, in order; empty parts are left out.

        In the `closed` stretches (start, end) a special token is ordinary text: a match that
        touches one is none.
        """
        parts = [Part(0, len(text))]
        for pattern in self._patterns:
            parts = [
                new
                for part in parts
                for new in ([part] if part.token else self._cut(pattern, text, part, closed))
            ]
        return [part for part in parts if part.start < part.end]

    def _cut(
        self, pattern: re.Pattern[str], text: str, part: Part, closed: Sequence[tuple[int, int]]
    ) -> Iterator[Part]:
        begin = search_from = part.start
        while found := pattern.search(text, search_from, part.end):
            start, search_from = found.span()
            token = self._by_content[found.group()]
            touched = [end for first, end in closed if first < search_from and start < end]
            if token.is_special and touched:
                search_from = min(search_from, *touched)  # a real one may begin where it closes
                continue
            yield Part(begin, start)
            yield Part(start, search_from, token)
            begin = search_from
        yield Part(begin, part.end)


def _any_of(contents: list[str]) -> re.Pattern[str]:
    longest_first = sorted(contents, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))
