"""The update of the weights: AdamW as torch has it, or plain SGD, after the gradient is clipped."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array

# Added to the gradient's length before something is divided by it (torch's clip_grad_norm_).
TINY = 1e-6
# What a step is told, one number each: see `Rule.knobs`.
KNOBS = ("lr", "beta1", "beta2", "eps", "clip", "correction1", "root2", "is_adam")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How weights are changed.

    `lr`: the learning rate once it is warm. `warmup`: over how many steps it grows to that, and
    then stays: it never depends on how many steps there will be. `decay`: by how much of lr a
    matrix shrinks in each step. `clip`: the gradient's greatest length.
    """

    lr: float = 3e-3
    beta1: float = 0.9
    beta2: float = 0.99
    eps: float = 1e-8
    decay: float = 0.01
    clip: float = 1.0
    warmup: int = 100
    is_adam: bool = True

    def rate(self, step: int) -> float:
        """The learning rate of a step; the first is 1."""
        return self.lr * min(1.0, step / self.warmup) if self.warmup else self.lr

    def knobs(self, step: int) -> dict[str, float]:
        """The numbers of a step, by the names of the graph's inputs; the first step is 1.

        `correction1` and `root2` take out that the moments began at 0.
        """
        return {
            "lr": self.rate(step),
            "beta1": self.beta1,
            "beta2": self.beta2,
            "eps": self.eps,
            "clip": self.clip,
            "correction1": 1 - self.beta1**step,
            "root2": sqrt(1 - self.beta2**step),
            "is_adam": float(self.is_adam),
        }


class Updated(NamedTuple):
    """Weights and moments after a step: [size] each."""

    weights: Array
    m: Array
    v: Array


def update(before: Updated, gradient: Array, decayed: Array, rule: Rule, step: int) -> Updated:
    """One step: w·(1 − lr·λ) − lr·m̂/(√v̂ + ε), in the dtype of the weights.

    Shapes: gradient, decayed (1 where a number decays) [size].
    """
    knobs = rule.knobs(step)
    length = np.sqrt((gradient * gradient).sum())
    clipped = gradient * min(1.0, rule.clip / (length + TINY))
    m = before.m * rule.beta1 + clipped * (1 - rule.beta1)
    v = before.v * rule.beta2 + clipped * clipped * (1 - rule.beta2)
    change = clipped
    if rule.is_adam:
        change = m / knobs["correction1"] / (np.sqrt(v) / knobs["root2"] + rule.eps)
    shrunk = knobs["lr"] * rule.decay * decayed.astype(before.weights.dtype)
    kept = before.weights * (1 - shrunk)
    return Updated(kept - knobs["lr"] * change, m, v)
