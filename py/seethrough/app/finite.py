"""Numbers that grew beyond float32 are said, not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import InputError
from seethrough.core.hooks import SCORES, leaf_of
from seethrough.core.maths import causal_mask
from seethrough.core.sums import layer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig


def check_finite(
    arrays: Mapping[str, Array], knobs: Mapping[str, Array], config: ModelConfig
) -> None:
    """Let no number pass that grew beyond float32; the score of a hidden cell is −∞.

    Raises:
        InputError: NaN or an infinity among them.
    """
    for name, array in arrays.items():
        is_right = np.isfinite(array)
        if leaf_of(name) == SCORES:
            is_right |= np.isneginf(array) & hidden(name, array, knobs, config)
        count = int(array.size - np.count_nonzero(is_right))
        if count:
            key = "knobs.overflow" if knobs else "engine.overflow"
            raise InputError(key, name=name, n_odd=count, n_all=int(array.size))


def hidden(name: str, scores: Array, knobs: Mapping[str, Array], config: ModelConfig) -> Array:
    """The cells that may be hidden: those of the layer's mask, with score_add any."""
    n_queries, n_keys = scores.shape[-2:]
    if "score_add" in knobs:
        return np.ones((n_queries, n_keys), bool)
    window = config.layer(layer_of(name) or 0).window
    return np.isneginf(causal_mask(n_queries, n_keys - n_queries, window=window))
