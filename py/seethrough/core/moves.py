"""How far a half of a layer moves the stream: its length, its angle, what it does to a score.

Heads and neurons write through a norm where a family has one after each half: `through_norm` holds
its divisor at what it was, so that their parts still add up to what the half added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.families import family_of
from seethrough.core.length import length_of

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig


@dataclass(frozen=True)
class Move:
    """What was added to a vector.

    `before`, `added` and `after` are lengths. `angle` is between what was there and what was added,
    `turned` between before and after, both in degrees; 0 where a vector has no length.
    """

    before: float
    added: float
    after: float
    angle: float
    turned: float


def move_of(before: Array, added: Array) -> Move:
    """How a vector moves by what is added to it. Shapes: both [d_model]."""
    start, step = before.astype(np.float64), added.astype(np.float64)
    end = start + step
    lengths = length_of(start), length_of(step), length_of(end)
    return Move(*lengths, angle=angle_between(start, step), turned=angle_between(start, end))


def angle_between(one: Array, other: Array) -> float:
    """The angle of two vectors in degrees, 0 to 180; 0 where one has no length.

    Shapes: both [d_model].
    Accuracy: by the arc tangent of two lengths, which is exact near 0 and 180 degrees too.
    """
    lengths = length_of(one), length_of(other)
    if not all(lengths):
        return 0.0
    first, second = one / lengths[0], other / lengths[1]
    return math.degrees(2 * math.atan2(length_of(first - second), length_of(first + second)))


def through_norm(config: ModelConfig, x: Array, weight: Array, scale: float) -> Array:
    """What a norm makes of a part of its vector, its divisor held; without its bias.

    Shapes: x [..., d_model], weight [d_model] → as x, in float64.
    """
    norm, wide = family_of(config).norm, x.astype(np.float64)
    if norm.is_centred:
        wide = wide - wide.mean(axis=-1, keepdims=True)
    learned = weight.astype(np.float64) + (1.0 if norm.adds_one else 0.0)
    made: Array = wide / scale * learned
    return made


def results_of(z: Array, w_o: Array) -> Array:
    """What each head of a layer writes: TransformerLens' `hook_result` of one position.

    Shapes: z [head, d_head], w_o [head · d_head, d_model] → [head, d_model], in float64.
    """
    n_heads, d_head = z.shape
    rows = w_o.reshape(n_heads, d_head, -1)
    return np.stack([one.astype(np.float64) @ row for one, row in zip(z, rows, strict=True)])


def attributed(written: Array, directions: Array) -> Array:
    """What a vector adds to some scores, each read along a direction.

    Shapes: written [d_model], directions [n, d_model] → [n], in float64.
    """
    scores: Array = directions.astype(np.float64) @ written.astype(np.float64)
    return scores
