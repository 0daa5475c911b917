"""The sum behind one number: its largest terms, the rest as one, and what is done to the total.

`needs` tells what must be known for it, `sum_of` makes it, in float64 from the model's own float32
numbers; which rule a number has says core/sum_rules.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.captured import BY_HEAD
from seethrough.core.cell import PROBS, Cell
from seethrough.core.errors import InputError, UnknownNameError, near_misses
from seethrough.core.hooks import LEAF_DIMS, axis_sizes, fetchable, leaf_of
from seethrough.core.length import LENGTH_DIMS, vector_of
from seethrough.core.sum_asked import Asked
from seethrough.core.sum_parts import Aside, Made, Slice, number, product
from seethrough.core.sum_rules import rules_of
from seethrough.core.weight_names import expected_dims

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.config import ModelConfig
    from seethrough.core.sum_parts import Group, Series

LARGEST = 6
LEARNED, TIED, MASKED = "learned", "tied", "masked"
UNEMBED = "W_U"
DIMS = LEAF_DIMS | LENGTH_DIMS | {PROBS: ("unembed", "d_vocab")}


@dataclass(frozen=True)
class Needs:
    """What a sum is made of: hooks at a position each (None: by head, whole), slices of weights."""

    hooks: tuple[tuple[str, int | None], ...]
    weights: tuple[Slice, ...]


@dataclass(frozen=True)
class Factor:
    """One number in a term: `cell` is where it is, None for a sign of the formula like "cos"."""

    name: str
    value: float
    cell: Cell | None = None


@dataclass(frozen=True)
class Term:
    """One of the numbers that add up. `is_own`: the traced number is this one's share."""

    factors: tuple[Factor, ...]
    value: float
    is_own: bool = False


@dataclass(frozen=True)
class Step:
    """What is done to the sum after adding, with which number, and what that gives."""

    key: str
    value: float | None
    result: float
    cell: Cell | None = None


@dataclass(frozen=True)
class Sum:
    """How a number was made. `value` is what the model has, `total` what the terms give.

    `rest` is the sum of the `n_rest` terms that are not named; `subtotal` is that of all, before
    the `steps`. `magnitude` is the total had every term been positive: what rounding is measured
    against. `has_bias`: a learned bias is one of the terms.
    """

    cell: Cell
    value: float
    rule: str
    terms: tuple[Term, ...] = ()
    rest: float = 0.0
    n_rest: int = 0
    subtotal: float = 0.0
    steps: tuple[Step, ...] = ()
    aside: tuple[Aside, ...] = ()
    total: float = 0.0
    magnitude: float = 0.0
    has_bias: bool = False

    @property
    def sources(self) -> frozenset[Cell]:
        """The numbers that are named in it, each of which can be traced further."""
        factors = [factor.cell for term in self.terms for factor in term.factors]
        others = [step.cell for step in self.steps] + [aside.cell for aside in self.aside]
        return frozenset(cell for cell in (*factors, *others) if cell is not None)


def check_cell(cell: Cell, config: ModelConfig, n_pos: int) -> None:
    """Refuse what is no number of this model and input.

    Raises:
        UnknownNameError: No hook or weight has such a name.
        InputError: It has no such place.
    """
    dims = dims_of(cell.name, config, n_pos)
    if dims is None:
        known = [*fetchable(config), *weight_dims(config)]
        raise UnknownNameError("sums.no_name", name=cell.name, near=near_misses(cell.name, known))
    inside = len(dims) == len(cell.index) and all(
        0 <= at < size for at, size in zip(cell.index, dims, strict=True)
    )
    if not inside:
        raise InputError("sums.no_cell", cell=cell, dims=" × ".join(map(str, dims)))


def dims_of(name: str, config: ModelConfig, n_pos: int) -> tuple[int, ...] | None:
    """How many numbers a hook or weight has along each axis; None: there is no such name."""
    if is_weight(name, config):
        return weight_dims(config)[name]
    leaf, known = leaf_of(name), {PROBS, *fetchable(config)}
    if leaf not in rules_of(config) or (vector_of(name) or name) not in known:
        return None
    sizes = axis_sizes(config, n_pos=n_pos, n_unembed=n_pos)
    return tuple(sizes[axis] for axis in DIMS[leaf])


def is_weight(name: str, config: ModelConfig) -> bool:
    """Whether a name is a weight's."""
    return name in weight_dims(config)


