"""A film: its sentences, counted for the transport and told when their moment comes; its places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, overload

from seethrough.view.node import Node

if TYPE_CHECKING:
    from seethrough.view.node import Attributes, Child

# A movement and what it brought are seen in a second and a half; a slow reader, who looks at the
# picture as well, reads eighteen signs in one.
LEAST_S = 1.5
SIGN_S = 0.055


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


def film_of(shots: Sequence[str], tell: Callable[[str], Child]) -> Sequence[Child]:
    """A sentence for each moment, told when it comes; no film where there is none."""
    return Film(tuple(partial(tell, shot) for shot in shots)) if shots else ()


def timed(shots: Sequence[str], shot: str, move: str, source: str = "") -> Attributes:
    """The place in a film of what enters at a named moment; nothing where the film lacks it.

    Args:
        shots: The film's moments by name, in order.
        move: How it enters (view/steps/__init__.py).
        source: The id of the element that it flies in from.
    """
    if shot not in shots:
        return {}
    place: dict[str, str] = {"data-at": str(shots.index(shot)), "data-move": move}
    return {**place, "data-from": source} if source else place


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
