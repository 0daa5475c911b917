"""Pairs that turn: the same numbers as rotating the vectors, and only the distance counts."""

from __future__ import annotations

import numpy as np

from seethrough.core.maths import rotary_angles, rotary_frequencies, rotate
from seethrough.core.turning import by_distance, turned

RANDOM = np.random.Generator(np.random.PCG64(11))
QUERY, KEY = RANDOM.standard_normal((2, 64)).astype(np.float32) * 3
BASE = 100_000.0
FREQUENCIES, SCALE = rotary_frequencies(64, BASE), 8.0


def score(query_at: int, key_at: int) -> float:
    """The score by rotating both vectors whole."""
    angles = rotary_angles(np.array([query_at, key_at]), 64, BASE, np.float64)
    q, k = rotate(np.stack([QUERY, KEY]).astype(np.float64)[:, None], angles)[:, 0]
    return float(q @ k / 8)


def test_pairs_add_up_to_the_score() -> None:
    """What the pairs add is the product of the rotated vectors, wherever they stand."""
    for at in ((0, 0), (5, 2), (300, 17)):
        found = turned(QUERY, KEY, at, FREQUENCIES, SCALE)
        assert abs(found.score - score(*at)) < 1e-5
        assert abs(found.adds.sum() / 8 - found.score) < 1e-9


def test_only_the_distance_counts() -> None:
    """Both moved on by the same number of positions: the score stays, to rounding."""
    here = turned(QUERY, KEY, (9, 4), FREQUENCIES, SCALE).score

    assert abs(turned(QUERY, KEY, (9 + 500, 4 + 500), FREQUENCIES, SCALE).score - here) < 1e-9
    assert abs(turned(QUERY, KEY, (10, 4), FREQUENCIES, SCALE).score - here) > 1e-3


def test_a_turn_keeps_an_arrow_s_length() -> None:
    """Turning changes directions alone."""
    still, moved = (turned(QUERY, KEY, at, FREQUENCIES, SCALE) for at in ((0, 0), (77, 0)))

    lengths = [np.linalg.norm(one.query, axis=1) for one in (still, moved)]
    np.testing.assert_allclose(*lengths, rtol=1e-12)


def test_every_distance_has_its_score() -> None:
    """The curve over distances is the score at each of them."""
    scores = by_distance(QUERY, KEY, 20, FREQUENCIES, SCALE)

    assert len(scores) == 21
    np.testing.assert_allclose(scores, [score(at, 0) for at in range(21)], atol=1e-5)


def test_what_is_not_turned_adds_the_same_everywhere() -> None:
    """Of a head whose first 16 numbers turn: the score is that of the rotated vectors, unscaled."""
    slow = rotary_frequencies(16, BASE)
    found = turned(QUERY, KEY, (9, 4), slow, 1.0)

    angles = rotary_angles(np.array([9, 4]), 16, BASE, np.float64)
    q, k = rotate(np.stack([QUERY, KEY]).astype(np.float64)[:, None], angles)[:, 0]
    assert abs(found.score - float(q @ k)) < 1e-4
    assert abs(found.still - float(QUERY[16:].astype(float) @ KEY[16:].astype(float))) < 1e-9
    assert abs(by_distance(QUERY, KEY, 20, slow, 1.0)[5] - found.score) < 1e-9
