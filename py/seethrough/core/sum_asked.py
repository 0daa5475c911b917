"""A cell that is asked about, and what all rules of a sum share: added hooks, columns, biases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.sum_parts import Group, Made, Series, Slice, number, product
from seethrough.core.weight_names import bias_name

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family
    from seethrough.core.sum_parts import Reader


@dataclass(frozen=True)
class Asked:
    """One cell and whoever gives the numbers behind it."""

    read: Reader
    layer: int | None
    index: tuple[int, ...]

    @property
    def config(self) -> ModelConfig:
        """The model's config."""
        return self.read.config

    @property
    def family(self) -> Family:
        """The description of the model's family."""
        return family_of(self.config)

    @property
    def is_centred(self) -> bool:
        """Whether norms take the mean off (LayerNorm)."""
        return self.family.norm.is_centred

    def hook(self, leaf: str) -> str:
        """A leaf of the cell's own layer, by its full name."""
        return hook_name(leaf, self.layer)

    def first_seen(self, query: int) -> int:
        """The first position that a query sees in the cell's layer."""
        return self.config.first_seen(self.layer or 0, query)

    def row(self, leaf: str) -> Array:
        """A hook of the same layer at the cell's position."""
        return self.read.row(self.hook(leaf), self.index[0])


Rule = Callable[[Asked], Made]


def added(rule: str, *names: str) -> Rule:
    """The same place of several hooks, added."""

    def made(asked: Asked) -> Made:
        position, dim = asked.index
        rows = [(name, asked.read.row(name, position)[dim]) for name in names]
        return Made(rule, tuple(product(number(name, asked.index, x)) for name, x in rows))

    return made


def of_layer(rule: str, *leaves: str) -> Rule:
    """The same place of several hooks of the layer, added."""
    return lambda asked: added(rule, *map(asked.hook, leaves))(asked)


def bias_of(asked: Asked, name: str, at: int) -> tuple[Group, ...]:
    """The bias as a term of its own."""
    term = product(number(name, (at,), asked.read.weight(Slice(name))[at]))
    return (replace(term, is_bias=True),)


def times_matrix(asked: Asked, rule: str, x: Series, leaf: str, column: int) -> Made:
    """A vector times one column of a weight, plus the bias where it has one."""
    weight = asked.hook(leaf)
    numbers = asked.read.weight(Slice(weight, column=column))
    terms = product(x, Series(weight, numbers, lambda at: (at, column)))
    is_biased = asked.family.has_bias(leaf)
    bias = bias_of(asked, asked.hook(bias_name(leaf)), column) if is_biased else ()
    return Made(rule, (terms, *bias))
