"""How the numbers of a norm are made: what it divides by, what it gives, and a vector's length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name
from seethrough.core.sum_asked import bias_of
from seethrough.core.sum_parts import (
    After,
    Aside,
    Group,
    Made,
    Series,
    Slice,
    along,
    number,
    product,
    sign,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.sum_asked import Asked, Rule

# A norm of a block -> the hook that it is given.
GIVEN = {
    "ln1.": hooks.RESID_PRE,
    "attn.q_norm.": hooks.Q,
    "attn.k_norm.": hooks.K,
    "ln1_post.": hooks.ATTN_MADE,
    "ln2.": hooks.RESID_MID,
    "ln2_post.": hooks.MLP_MADE,
}
FINAL = "ln_final."
# The norms that are given the residual stream itself.
OF_STREAM = frozenset({"ln1.", "ln2.", FINAL})


def norm_rules() -> Mapping[str, Rule]:
    """A rule for each hook of each norm that a family may have."""
    rules: dict[str, Rule] = {}
    for part in (*GIVEN, FINAL):
        made = scale(part), normalized(part), weighted(part)
        rules |= dict(zip(hooks.norm_leaves(part), made, strict=True))
    return rules


def into_norm(asked: Asked, part: str) -> str:
    """The hook that a norm is given."""
    if part == FINAL:
        return hook_name(hooks.RESID_POST, asked.config.n_layers - 1)
    leaf = hooks.into_mlp(asked.family) if part == "ln2." else GIVEN[part]
    return asked.hook(leaf)


def vector_into(asked: Asked, part: str) -> tuple[str, Array]:
    """The vector that a norm divides: of the cell's position, and of its head where it has one."""
    name = into_norm(asked, part)
    return name, asked.read.row(name, asked.index[0])[asked.index[1:-1]]


def scale(part: str) -> Rule:
    """The root of the mean square; of the distances from the mean in a LayerNorm."""

    def made(asked: Asked) -> Made:
        name, x = vector_into(asked, part)
        mean = float(x.mean()) if asked.is_centred else 0.0
        n, eps = len(x), asked.config.eps
        after = (
            After("mean_of", float(n), lambda total: total / n),
            After("eps", eps, lambda total: total + eps),
            After("root", None, lambda total: float(np.sqrt(total))),
        )
        series = Series(name, x, lambda at: (*asked.index[:-1], at))
        aside = (Aside("mean", mean),) if asked.is_centred else ()
        rule = "deviation" if asked.is_centred else "scale"
        return Made(rule, (Group((series,), (x - mean) ** 2),), after, aside)

    return made


def normalized(part: str) -> Rule:
    """A number of a vector (its distance from the mean) divided by the norm's scale."""
    suffix = "" if part in OF_STREAM else "_part"

    def made(asked: Asked) -> Made:
        name, x = vector_into(asked, part)
        leaf, where = f"{part}hook_scale", (*asked.index[:-1], 0)
        divisor = float(asked.row(leaf)[where[1:]])
        cell = Cell(asked.hook(leaf), where)
        after = (After("scale", divisor, lambda total: total / divisor, cell),)
        groups = (product(number(name, asked.index, x[asked.index[-1]])),)
        if asked.is_centred:
            mean = sign("minus_mean", -float(x.mean()))
            return Made(f"centred{suffix}", (*groups, product(mean)), after)
        return Made(f"normalized{suffix}", groups, after)

    return made


def weighted(part: str) -> Rule:
    """The normalised number times its learned weight (or 1 and that), plus a LayerNorm's bias."""

    def made(asked: Asked) -> Made:
        leaf, weight, dim = f"{part}hook_normalized", asked.hook(f"{part}w"), asked.index[-1]
        x = number(asked.hook(leaf), asked.index, asked.row(leaf)[asked.index[1:]])
        learned = number(weight, (dim,), asked.read.weight(Slice(weight))[dim])
        if asked.family.norm.adds_one:
            return Made("norm_out_plus", (product(x), product(x, learned)))
        bias = bias_of(asked, asked.hook(f"{part}b"), dim) if asked.is_centred else ()
        return Made("norm_out", (product(x, learned), *bias))

    return made


def length(leaf: str) -> Rule:
    """The root of the sum of a vector's squares."""

    def made(asked: Asked) -> Made:
        name, position = asked.hook(leaf), asked.index[0]
        x = asked.read.row(name, position)
        root = After("root", None, lambda total: float(np.sqrt(total)))
        return Made("length", (Group((along(name, position, x),), x**2),), (root,))

    return made
