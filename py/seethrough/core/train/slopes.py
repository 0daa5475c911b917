"""How steep each activation is at a point: what its gradient is multiplied with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.core.cache import Array

ROOT = np.sqrt(2 / np.pi)
CUBIC = 0.044715


def slope_of_gelu_new(x: Array) -> Array:
    """The slope of GELU with its tanh: ½(1 + t) + ½x(1 − t²)·u′, where t = tanh u."""
    kind = x.dtype.type
    square = x * x
    bent = np.tanh(kind(ROOT) * x * (1 + kind(CUBIC) * square))
    turn = kind(ROOT) * (1 + kind(3 * CUBIC) * square)
    steep: Array = kind(0.5) * (1 + bent) + kind(0.5) * x * (1 - bent * bent) * turn
    return steep


def slope_of_silu(x: Array) -> Array:
    """The slope of x·σ(x): σ(x)·(1 + x·(1 − σ(x)))."""
    share = 1 / (1 + np.exp(-x))
    steep: Array = share * (1 + x * (1 - share))
    return steep


SLOPES: dict[str, Callable[[Array], Array]] = {
    "gelu_new": slope_of_gelu_new,
    "silu": slope_of_silu,
}
