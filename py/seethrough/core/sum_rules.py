"""How each number of the model is made of others: one rule for each leaf, in one table.

A rule asks a `Reader` for the numbers that it needs and gives the groups of terms that add up, and
what is done to their sum. Read with a reader that only notes what it is asked for, the same rule
tells what must be captured first. `core/reference.py` is the truth that these rules spell out for
one number at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import PROBS, Cell
from seethrough.core.hooks import hook_name
from seethrough.core.length import NORM, VECTORS
from seethrough.core.maths import gelu_new, rotary_angles, silu
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
from seethrough.core.weight_names import bias_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.sum_parts import Place, Reader


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
    def is_centred(self) -> bool:
        """Whether norms take the mean off (LayerNorm)."""
        return FAMILIES[self.config.family].is_centred

    def hook(self, leaf: str) -> str:
        """A leaf of the cell's own layer, by its full name."""
        return hook_name(leaf, self.layer)

    def row(self, leaf: str) -> Array:
        """A hook of the same layer at the cell's position."""
        return self.read.row(self.hook(leaf), self.index[0])


# Before and between the blocks ------------------------------------------------------------------


def embedded(asked: Asked) -> Made:
    """A token's row of the embedding."""
    position, dim = asked.index
    token = asked.read.ids[position]
    row = asked.read.weight(Slice("W_E", row=token))
    return Made("embed", (product(number("W_E", (token, dim), row[dim])),))


def placed(asked: Asked) -> Made:
    """A position's learned row."""
    position, dim = asked.index
    row = asked.read.weight(Slice("W_pos", row=position))
    return Made("pos_embed", (product(number("W_pos", (position, dim), row[dim])),))


def entering(asked: Asked) -> Made:
    """What enters a block: what left the one before; first of all, the embedding."""
    if asked.layer:
        return added("carried", hook_name(hooks.RESID_POST, asked.layer - 1))(asked)
    names = hooks.EMBED_LEAVES[asked.config.family]
    return added("entering" if len(names) == 1 else "placed", *names)(asked)


def added(rule: str, *names: str) -> Callable[[Asked], Made]:
    """The same place of several hooks, added."""

    def made(asked: Asked) -> Made:
        position, dim = asked.index
        rows = [(name, asked.read.row(name, position)[dim]) for name in names]
        return Made(rule, tuple(product(number(name, asked.index, x)) for name, x in rows))

    return made


def of_layer(rule: str, *leaves: str) -> Callable[[Asked], Made]:
    """The same place of several hooks of the layer, added."""
    return lambda asked: added(rule, *map(asked.hook, leaves))(asked)


# Norms ------------------------------------------------------------------------------------------


def into_norm(asked: Asked, part: str) -> str:
    """The hook that a norm is given."""
    if part == "ln_final.":
        return hook_name(hooks.RESID_POST, asked.config.n_layers - 1)
    return asked.hook(hooks.RESID_PRE if part == "ln1." else hooks.RESID_MID)


def scale(part: str) -> Callable[[Asked], Made]:
    """The root of the mean square; of the distances from the mean in a LayerNorm."""

    def made(asked: Asked) -> Made:
        name, position = into_norm(asked, part), asked.index[0]
        x = asked.read.row(name, position)
        mean = float(x.mean()) if asked.is_centred else 0.0
        n, eps = len(x), asked.config.eps
        after = (
            After("mean_of", float(n), lambda total: total / n),
            After("eps", eps, lambda total: total + eps),
            After("root", None, lambda total: float(np.sqrt(total))),
        )
        terms = Group((along(name, position, x),), (x - mean) ** 2)
        aside = (Aside("mean", mean),) if asked.is_centred else ()
        return Made("deviation" if asked.is_centred else "scale", (terms,), after, aside)

    return made


