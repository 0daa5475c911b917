"""Numpy twins of the graph's nodes: used to explain a step and to test it.

Every function keeps its input's dtype, so the same code runs in float32 and float64.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import Array


def softmax(scores: Array) -> Array:
    """Exponentials of the last axis, divided by their sum; the maximum is taken off first.

    Shapes: scores [..., n] → [..., n]; −inf becomes exactly 0.
    Source: ONNX Softmax; the shift changes nothing and keeps exp from overflowing.
    """
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def log_sum_exp(logits: Array) -> Array:
    """log Σ exp of the last axis: a logit minus this is the token's log-probability.

    Shapes: logits [..., d_vocab] → [...].
    """
    top = logits.max(axis=-1, keepdims=True)
    return np.log(np.exp(logits - top).sum(axis=-1)) + top[..., 0]


def rms_scale(x: Array, eps: float) -> Array:
    """The divisor of an RMS norm: the root of the mean square (what `hook_scale` holds).

    Shapes: x [pos, d_model] → [pos, 1].
    Args:
        eps: Added to the mean square before the root.
    Source: Zhang & Sennrich 2019; same order of operations as HF LlamaRMSNorm.
    """
    mean_square = np.mean(x * x, axis=-1, keepdims=True)
    return np.sqrt(mean_square + x.dtype.type(eps))


def centred(x: Array) -> Array:
    """Each row minus its mean: what a LayerNorm divides by its scale.

    Shapes: x [pos, d_model] → same. Source: Ba et al. 2016.
    """
    return x - np.mean(x, axis=-1, keepdims=True)


def gelu_new(x: Array) -> Array:
    """x · Φ(x) with GPT-2's tanh in place of the normal distribution's Φ.

    Shapes: any → same. Source: Hendrycks & Gimpel 2016, the tanh form; HF's NewGELUActivation.
    """
    cubic = x.dtype.type(0.044715) * x * x * x
    turned = np.tanh(x.dtype.type(np.sqrt(2 / np.pi)) * (x + cubic))
    return x.dtype.type(0.5) * x * (1 + turned)


def gelu(x: Array) -> Array:
    """x · Φ(x): the share of a normal distribution that lies below x.

    Shapes: any → same. Source: Hendrycks & Gimpel 2016; HF's GELUActivation.
    Accuracy: Φ is the C library's erf, in float64, rounded once.
    """
    below = np.asarray(
        np.frompyfunc(math.erf, 1, 1)(x.astype(np.float64) / math.sqrt(2)), np.float64
    )
    return x * (0.5 * (1 + below)).astype(x.dtype)


def silu(x: Array) -> Array:
    """x · sigmoid(x), the gate's activation in the Llama family.

    Shapes: any → same. Source: Elfwing et al. 2017; written so that exp never overflows.
    """
    small = np.exp(-np.abs(x))
    return x * np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(x.dtype)


def rotary_frequencies(
    d_head: int,
    base: float,
    dtype: np.dtype | type = np.float32,
    factors: Sequence[float] = (),
) -> Array:
    """By how much each pair of a head is turned from one position to the next: [d_head / 2].

    Where only the first numbers of a head are turned, `d_head` is how many these are.
    base^(−2j / d_head), the power rounded once: numpy's own float32 power is a last bit off on
    processors with AVX-512, and transformers' is not.

    Args:
        factors: What each is multiplied with [d_head / 2] (Llama 3's scaling); empty: by nothing.
    Source: Su et al. 2021 (RoPE).
    """
    exponents = np.arange(0, d_head, 2, dtype=dtype) / np.asarray(d_head, dtype)
    powers = np.power(np.float64(base), exponents.astype(np.float64)).astype(dtype)
    frequencies: Array = np.asarray(1, dtype) / powers
    if len(factors) == 0:
        return frequencies
    scaled: Array = (frequencies * np.asarray(factors, np.float64)).astype(dtype)
    return scaled


def rotary_angles(
    positions: Array,
    d_head: int,
    base: float,
    dtype: np.dtype | type = np.float32,
    factors: Sequence[float] = (),
) -> Array:
    """How far each pair of a head's numbers is turned, in radians.

    Shapes: positions [pos] → [pos, d_head / 2]; pair j turns by position · base^(−2j / d_head),
        times its factor.
    Source: Su et al. 2021 (RoPE).
    """
    frequencies = rotary_frequencies(d_head, base, dtype, factors)
    return positions.astype(dtype)[:, None] * frequencies[None, :]


def rotate(x: Array, angles: Array) -> Array:
    """Turn each head's vector by its position: number j pairs with number j + turned / 2.

    Shapes: x [pos, head, d_head], angles [pos, turned / 2] → [pos, head, d_head]; what lies behind
        the turned numbers stays.
    Source: the "rotate half" convention of HF LlamaRotaryEmbedding (GGUF files interleave instead;
    the export undoes that).
    """
    cos, sin = np.cos(angles)[:, None, :], np.sin(angles)[:, None, :]
    half = angles.shape[-1]
    first, second, rest = np.split(x, [half, 2 * half], axis=-1)
    turned = first * cos - second * sin, second * cos + first * sin
    return np.concatenate([*turned, rest], axis=-1)


def causal_mask(
    n_pos: int, n_past: int, dtype: np.dtype | type = np.float32, window: int | None = None
) -> Array:
    """0 where a position may look, −inf where the key comes later than the query.

    Shapes: → [query_pos, key_pos] with key_pos = n_past + n_pos.
    Args:
        window: How many positions a query sees, its own among them; None: all before it too.
    """
    query = np.arange(n_past, n_past + n_pos)[:, None]
    key = np.arange(n_past + n_pos)[None, :]
    is_seen = key <= query if window is None else (key <= query) & (key > query - window)
    return np.where(is_seen, 0, -np.inf).astype(dtype)
