"""Chance in training: every draw hangs on a seed and on what is drawn."""

from __future__ import annotations

import numpy as np

Chance = np.random.Generator
# What is drawn, each from a stream of its own, so that one more draw here changes nothing there.
WEIGHTS, WINDOWS, HELD, SUMS, GRAMMAR, DARTS = range(1, 7)


def chance(seed: int, what: int, *more: int) -> Chance:
    """A stream of numbers that is the same for the same seed and purpose, on every machine."""
    return np.random.default_rng([seed, what, *more])
