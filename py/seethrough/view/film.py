"""The sentences of a film: counted for the transport, each told only when its moment comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, overload

from seethrough.view.node import Node

if TYPE_CHECKING:
    from seethrough.view.node import Child

# A movement is seen in a second; not quite thirty signs are read in one.
LEAST_S = 1.0
SIGN_S = 0.035


class Film(Sequence["Child"]):
    """Moments that are made when they are asked for.

    Args:
        tellers: What tells each moment, in order.
    """

    def __init__(self, tellers: tuple[Callable[[], Child], ...]) -> None:
        self._tellers = tellers

    def __len__(self) -> int:
        """How many moments the film has."""
        return len(self._tellers)

    @overload
    def __getitem__(self, at: int) -> Child: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Child]: ...
    def __getitem__(self, at: int | slice) -> Child | Sequence[Child]:
        """A moment's sentence, or those of several."""
        if isinstance(at, slice):
            return Film(self._tellers[at])
        return self._tellers[at]()


def reading_s(sentence: Child) -> float:
    """How long a moment stays at speed 1: its movement, and a slow reader's time for its words."""
    return LEAST_S + SIGN_S * n_signs(sentence)


def n_signs(words: Child) -> int:
    """How many signs a sentence has, its nodes' own among them."""
    if isinstance(words, str):
        return len(words)
    if isinstance(words, Node):
        return sum(n_signs(child) for child in words.children)
    return sum(n_signs(child) for child in words) if isinstance(words, list | tuple) else 0
