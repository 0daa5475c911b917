"""Sampling by its definitions, token by token: what the quick ways in core/ are held to."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from seethrough.core.sampling import landings

FEW = settings(max_examples=70, deadline=None, derandomize=True)
LOGITS = np.array([2.0, 1.5, 1.5, 0.3, -0.5, -0.5, -1.0, 0.9, 1.1, -2.5, 0.0, 0.6], np.float32)
WHOLE = 4096  # a power of two: sums of shares of it are exact


@st.composite
def shares(draw_: st.DrawFn) -> np.ndarray:
    """Probabilities that float64 adds up exactly, with many equals and some zeros."""
    counts = draw_(st.lists(st.integers(0, 40), min_size=1, max_size=30))
    counts.insert(draw_(st.integers(0, len(counts))), WHOLE - sum(counts))
    return np.array(counts) / WHOLE


def in_order(probs: np.ndarray) -> list[int]:
    """Ids from the most to the least probable; of equals the lower first."""
    return sorted(range(len(probs)), key=lambda token: (-probs[token], token))


def kept_by_k(probs: np.ndarray, k: int) -> list[int]:
    """Brute force: the k most probable; 0 keeps all."""
    return in_order(probs)[: k or len(probs)]


def kept_by_p(probs: np.ndarray, p: float) -> list[int]:
    """Brute force: the shortest start of the order whose sum reaches p."""
    order = in_order(probs)
    for count in range(1, len(order) + 1):
        if math.fsum(probs[order[:count]]) >= p:
            return order[:count]
    return order


def kept_by_min(probs: np.ndarray, share: float) -> list[int]:
    """Brute force: those at least `share` times as probable as the best."""
    return [token for token, prob in enumerate(probs) if prob >= share * max(probs)]


def kept_by_typical(probs: np.ndarray, mass: float) -> list[int]:
    """Brute force: nearest to the entropy first until they reach the mass, and all as near."""
    if mass >= 1:
        return list(range(len(probs)))
    some = [token for token in in_order(probs) if probs[token] > 0]
    entropy = math.fsum(-probs[token] * math.log(probs[token]) for token in some)
    far = {token: abs(-math.log(probs[token]) - entropy) for token in some}
    nearest = sorted(some, key=lambda token: far[token])
    for count in range(1, len(nearest) + 1):
        if math.fsum(probs[nearest[:count]]) >= mass:
            return [token for token in some if far[token] <= far[nearest[count - 1]] + 1e-12]
    return some


def land(probs: np.ndarray, point: float) -> int:
    """Where one dart falls."""
    return int(landings(probs, np.array([point]))[0])


def normalised(probs: np.ndarray, kept: list[int]) -> np.ndarray:
    """The kept tokens' probabilities scaled to a sum of 1, the rest 0."""
    total = math.fsum(probs[kept])
    return np.array([probs[t] / total if t in kept else 0.0 for t in range(len(probs))])


def expected(
    temperature: float,
    top_k: int,
    top_p: float,
    min_p: float = 0.0,
    logits: np.ndarray = LOGITS,
) -> np.ndarray:
    """The distribution that a draw follows, by the definitions above."""
    weights = [math.exp(float(logit) / temperature) for logit in logits]
    probs = np.array([weight / math.fsum(weights) for weight in weights])
    probs = normalised(probs, kept_by_k(probs, top_k))
    probs = normalised(probs, kept_by_p(probs, top_p)) if top_p < 1 else probs
    return normalised(probs, kept_by_min(probs, min_p))
