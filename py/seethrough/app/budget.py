"""How much of a run is kept: the arrays that were looked at last, within so many bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.core.captured import Captured

# Inside a layer of SmolLM2 512 tokens are 44 MB: five layers fit.
KEPT_BYTES = 256_000_000


class Budget:
    """Which arrays were seen when, and which go first. `limit` is in bytes."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self.limit = limit
        self._looks = 0
        self._seen: dict[str, int] = {}  # at which look, counted from 1

    def see(self, names: Iterable[str]) -> None:
        """These are looked at now, all at once."""
        self._looks += 1
        self._seen |= dict.fromkeys(names, self._looks)

    def within(self, captured: Captured, wanted: frozenset[str]) -> Captured:
        """The same without what was seen least recently, as far as it is over the limit.

        What is wanted now stays, whatever its size. Of what was seen at once the first array goes
        first.
        """
        over = size_of(captured) - self.limit
        if over <= 0:
            return captured
        arrays, positions = dict(captured.arrays), dict(captured.positions)
        holders = Counter(id(array) for array in arrays.values())
        for name in sorted(arrays, key=self._age):
            if over <= 0:
                break
            if name not in wanted:
                array = arrays.pop(name)
                positions.pop(name, None)
                holders[id(array)] -= 1
                over -= 0 if holders[id(array)] else array.nbytes
        return replace(captured, arrays=arrays, positions=positions)

    def _age(self, name: str) -> int:
        """When a hook was seen; those never looked at come first."""
        return self._seen.get(name, 0)


def size_of(captured: Captured) -> int:
    """Bytes of all arrays, an array that has two names counted once."""
    return sum({id(array): array.nbytes for array in captured.arrays.values()}.values())
