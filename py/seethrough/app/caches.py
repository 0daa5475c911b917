"""Which texts' keys and values the engine holds: several, so that a way back costs one column.

The engine keeps a cache by its number and decides nothing; here is decided what a run reads, where
it writes, and what is given up for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.app.ways import n_common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.config import ModelConfig

MOST_BYTES = 64 * 2**20
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Plan:
    """What one run does with the caches: reads one, writes one, gives some up."""

    read: int
    write: int
    drop: tuple[int, ...]


class Caches:
    """The texts that are held, by the number of their cache, the newest last.

    Args:
        most_bytes: How much all of them may hold together; one is always held.
    """

    def __init__(self, config: ModelConfig, most_bytes: int = MOST_BYTES) -> None:
        width = config.n_key_value_heads * config.d_head
        self._column_bytes = 2 * FLOAT_BYTES * config.n_layers * width
        self._most_bytes = most_bytes
        self._held: dict[int, tuple[int, ...]] = {}

    @property
    def newest(self) -> tuple[int, ...]:
        """The text that was run last; empty where nothing is held."""
        return next(reversed(self._held.values()), ())

    @property
    def n_bytes(self) -> int:
        """How much is held."""
        return sum(map(len, self._held.values())) * self._column_bytes

    def forget(self) -> None:
        """The engine holds nothing any more."""
        self._held.clear()

    def n_common(self, ids: Sequence[int]) -> int:
        """How long the longest beginning of a text is that some cache holds."""
        return max((n_common(held, ids) for held in self._held.values()), default=0)

    def plan(self, n_past: int, ids: tuple[int, ...]) -> Plan:
        """How to run the ids behind their first `n_past`, which some cache holds.

        A cache whose whole text the new one begins with is written over; any other stays, as long
        as there is room.
        """
        begins = [number for number, held in self._held.items() if held == ids[: len(held)]]
        reads = [n for n, held in self._held.items() if held[:n_past] == ids[:n_past]]
        read = reads[-1] if n_past else -1
        free = next(n for n in range(len(self._held) + 1) if n not in self._held)
        write = read if read in begins else begins[-1] if begins else free
        drop = [number for number in begins if number not in {read, write}]
        others = [n for n in self._held if n not in {read, write, *drop}]
        room = self._most_bytes - len(ids) * self._column_bytes
        room -= sum(len(self._held[n]) for n in {read, *others} - {write, -1}) * self._column_bytes
        for number in others:
            if room >= 0:
                break
            room += len(self._held[number]) * self._column_bytes
            drop.append(number)
        return Plan(max(read, 0), write, tuple(drop))

    def begin(self, plan: Plan) -> None:
        """A run begins: until it has succeeded, nothing is known of what it writes."""
        for number in (plan.write, *plan.drop):
            self._held.pop(number, None)

    def end(self, plan: Plan, ids: tuple[int, ...]) -> None:
        """The run has succeeded: its cache holds these ids."""
        self._held[plan.write] = ids
