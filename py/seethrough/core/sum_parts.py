"""What a rule of core/sum_rules.py is given and gives: numbers by name, terms, what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig

    Place = Callable[[int], tuple[int, ...]]


@dataclass(frozen=True)
class Slice:
    """One row or one column of a weight, or (neither) all numbers of a vector."""

    name: str
    row: int | None = None
    column: int | None = None


class Reader(Protocol):
    """Gives a rule its numbers, as float64."""

    config: ModelConfig
    ids: Sequence[int]

    def row(self, name: str, position: int) -> Array:
        """A hook at one position, without that axis."""

    def seen(self, name: str, head: int, query: int) -> Array:
        """Scores or shares of the positions that a query may look at: [query + 1]."""

    def weight(self, part: Slice) -> Array:
        """The numbers of a slice, in one row."""


@dataclass(frozen=True)
class Series:
    """One factor of every term of a group.

    `name` is a hook or weight, and `place(i)` where in it number i is; without a place it is a sign
    of the formula ("cos"), which has no name in the model.
    """

    name: str
    values: Array
    place: Place | None = None


@dataclass(frozen=True)
class Group:
    """Terms of one kind: each is made of one number of every series; `values` are the terms."""

    series: tuple[Series, ...]
    values: Array
    is_bias: bool = False


@dataclass(frozen=True)
class After:
    """What is done to the sum: a key, the number that it is done with, and where that is."""

    key: str
    value: float | None
    apply: Callable[[float], float]
    cell: Cell | None = None


@dataclass(frozen=True)
class Aside:
    """A number that the terms were made with: the largest score, the mean, an angle."""

    key: str
    value: float
    cell: Cell | None = None


@dataclass(frozen=True)
class Made:
    """One number's rule with its numbers. `own` is the term that the number itself belongs to."""

    rule: str
    groups: tuple[Group, ...] = ()
    after: tuple[After, ...] = ()
    aside: tuple[Aside, ...] = ()
    own: int | None = None


def product(*series: Series) -> Group:
    """Terms that are products."""
    values = series[0].values
    for factor in series[1:]:
        values = values * factor.values
    return Group(series, values)


def number(name: str, index: tuple[int, ...], value: float) -> Series:
    """One number of the model as a series."""
    return Series(name, np.array([value], np.float64), lambda _: index)


def sign(name: str, value: float) -> Series:
    """One number that stands in the formula alone."""
    return Series(name, np.array([value], np.float64))


def along(name: str, position: int, values: Array) -> Series:
    """A whole vector at a position."""
    return Series(name, values, lambda at: (position, at))
