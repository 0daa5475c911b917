"""What changes scores for what the text holds already, before the temperature: each edit by rule.

As transformers' RepetitionPenaltyLogitsProcessor and NoRepeatNGramLogitsProcessor do, the whole
text counted: the prompt and what was written behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import Array


@dataclass(frozen=True, eq=False)
class Edit:
    """What one edit made of the logits: `logits` [d_vocab], and the ids that it changed."""

    logits: Array
    changed: Array


def penalise(logits: Array, penalty: float, text: Sequence[int]) -> Edit:
    """A score of a token that the text holds is divided by the penalty, below 0 multiplied.

    Source: Keskar et al. 2019 (CTRL), section 4.1, as transformers has it.
    """
    ids = seen(text, logits.size)
    if penalty == 1 or not ids.size:
        return untouched(logits)
    edited = logits.astype(np.float64)
    scores = edited[ids]
    edited[ids] = np.where(scores < 0, scores * penalty, scores / penalty)
    return Edit(edited, ids)


def ban_repeats(logits: Array, size: float, text: Sequence[int]) -> Edit:
    """No run of `size` tokens comes twice: what would complete one gets −∞ (0: all may)."""
    ids = seen(followers(text, int(size)), logits.size)
    if not ids.size:
        return untouched(logits)
    edited = logits.astype(np.float64)
    edited[ids] = -np.inf
    if not np.isfinite(edited).any():
        raise InputError("sampling.nothing_left")
    return Edit(edited, ids)


def followers(text: Sequence[int], size: int) -> set[int]:
    """The tokens that came behind the last `size` − 1 tokens of the text, wherever they stood."""
    if size < 1 or len(text) < size:
        return set()
    text, n_before = tuple(text), size - 1
    last = text[len(text) - n_before :]
    places = range(len(text) - n_before)
    return {text[at + n_before] for at in places if text[at : at + n_before] == last}


def seen(text: Sequence[int] | set[int], d_vocab: int) -> Array:
    """The ids of a text that the logits have, each once, in order."""
    ids = np.unique(np.array(sorted(text), dtype=np.int64))
    return ids[ids < d_vocab]


def untouched(logits: Array) -> Edit:
    """Nothing is changed."""
    return Edit(logits, np.array([], dtype=np.int64))