def normalized(part: str) -> Callable[[Asked], Made]:
    """A number of the stream (its distance from the mean) divided by the scale."""

    def made(asked: Asked) -> Made:
        name, (position, dim) = into_norm(asked, part), asked.index
        x = asked.read.row(name, position)
        divisor = float(asked.row(f"{part}hook_scale")[0])
        cell = Cell(asked.hook(f"{part}hook_scale"), (position, 0))
        after = (After("scale", divisor, lambda total: total / divisor, cell),)
        groups = [product(number(name, asked.index, x[dim]))]
        if asked.is_centred:
            mean = sign("minus_mean", -float(x.mean()))
            return Made("centred", (*groups, product(mean)), after)
        return Made("normalized", tuple(groups), after)

    return made


def weighted(part: str) -> Callable[[Asked], Made]:
    """The normalised number times its learned weight, plus the bias where there is one."""

    def made(asked: Asked) -> Made:
        dim = asked.index[1]
        x = asked.row(f"{part}hook_normalized")[dim]
        factors = [number(asked.hook(f"{part}hook_normalized"), asked.index, x)]
        weight = asked.hook(f"{part}w")
        factors.append(number(weight, (dim,), asked.read.weight(Slice(weight))[dim]))
        bias = bias_of(asked, asked.hook(f"{part}b"), dim) if asked.is_centred else ()
        return Made("norm_out", (product(*factors), *bias))

    return made


def length(leaf: str) -> Callable[[Asked], Made]:
    """The root of the sum of a vector's squares."""

    def made(asked: Asked) -> Made:
        name, position = asked.hook(leaf), asked.index[0]
        x = asked.read.row(name, position)
        root = After("root", None, lambda total: float(np.sqrt(total)))
        return Made("length", (Group((along(name, position, x),), x**2),), (root,))

    return made


# Matrices ---------------------------------------------------------------------------------------


def bias_of(asked: Asked, name: str, at: int) -> tuple[Group, ...]:
    """The bias as a term of its own."""
    return (product(number(name, (at,), asked.read.weight(Slice(name))[at])),)


def times_matrix(asked: Asked, rule: str, x: Series, leaf: str, column: int) -> Made:
    """A vector times one column of a weight, plus the bias where the family has them."""
    weight = asked.hook(leaf)
    numbers = asked.read.weight(Slice(weight, column=column))
    terms = product(x, Series(weight, numbers, lambda at: (at, column)))
    has_bias = FAMILIES[asked.config.family].has_bias
    bias = bias_of(asked, asked.hook(bias_name(leaf)), column) if has_bias else ()
    return Made(rule, (terms, *bias))


def projected(rule: str, leaf: str) -> Callable[[Asked], Made]:
    """A number of a head's query, key or value."""

    def made(asked: Asked) -> Made:
        position, head, dim = asked.index
        x = along(asked.hook(hooks.LN1_OUT), position, asked.row(hooks.LN1_OUT))
        return times_matrix(asked, rule, x, leaf, head * asked.config.d_head + dim)

    return made


def neuron(rule: str, leaf: str) -> Callable[[Asked], Made]:
    """A neuron's sum, before its activation."""

    def made(asked: Asked) -> Made:
        position, at = asked.index
        x = along(asked.hook(hooks.LN2_OUT), position, asked.row(hooks.LN2_OUT))
        return times_matrix(asked, rule, x, leaf, at)

    return made


