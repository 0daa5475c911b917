"""The neurons of one token in a layer: which are strongest, their curve, what one adds.

A neuron's activation is `mlp.hook_post`; it writes that many times its row of W_out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.maths import gelu, gelu_new, silu

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

ACTIVATIONS = {"silu": silu, "gelu_new": gelu_new, "gelu": gelu}


def activated(config: ModelConfig, pre: Array) -> Array:
    """What the model's activation makes of each neuron's sum. Shapes: as given."""
    return ACTIVATIONS[config.act_fn](pre)


def strongest(post: Array, count: int) -> tuple[int, ...]:
    """The neurons of largest activation, whatever its sign; of equals the first.

    Shapes: post [d_mlp].
    """
    order = np.argsort(-np.abs(post), kind="stable")[:count]
    return tuple(int(at) for at in order)


def share_of_strength(post: Array, count: int) -> float:
    """How much of all squared activations the strongest few hold, 0 to 1.

    Shapes: post [d_mlp].
    """
    squares = np.sort(np.square(post, dtype=np.float64))[::-1]
    total = float(squares.sum())
    return float(squares[:count].sum()) / total if total else 0.0


def added(activation: float, row: Array, direction: Array) -> float:
    """What a neuron adds along a direction of the stream, in float64.

    Shapes: row of W_out, direction [d_model].
    """
    return activation * float(row.astype(np.float64) @ direction.astype(np.float64))
