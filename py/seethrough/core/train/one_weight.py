"""How one number of the model was changed by a step: every number of the formula, in its order.

w·(1 − lr·λ) − lr·m̂/(√v̂ + ε), in float32 as the graph computes it (export/train/update.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.train.flat import flat_of

if TYPE_CHECKING:
    from seethrough.core.train.slow import SlowStep

ONE = np.float32(1)


@dataclass(frozen=True)
class OneWeight:
    """What the update took and gave for one number, float32 each.

    `gradient` before and `clipped` after it is multiplied with `clip_scale`; `m_before`, `v_before`
    the moments that it had, `m` and `v` those that it has; `m_hat`, `v_root` the same with the
    start at 0 taken out (v_root = √v̂); `shrunk` = w·(1 − lr·λ), `move` what is taken off it.
    `new` is what that gives, `is_new` what the graph gave.
    """

    name: str
    index: tuple[int, ...]
    w: float
    gradient: float
    clip_scale: float
    clipped: float
    m_before: float
    v_before: float
    m: float
    v: float
    m_hat: float
    v_root: float
    lr: float
    decay: float
    eps: float
    beta1: float
    beta2: float
    shrunk: float
    move: float
    new: float
    is_new: float


def place_of(step: SlowStep, name: str, index: tuple[int, ...]) -> int:
    """Where a number lies in the vector of all weights."""
    flat = flat_of(step.config)
    return flat.places[name].start + int(np.ravel_multi_index(index, flat.dims[name]))


def one_weight(step: SlowStep, name: str, index: tuple[int, ...]) -> OneWeight:
    """The update of one number of one weight, in the graph's own order of operations."""
    at = place_of(step, name, index)
    knobs = {key: np.float32(value) for key, value in step.knobs.items()}
    w, m_before, v_before = (vector[at] for vector in step.before)
    decay = np.float32(step.decay) if len(index) > 1 else np.float32(0)
    gradient, scale = step.gradient[at], np.float32(step.clip_scale)
    clipped = gradient * scale
    m = m_before * knobs["beta1"] + clipped * (ONE - knobs["beta1"])
    v = v_before * knobs["beta2"] + clipped * clipped * (ONE - knobs["beta2"])
    m_hat, v_root = m / knobs["correction1"], np.sqrt(v) / knobs["root2"]
    change = m_hat / (v_root + knobs["eps"]) if knobs["is_adam"] else clipped
    shrunk, move = w * (ONE - decay * knobs["lr"]), change * knobs["lr"]
    numbers = {
        "w": w,
        "gradient": gradient,
        "clip_scale": scale,
        "clipped": clipped,
        "m_before": m_before,
        "v_before": v_before,
        "m": m,
        "v": v,
        "m_hat": m_hat,
        "v_root": v_root,
        "lr": knobs["lr"],
        "decay": decay,
        "eps": knobs["eps"],
        "beta1": knobs["beta1"],
        "beta2": knobs["beta2"],
        "shrunk": shrunk,
        "move": move,
        "new": shrunk - move,
        "is_new": step.after.weights[at],
    }
    return OneWeight(name, index, **{key: float(value) for key, value in numbers.items()})


def largest_gradient(step: SlowStep, name: str) -> tuple[int, ...]:
    """The place of a weight's largest gradient: the number that is told the most."""
    gradient = step.weight_gradients[name]
    place = np.unravel_index(int(np.abs(gradient).argmax()), gradient.shape)
    return tuple(int(at) for at in place)
