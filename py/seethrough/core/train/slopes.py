"""How steep each activation is at a point: what its gradient is multiplied with."""

from __future__ import annotations

import math
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


def slope_of_gelu(x: Array) -> Array:
    """The slope of x·Φ(x): Φ(x) + x·φ(x), where φ is the normal distribution's density."""
    wide = x.astype(np.float64)
    below = 0.5 * (1 + np.asarray(np.frompyfunc(math.erf, 1, 1)(wide / math.sqrt(2)), np.float64))
    density = np.exp(-wide * wide / 2) / math.sqrt(2 * math.pi)
    steep: Array = (below + wide * density).astype(x.dtype)
    return steep


def slope_of_silu(x: Array) -> Array:
    """The slope of x·σ(x): σ(x)·(1 + x·(1 − σ(x)))."""
    share = 1 / (1 + np.exp(-x))
    steep: Array = share * (1 + x * (1 - share))
    return steep


SLOPES: dict[str, Callable[[Array], Array]] = {
    "gelu": slope_of_gelu,
    "gelu_new": slope_of_gelu_new,
    "silu": slope_of_silu,
}
