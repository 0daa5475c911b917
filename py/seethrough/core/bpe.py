"""Byte-pair merging: the pair of lowest rank first, until no two neighbours can merge.

Knows nothing of bytes or of text: a word is a row of symbols that the vocabulary has.
Source: Sennrich et al. 2016; ties and their order as in `tokenizers` (leftmost first).
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seethrough.core.merge_ranks import Ranks

NONE = -1  # stands for the neighbour that the first and the last symbol lack


@dataclass(frozen=True, slots=True)
class Merge:
    """Two neighbours became one symbol, whose text is `left + right`.

    `left_at` and `right_at` are the places of their first symbols in the row that merging began
    with, so a place names the same piece for as long as it lives.
    """

    left_at: int
    right_at: int
    left: str
    right: str
    rank: int


class Bpe:
    """A vocabulary, and the order in which its pieces merge."""

    def __init__(self, vocab: Mapping[str, int], ranks: Ranks) -> None:
        self.vocab = vocab
        self.ranks = ranks

    def ids(self, symbols: Sequence[str]) -> list[int]:
        """The token ids of one word."""
        pieces = list(symbols)
        for _ in self._merge(pieces):
            pass
        return [self.vocab[piece] for piece in pieces if piece]

    def merges(self, symbols: Sequence[str]) -> Iterator[Merge]:
        """The merges of one word, in the order in which they happen."""
        for at, right_at, left, right, rank in self._merge(list(symbols)):
            yield Merge(at, right_at, left, right, rank)

    def _merge(self, pieces: list[str]) -> Iterator[tuple[int, int, str, str, int]]:
        """Merge in place: the right one of two becomes empty. Gives the fields of each `Merge`.

        A heap of candidates over a linked row, so the time grows as n log n with the word.
        """
        order = self.ranks.order
        before, after = _neighbours(len(pieces))
        pairs = enumerate(pairwise(pieces))
        heap = [(turn, at) for at, pair in pairs if (turn := order(*pair)) is not None]
        heapify(heap)
        while heap:
            turn, at = heappop(heap)
            right_at = after[at]
            left, right = pieces[at], pieces[right_at]
            if right_at == NONE or order(left, right) != turn:
                continue  # one of the two has grown since the pair was queued
            whole, next_at, left_at = left + right, after[right_at], before[at]
            pieces[at], pieces[right_at] = whole, ""
            after[at], before[next_at] = next_at, at
            yield at, right_at, left, right, turn[0]
            if left_at != NONE and (new := order(pieces[left_at], whole)) is not None:
                heappush(heap, (new, left_at))
            if next_at != NONE and (new := order(whole, pieces[next_at])) is not None:
                heappush(heap, (new, at))


def _neighbours(count: int) -> tuple[list[int], list[int]]:
    """Each symbol's left and right one; `before` has a spare last place, `before[NONE]`."""
    return [*range(-1, count - 1), NONE], [*range(1, count), NONE]