def attention_write(asked: Asked) -> Made:
    """What all heads together write into one number of the stream."""
    (position, dim), d_head = asked.index, asked.config.d_head
    z = asked.row(hooks.Z).reshape(-1)
    x = Series(asked.hook(hooks.Z), z, lambda at: (position, at // d_head, at % d_head))
    return times_matrix(asked, "attn_out", x, "attn.W_O", dim)


def mlp_write(asked: Asked) -> Made:
    """What all neurons together write into one number of the stream."""
    position, dim = asked.index
    x = along(asked.hook(hooks.MLP_POST), position, asked.row(hooks.MLP_POST))
    return times_matrix(asked, "mlp_out", x, "mlp.W_out", dim)


def logit(asked: Asked) -> Made:
    """The final vector times the token's column of the unembedding; no family has a bias there."""
    position, token = asked.index
    x = along(hooks.FINAL_OUT, position, asked.row(hooks.FINAL_OUT))
    column = asked.read.weight(Slice("W_U", column=token))
    return Made("logits", (product(x, Series("W_U", column, lambda at: (at, token))),))


# Attention --------------------------------------------------------------------------------------


def turned(source: str) -> Callable[[Asked], Made]:
    """A number of a query or key after its pair was turned by the position's angle."""

    def made(asked: Asked) -> Made:
        (position, head, dim), config = asked.index, asked.config
        half = config.d_head // 2
        is_first = dim < half
        angles = rotary_angles(np.array([position]), config.d_head, config.rotary_base or 0)
        angle = float(angles[0, dim % half])
        x, partner = asked.row(source)[head], dim + half if is_first else dim - half
        name = asked.hook(source)
        kept = product(number(name, asked.index, x[dim]), sign("cos", float(np.cos(angle))))
        other = number(name, (position, head, partner), x[partner])
        sine = float(np.sin(angle))
        mixed = product(other, sign("minus_sin", -sine) if is_first else sign("sin", sine))
        return Made("rotated", (kept, mixed), aside=(Aside("angle", angle),))

    return made


def score(query_leaf: str, key_leaf: str) -> Callable[[Asked], Made]:
    """A query times a key, divided by the root of the head's width."""

    def made(asked: Asked) -> Made:
        head, query, key = asked.index
        if key > query:
            return Made("masked")
        shared = head // asked.config.n_group
        names = asked.hook(query_leaf), asked.hook(key_leaf)
        q = asked.read.row(names[0], query)[head]
        k = asked.read.row(names[1], key)[shared]
        terms = product(
            Series(names[0], q, lambda at: (query, head, at)),
            Series(names[1], k, lambda at: (key, shared, at)),
        )
        width = float(np.sqrt(asked.config.d_head))
        return Made("scores", (terms,), (After("width", width, lambda total: total / width),))

    return made


def shares(rule: str, name: str, values: Array, place: Place, own: int) -> Made:
    """One share of a softmax: every exponential is a term, one's own is divided by their sum."""
    best = int(values.argmax())
    top = float(values[best])
    parts = np.exp(values - top)
    mine = float(parts[own])
    terms = Group((Series(name, values, place),), parts)
    after = (After("own", mine, lambda total: mine / total),)
    return Made(rule, (terms,), after, (Aside("max", top, Cell(name, place(best))),), own)


def attended(asked: Asked) -> Made:
    """The share of a key among all that the query may look at."""
    head, query, key = asked.index
    if key > query:
        return Made("masked")
    name = asked.hook(hooks.SCORES)
    scores = asked.read.seen(name, head, query)
    return shares("pattern", name, scores, lambda at: (head, query, at), key)


def mixed_values(asked: Asked) -> Made:
    """The values of the positions looked at, each times its share."""
    position, head, dim = asked.index
    shared, names = head // asked.config.n_group, (asked.hook(hooks.PATTERN), asked.hook(hooks.V))
    pattern = asked.read.seen(names[0], head, position)
    rows = [asked.read.row(names[1], at)[shared, dim] for at in range(position + 1)]
    terms = product(
        Series(names[0], pattern, lambda at: (head, position, at)),
        Series(names[1], np.array(rows), lambda at: (at, shared, dim)),
    )
    return Made("z", (terms,))


# The MLP's activation, and the output -------------------------------------------------------------


def share_of(activation: Callable[[Array], Array], x: float) -> float:
    """How much of a number an activation lets through: a factor between about 0 and 1."""
    return float(activation(np.array([x]))[0]) / x if x else 0.5


def gated(asked: Asked) -> Made:
    """SwiGLU: the gate, squashed, times the linear half."""
    at = asked.index[1]
    pre, half = asked.row(hooks.MLP_PRE)[at], asked.row(hooks.MLP_PRE_LINEAR)[at]
    factors = (
        number(asked.hook(hooks.MLP_PRE), asked.index, pre),
        sign("sigmoid", share_of(silu, pre)),
        number(asked.hook(hooks.MLP_PRE_LINEAR), asked.index, half),
    )
    return Made("gated", (product(*factors),))


def gelu(asked: Asked) -> Made:
    """GELU with its tanh: half of the neuron's sum, and that half times the tanh.

    Two terms, as they are computed: where they cancel, float32 has few digits left of the rest.
    """
    pre = float(asked.row(hooks.MLP_PRE)[asked.index[1]])
    x = number(asked.hook(hooks.MLP_PRE), asked.index, pre)
    half, bent = sign("half", 0.5), sign("tanh", 2 * share_of(gelu_new, pre) - 1)
    return Made("gelu", (product(half, x), product(half, x, bent)))


def probability(asked: Asked) -> Made:
    """A token's share of the whole vocabulary."""
    position, token = asked.index
    logits = asked.read.row(hooks.LOGITS, position)
    return shares("probs", hooks.LOGITS, logits, lambda at: (position, at), token)


def log_total(asked: Asked) -> Made:
    """The logarithm of all exponentials' sum."""
    position = asked.index[0]
    logits = asked.read.row(hooks.LOGITS, position)
    best = int(logits.argmax())
    top = float(logits[best])
    terms = Group((along(hooks.LOGITS, position, logits),), np.exp(logits - top))
    after = (
        After("log", None, lambda total: float(np.log(total))),
        After("plus_max", top, lambda total: total + top, Cell(hooks.LOGITS, (position, best))),
    )
    return Made("logsumexp", (terms,), after)


@dataclass(frozen=True)
class Family:
    """What a family's sums have that another's lack, and its own rules."""

    has_bias: bool
    is_centred: bool
    rules: Mapping[str, Callable[[Asked], Made]]


SHARED: Mapping[str, Callable[[Asked], Made]] = {
    hooks.EMBED: embedded,
    hooks.RESID_PRE: entering,
    **{f"{part}hook_scale": scale(part) for part in ("ln1.", "ln2.", "ln_final.")},
    **{f"{part}hook_normalized": normalized(part) for part in ("ln1.", "ln2.", "ln_final.")},
    **{f"{part}hook_norm_out": weighted(part) for part in ("ln1.", "ln2.", "ln_final.")},
    hooks.Q: projected("q", "attn.W_Q"),
    hooks.K: projected("k", "attn.W_K"),
    hooks.V: projected("v", "attn.W_V"),
    hooks.PATTERN: attended,
    hooks.Z: mixed_values,
    hooks.ATTN_OUT: attention_write,
    hooks.RESID_MID: of_layer("resid_mid", hooks.RESID_PRE, hooks.ATTN_OUT),
    hooks.MLP_OUT: mlp_write,
    hooks.RESID_POST: of_layer("resid_post", hooks.RESID_MID, hooks.MLP_OUT),
    hooks.LOGITS: logit,
    hooks.LOGSUMEXP: log_total,
    PROBS: probability,
    **{leaf + NORM: length(leaf) for leaf in VECTORS if leaf != hooks.POS_EMBED},
}
FAMILIES = {
    "llama": Family(
        has_bias=False,
        is_centred=False,
        rules={
            **SHARED,
            hooks.ROT_Q: turned(hooks.Q),
            hooks.ROT_K: turned(hooks.K),
            hooks.SCORES: score(hooks.ROT_Q, hooks.ROT_K),
            hooks.MLP_PRE: neuron("gate", "mlp.W_gate"),
            hooks.MLP_PRE_LINEAR: neuron("pre_linear", "mlp.W_in"),
            hooks.MLP_POST: gated,
        },
    ),
    "gpt2": Family(
        has_bias=True,
        is_centred=True,
        rules={
            **SHARED,
            hooks.POS_EMBED: placed,
            hooks.POS_EMBED + NORM: length(hooks.POS_EMBED),
            hooks.SCORES: score(hooks.Q, hooks.K),
            hooks.MLP_PRE: neuron("pre", "mlp.W_in"),
            hooks.MLP_POST: gelu,
        },
    ),
}