@cache
def weight_dims(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every weight with its dims; the unembedding too where it is the embedding's."""
    return {**expected_dims(config), UNEMBED: (config.d_model, config.d_vocab)}


def needs(cell: Cell, config: ModelConfig, ids: Sequence[int]) -> Needs:
    """What must be known for the sum of a cell: its rule is asked, with nothing in its hands."""
    notes = Notes(config, ids)
    made_of(cell, notes)
    return Needs(tuple(dict.fromkeys(notes.hooks)), tuple(dict.fromkeys(notes.weights)))


def sum_of(
    cell: Cell,
    config: ModelConfig,
    ids: Sequence[int],
    known: Captured,
    weights: Mapping[Slice, Array],
) -> Sum:
    """The sum behind a cell, from what `needs` named.

    Raises:
        KeyError: Something that it needs is not known.
    """
    made, value = made_of(cell, Known(config, ids, known, weights))
    if not made.groups:
        return Sum(cell, value, made.rule, total=value, magnitude=abs(value))
    parts = np.concatenate([group.values for group in made.groups])
    shown = largest(parts, made.own)
    is_rest = np.ones(len(parts), bool)
    is_rest[shown] = False
    rest = parts[is_rest]
    subtotal = float(parts.sum())
    steps: list[Step] = []
    total, size = subtotal, float(np.abs(parts).sum())
    for after in made.after:
        total, size = after.apply(total), after.apply(size)
        steps.append(Step(after.key, after.value, total, after.cell))
    return Sum(
        cell,
        value,
        made.rule,
        tuple(term_at(made, at) for at in shown),
        float(rest.sum()),
        len(rest),
        subtotal,
        tuple(steps),
        made.aside,
        total,
        abs(size),
        any(group.is_bias for group in made.groups),
    )


def largest(parts: Array, own: int | None) -> list[int]:
    """The places of the largest terms, largest first; one's own is always among them."""
    order = np.argsort(-np.abs(parts), kind="stable")[:LARGEST].tolist()
    if own is not None and own not in order:
        order[-1] = own
    return order


def term_at(made: Made, at: int) -> Term:
    """One term with its factors."""
    group, inside = group_at(made, at)
    factors = tuple(factor_at(series, inside) for series in group.series)
    return Term(factors, float(group.values[inside]), is_own=at == made.own)


def group_at(made: Made, at: int) -> tuple[Group, int]:
    """The group that a term is in, and its place there."""
    for group in made.groups:
        if at < len(group.values):
            return group, at
        at -= len(group.values)
    raise KeyError(at)


def factor_at(series: Series, at: int) -> Factor:
    """One number of a series."""
    cell = None if series.place is None else Cell(series.name, series.place(at))
    return Factor(series.name, float(series.values[at]), cell)


def made_of(cell: Cell, read: Notes | Known) -> tuple[Made, float]:
    """A cell's rule with its numbers, and the value that the model has there."""
    if is_weight(cell.name, read.config):
        return stored(cell, read)
    rule = rules_of(read.config)[leaf_of(cell.name)]
    return rule(Asked(read, layer_of(cell.name), cell.index)), read.value(cell)


def stored(cell: Cell, read: Notes | Known) -> tuple[Made, float]:
    """A weight was learned; a tied unembedding is a number of the embedding."""
    if cell.name == UNEMBED:
        value = float(read.weight(Slice(UNEMBED, column=cell.index[1]))[cell.index[0]])
        if not read.config.tie_word_embeddings:
            return Made(LEARNED), value
        same = number("W_E", (cell.index[1], cell.index[0]), value)
        return Made(TIED, (product(same),)), value
    is_matrix = len(cell.index) > 1
    part = Slice(cell.name, row=cell.index[0]) if is_matrix else Slice(cell.name)
    return Made(LEARNED), float(read.weight(part)[cell.index[-1]])


class Notes:
    """A reader with nothing in its hands: it notes what it is asked for, and gives ones."""

    def __init__(self, config: ModelConfig, ids: Sequence[int]) -> None:
        self.config, self.ids = config, ids
        self.hooks: list[tuple[str, int | None]] = []
        self.weights: list[Slice] = []

    def row(self, name: str, position: int) -> Array:
        """See sum_parts.Reader."""
        self.hooks.append((name, position))
        dims = dims_of(name, self.config, len(self.ids)) or ()
        return np.ones(dims[1:])

    def seen(self, name: str, _head: int, query: int) -> Array:
        """See sum_parts.Reader."""
        self.hooks.append((name, None))
        return np.ones(query + 1)

    def weight(self, part: Slice) -> Array:
        """See sum_parts.Reader."""
        self.weights.append(part)
        dims = weight_dims(self.config)[part.name]
        return np.ones(dims[0] if part.row is None else dims[1])

    def value(self, cell: Cell) -> float:
        """The cell itself is captured too; a length or a probability is made of hooks that are."""
        names = [vector_of(cell.name) or cell.name]
        if cell.name == PROBS:
            names = [hooks.LOGITS, hooks.LOGSUMEXP]
        by_head = leaf_of(cell.name) in BY_HEAD
        self.hooks += [(name, None if by_head else cell.index[0]) for name in names]
        return 1.0


class Known:
    """A reader of what was captured and read."""

    def __init__(
        self,
        config: ModelConfig,
        ids: Sequence[int],
        captured: Captured,
        weights: Mapping[Slice, Array],
    ) -> None:
        self.config, self.ids = config, ids
        self._captured, self._weights = captured, weights

    def row(self, name: str, position: int) -> Array:
        """See sum_parts.Reader."""
        row = self._captured.row(name, position)
        if row is None:
            raise KeyError(name)
        return np.asarray(row, np.float64)

    def seen(self, name: str, head: int, query: int) -> Array:
        """See sum_parts.Reader."""
        return self._captured.arrays[name][head, query, : query + 1].astype(np.float64)

    def weight(self, part: Slice) -> Array:
        """See sum_parts.Reader."""
        return self._weights[part].astype(np.float64)

    def value(self, cell: Cell) -> float:
        """What the model has there."""
        if cell.name == PROBS:
            position, token = cell.index
            logit = self.row(hooks.LOGITS, position)[token]
            return float(np.exp(logit - self.row(hooks.LOGSUMEXP, position)))
        value = self._captured.value(cell)
        if value is None:
            raise KeyError(cell.name)
        return value


def layer_of(name: str) -> int | None:
    """The layer of a hook or weight, None outside the blocks."""
    return int(name.split(".", 2)[1]) if name.startswith("blocks.") else None
