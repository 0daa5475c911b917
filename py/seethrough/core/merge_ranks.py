"""Which two neighbours merge, and when: by a list of merges, or by the pieces that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Turn = tuple[int, ...]  # the rank, and behind it what decides among equal ranks; the least is first


class Ranks(Protocol):
    """The order of a vocabulary's merges."""

    def order(self, left: str, right: str) -> Turn | None:
        """When two neighbours merge; None: never."""

    def made(self) -> Iterable[str]:
        """The pieces that merges make."""


class Merges:
    """Pairs in a list: the rank of each is its place there.

    Raises:
        SourceError: A merge makes, or is made of, a symbol that the vocabulary lacks.
    """

    def __init__(self, vocab: Mapping[str, int], merges: Sequence[tuple[str, str]]) -> None:
        for left, right in merges:
            if not (left in vocab and right in vocab and left + right in vocab and left and right):
                raise SourceError("tokens.merge_without_token", left=left, right=right)
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}

    def order(self, left: str, right: str) -> Turn | None:
        """When two neighbours merge; None: never."""
        rank = self._ranks.get((left, right))
        return None if rank is None else (rank,)

    def made(self) -> Iterable[str]:
        """The pieces that merges make."""
        return (left + right for left, right in self._ranks)


class PieceRanks:
    """Any two neighbours merge that make a piece of the vocabulary; the rank is that piece's.

    Of equal ranks the longest left neighbour goes first, then the longest right one, then the
    lowest id. Source: sentencepiece's BPE, whose scores these are; the order among equals is that
    of the merges which transformers makes of scores.
    """

    def __init__(self, vocab: Mapping[str, int], ranks: Sequence[int]) -> None:
        self._vocab = vocab
        self._ranks = ranks  # by id

    def order(self, left: str, right: str) -> Turn | None:
        """When two neighbours merge; None: never."""
        number = self._vocab.get(left + right)
        return None if number is None else (self._ranks[number], -len(left), -len(right), number)

    def made(self) -> Iterable[str]:
        """The pieces that merges make, and more."""
        return self._vocab
