"""What is known of one input, by hook name, at all of its positions or at some."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.hooks import LEAF_DIMS, leaf_of
from seethrough.core.length import length_of, vector_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell

# Hooks whose first axis is not a position.
BY_HEAD = frozenset(leaf for leaf, dims in LEAF_DIMS.items() if dims[0] == "head")
FIRST_OF_UNEMBED = frozenset(leaf for leaf, dims in LEAF_DIMS.items() if dims[0] == "unembed")


@dataclass(frozen=True, eq=False)
class Captured:
    """Arrays by hook name, read-only by agreement.

    `positions` names the positions that an array's first axis holds, in order, where they are not
    simply 0, 1, 2 …: a recording keeps some rows, `ln_final.*` and `logits` exist for the last
    position alone. Arrays [head, query_pos, key_pos] are always whole.
    """

    arrays: Mapping[str, Array] = field(default_factory=dict)
    positions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether every one of these hooks is here, wherever it is held."""
        return all(name in self.arrays for name in names)

    def row(self, name: str, position: int) -> Array | None:
        """A hook at one position: `hook_embed` → [d_model]. None where it is not known.

        Raises:
            ValueError: The hook has heads first; read `arrays` for those.
        """
        if leaf_of(name) in BY_HEAD:
            msg = f"{name} has no position axis first"
            raise ValueError(msg)
        array = self.arrays.get(name)
        if array is None:
            return None
        known = self.positions.get(name) or range(len(array))
        return array[known.index(position)] if position in known else None

    def value(self, cell: Cell) -> float | None:
        """One number; None where it is not known."""
        vector = vector_of(cell.name)
        if vector is not None:
            row = self.row(vector, cell.index[0])
            return None if row is None else length_of(row)
        if leaf_of(cell.name) in BY_HEAD:
            array, index = self.arrays.get(cell.name), cell.index
        else:
            array, index = self.row(cell.name, cell.index[0]), cell.index[1:]
        if array is None or len(index) != array.ndim:
            return None
        inside = all(at < size for at, size in zip(index, array.shape, strict=True))
        return float(array[index]) if inside else None

    def with_more(
        self, arrays: Mapping[str, Array], positions: Mapping[str, tuple[int, ...]] | None = None
    ) -> Captured:
        """The same and more; what has the same name is replaced. Nothing more is the very same."""
        if not arrays and not positions:
            return self
        kept = {name: known for name, known in self.positions.items() if name not in arrays}
        return replace(
            self, arrays={**self.arrays, **arrays}, positions={**kept, **(positions or {})}
        )


NOTHING = Captured()


def of_last(names: tuple[str, ...], last: int) -> dict[str, tuple[int, ...]]:
    """`positions` of those names that exist for the last position alone."""
    return {name: (last,) for name in names if name in FIRST_OF_UNEMBED}


def with_rows(captured: Captured, name: str, rows: Mapping[int, Array]) -> Captured:
    """With more rows of what is held row by row; those that are known stay the very numbers.

    Args:
        rows: By position; of a matrix (W_U) by row.
    """
    found = rows_of(captured, name)
    found |= {place: row for place, row in rows.items() if place not in found}
    places = in_order = tuple(range(len(found)))
    if leaf_of(name) not in LEAF_DIMS or set(found) != set(in_order):
        places = tuple(found)
    positions = {} if places is in_order else {name: places}
    return captured.with_more({name: np.stack([found[place] for place in places])}, positions)


def with_part(captured: Captured, name: str, array: Array, positions: tuple[int, ...]) -> Captured:
    """With a hook at some positions; what is known of it stays, at those positions and others."""
    known = rows_of(captured, name)
    if known.keys() >= set(positions):
        return captured
    if not known:
        return captured.with_more({name: array}, {name: positions})
    return with_rows(captured, name, dict(zip(positions, array, strict=True)))


def with_whole(captured: Captured, arrays: Mapping[str, Array]) -> Captured:
    """With hooks at all of their positions; rows that are known stay the very numbers."""
    return captured.with_more(
        {name: _keeping(array, rows_in_part(captured, name)) for name, array in arrays.items()}
    )


def rows_of(captured: Captured, name: str) -> dict[int, Array]:
    """What is known of a hook by position; of a matrix by row."""
    array = captured.arrays.get(name)
    if array is None:
        return {}
    return dict(zip(captured.positions.get(name) or range(len(array)), array, strict=True))


def rows_in_part(captured: Captured, name: str) -> dict[int, Array]:
    """The same of a hook that is held at some positions alone."""
    return rows_of(captured, name) if name in captured.positions else {}


def _keeping(array: Array, known: Mapping[int, Array]) -> Array:
    """The array with some of its rows as they are known."""
    if known:
        array = array.copy()
        array[list(known)] = list(known.values())
    return array
