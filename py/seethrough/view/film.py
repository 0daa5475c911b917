"""The sentences of a film: counted for the transport, each told only when its moment comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from seethrough.view.node import Child


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
