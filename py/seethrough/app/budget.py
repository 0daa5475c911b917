"""How much of a run is kept: the arrays that were looked at last, within so many bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.core.captured import Captured

# Inside a layer of SmolLM2 512 tokens are 44 MB; five layers and the residual stream fit.
KEPT_BYTES = 256 * 1024 * 1024


class Budget:
    """Which arrays were seen when, and which go first. `limit` is in bytes."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self.limit = limit
        self._seen: dict[str, None] = {}  # the one seen last stands last

    def see(self, names: Iterable[str]) -> None:
        """These are looked at now."""
        for name in names:
            self._seen.pop(name, None)
            self._seen[name] = None

    def within(self, captured: Captured, wanted: frozenset[str]) -> Captured:
        """The same without what was seen least recently, as far as it is over the limit.

        What is wanted now stays, whatever its size.
        """
        over = size_of(captured) - self.limit
        if over <= 0:
            return captured
        arrays, positions = dict(captured.arrays), dict(captured.positions)
        for name in sorted(arrays, key=self._age):
            if over <= 0:
                break
            if name not in wanted:
                over -= arrays.pop(name).nbytes
                positions.pop(name, None)
        return replace(captured, arrays=arrays, positions=positions)

    def _age(self, name: str) -> int:
        """When a hook was seen; those never looked at come first."""
        return list(self._seen).index(name) if name in self._seen else -1


def size_of(captured: Captured) -> int:
    """Bytes of all arrays, an array that has two names counted once."""
    return sum({id(array): array.nbytes for array in captured.arrays.values()}.values())
