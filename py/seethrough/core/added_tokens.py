"""Added tokens (`<|im_start|>` and the like), cut out of a text before it is split into words."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


@dataclass(frozen=True)
class AddedToken:
    """A token that is found in the text before anything else sees it.

    `is_late`: looked for only in what the other added tokens have left, after that is normalized;
    `content` is then the normalized one too (`normalized` in the file).
    """

    id: int
    content: str
    is_special: bool
    is_late: bool


def next_id(n_vocab: int, added: Iterable[int]) -> int:
    """The id of a new token, after those of the vocabulary and what was added before.

    `tokenizers` numbers what it adds so, whatever the file says.
    """
    return max(n_vocab, 1 + max(added, default=-1))


@dataclass(frozen=True)
class Part:
    """A stretch of a text: an added token, or ordinary text between two of them.

    `content` is the stretch normalized; a prefix in it has no place in the text. `places` are those
    of its signs in the text, and the end; None: they follow on one another up to the end.
    """

    start: int
    end: int
    content: str
    token: AddedToken | None = None
    places: Sequence[int] | None = None

    def place(self, at: int) -> int:
        """Where a place in the content is in the text."""
        if self.places is not None:
            return self.places[at]
        return max(at + self.end - len(self.content), self.start)

    def at(self, place: int) -> int:
        """The first place in the content that is at a place in the text, or behind it."""
        if self.places is not None:
            return bisect_left(self.places, place)
        return place - self.end + len(self.content)


class AddedTokens:
    """All added tokens of a tokeniser; the longest wins where several begin at one place.

    `normalized` is what the tokeniser does to the stretches between those that are not late. It may
    put a prefix before a stretch; `places` tells where its signs stood, if it changes more.
    """

    def __init__(
        self,
        tokens: Iterable[AddedToken],
        normalized: Callable[[str], str],
        places: Callable[[str], Sequence[int] | None] = lambda _: None,
    ) -> None:
        named = [token for token in tokens if token.content]
        self._normalized, self._places = normalized, places
        # Two tables: a late token may be, normalized, what another one is as it stands.
        self._early, self._late = (
            _Table([token for token in named if token.is_late is late]) for late in (False, True)
        )

    def cut(self, text: str, closed: Sequence[tuple[int, int]] = ()) -> list[Part]:
        """The text as parts without gaps, in order; parts of empty content are left out.

        In the `closed` stretches (start, end) a special token is ordinary text: a match that
        touches one is none.
        """
        parts: list[Part] = []
        for part in self._cut(self._early, Part(0, len(text), text), closed):
            if part.token or not part.content:
                parts.append(part)
                continue
            found, content = self._places(part.content), self._normalized(part.content)
            places = None if found is None else [part.start + at for at in found]
            stretch = Part(part.start, part.end, content, places=places)
            parts += self._cut(self._late, stretch, closed)
        return [part for part in parts if part.content]

    def _cut(self, table: _Table, part: Part, closed: Sequence[tuple[int, int]]) -> Iterator[Part]:
        """Cut at the matches of a table; places in the content are told from those in the text."""
        content = part.content
        begin = search_from = 0
        while found := table.next(content, search_from):
            start, token = found
            search_from = start + len(token.content)
            first, last = part.place(start), part.place(search_from)
            touched = [part.at(end) for left, end in closed if left < last and first < end]
            if token.is_special and touched:
                search_from = min(search_from, *touched)  # a real one may begin where it closes
                continue
            yield from (
                _slice(part, begin, start),
                _slice(part, start, search_from, token),
            )
            begin = search_from
        yield _slice(part, begin, len(content)) if begin else part


def _slice(part: Part, begin: int, end: int, token: AddedToken | None = None) -> Part:
    """The piece of a part between two places in its content."""
    places = None if part.places is None else part.places[begin : end + 1]
    content = part.content[begin:end]
    return Part(part.place(begin), part.place(end), content, token, places)


class _Table:
    """Tokens that are looked for together: the first in the text, of those the longest.

    Gemma has 6,414, which one pattern of alternatives would try one by one at every place.
    """

    def __init__(self, tokens: list[AddedToken]) -> None:
        self._tokens = {token.content: token for token in tokens}
        lengths: dict[str, set[int]] = {}
        for content in self._tokens:
            lengths.setdefault(content[0], set()).add(len(content))
        self._lengths = {first: sorted(row, reverse=True) for first, row in lengths.items()}
        self._firsts = re.compile(f"[{re.escape(''.join(lengths))}]") if lengths else None

    def next(self, content: str, begin: int) -> tuple[int, AddedToken] | None:
        """The first token at or after a place, and where it begins; None: there is no more."""
        for found in self._firsts.finditer(content, begin) if self._firsts else ():
            start = found.start()
            for length in self._lengths[found.group()]:
                if token := self._tokens.get(content[start : start + length]):
                    return start, token
        return None
