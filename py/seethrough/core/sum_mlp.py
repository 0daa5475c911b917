"""How the numbers of an MLP are made: each neuron's sum, its activation, what all write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.maths import gelu, gelu_new, silu
from seethrough.core.sum_asked import times_matrix
from seethrough.core.sum_parts import Made, Series, along, number, product, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.core.cache import Array
    from seethrough.core.family import Family
    from seethrough.core.sum_asked import Asked, Rule


def neuron(rule: str, leaf: str) -> Rule:
    """A neuron's sum, before its activation."""

    def made(asked: Asked) -> Made:
        position, at = asked.index
        x = along(asked.hook(hooks.LN2_OUT), position, asked.row(hooks.LN2_OUT))
        return times_matrix(asked, rule, x, leaf, at)

    return made


def share_of(activation: Callable[[Array], Array], x: float) -> float:
    """How much of a number an activation lets through: a factor between about 0 and 1."""
    return float(activation(np.array([x]))[0]) / x if x else 0.5


def linear_half(asked: Asked) -> tuple[Series, ...]:
    """The factor that a gated MLP has beside its activated half; none in a plain one."""
    if not asked.family.is_gated:
        return ()
    half = asked.row(hooks.MLP_PRE_LINEAR)[asked.index[1]]
    return (number(asked.hook(hooks.MLP_PRE_LINEAR), asked.index, half),)


def through_silu(asked: Asked) -> Made:
    """The neuron's sum, squashed, times the linear half where there is one (SwiGLU)."""
    pre, half = asked.row(hooks.MLP_PRE)[asked.index[1]], linear_half(asked)
    x = number(asked.hook(hooks.MLP_PRE), asked.index, pre)
    rule = "gated" if half else "silu"
    return Made(rule, (product(x, sign("sigmoid", share_of(silu, pre)), *half),))


def through_gelu(rule: str, curve: str, activation: Callable[[Array], Array]) -> Rule:
    """GELU: half of the neuron's sum, and that half times a curve from −1 to 1 (tanh or erf).

    Two terms, as they are computed: where they cancel, float32 has few digits left of the rest.
    Each is times the linear half where there is one (GeGLU).
    """

    def made(asked: Asked) -> Made:
        pre, linear = float(asked.row(hooks.MLP_PRE)[asked.index[1]]), linear_half(asked)
        x = number(asked.hook(hooks.MLP_PRE), asked.index, pre)
        half, bent = sign("half", 0.5), sign(curve, 2 * share_of(activation, pre) - 1)
        terms = product(half, x, *linear), product(half, x, bent, *linear)
        return Made(f"{rule}_gated" if linear else rule, terms)

    return made


ACTIVATED = {
    "silu": through_silu,
    "gelu_new": through_gelu("gelu", "tanh", gelu_new),
    "gelu": through_gelu("gelu_exact", "erf", gelu),
}


def mlp_rules(family: Family) -> dict[str, Rule]:
    """The rules inside an MLP, by its description."""
    inward = neuron("gate", "mlp.W_gate") if family.is_gated else neuron("pre", "mlp.W_in")
    return {
        hooks.MLP_PRE: inward,
        hooks.MLP_PRE_LINEAR: neuron("pre_linear", "mlp.W_in"),
        hooks.MLP_POST: ACTIVATED[family.activation],
    }


def mlp_write(asked: Asked) -> Made:
    """What all neurons together write into one number of the stream."""
    position, dim = asked.index
    x = along(asked.hook(hooks.MLP_POST), position, asked.row(hooks.MLP_POST))
    return times_matrix(asked, "mlp_out", x, "mlp.W_out", dim)
