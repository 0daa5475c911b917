"""A few rows by themselves, an axis, a sum of words: each held to its definition."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from seethrough.core.arithmetic import best_of, cosines_with, rank_of, sum_of
from seethrough.core.errors import InputError
from seethrough.core.lasso import inside
from seethrough.core.local_plane import is_ring, principal_plane, spread_between

RNG = np.random.default_rng(7)
ROWS = (RNG.normal(size=(400, 24)) * np.linspace(0.2, 3, 24)).astype(np.float32)
ROWS[90] = ROWS[20]


@pytest.mark.parametrize("count", [3, 12, 64])
def test_the_plane_is_scikit_learns(count: int) -> None:
    """Places up to a direction's sign, to 1e-4; shares of the variance too."""
    rows = ROWS[:count]
    plane = principal_plane(range(count), rows)
    theirs = PCA(2, svd_solver="full").fit(rows.astype(np.float64))
    expected = theirs.transform(rows.astype(np.float64))

    signs = np.sign((plane.places * expected).sum(axis=0))
    assert np.abs(plane.places * signs - expected).max() < 1e-4
    assert np.abs(np.array(plane.explained) - theirs.explained_variance_ratio_).max() < 1e-9
    assert plane.tokens == tuple(range(count))


def test_rows_that_are_alike_have_no_plane_and_break_nothing() -> None:
    """Of equal rows every place is the middle; fewer than three are refused in a sentence."""
    plane = principal_plane((1, 2, 3), np.ones((3, 5), np.float32))
    assert np.abs(plane.places).max() < 1e-9
    assert plane.explained == (0.0, 0.0)
    for count, said in ((0, "No token is"), (1, "Only one token is"), (2, "Only 2 tokens are")):
        with pytest.raises(InputError, match=said):
            principal_plane(range(count), ROWS[:count])


@pytest.mark.parametrize(
    ("turns", "expected"), [(1, True), (-1, True), (0.5, False), (2, False), (0.9, True)]
)
def test_a_ring_is_known_by_its_turns(turns: float, *, expected: bool) -> None:
    """Once round the middle and back, no wide gap: a bow is none, nor a line round twice."""
    angles = np.arange(12) / 12 * 2 * np.pi * turns
    assert is_ring(np.stack([np.cos(angles), np.sin(angles)], axis=1)) == expected


def test_an_axis_is_a_projection() -> None:
    """The ends are 0 and 1; every place is the shadow on the difference, in float64."""
    spread = spread_between((4, 9), ROWS[4], ROWS[9], range(50), ROWS[:50])
    begin, end = ROWS[4].astype(np.float64), ROWS[9].astype(np.float64)
    unit = (end - begin) / np.linalg.norm(end - begin)
    expected = [(row - begin) @ unit / np.linalg.norm(end - begin) for row in ROWS[:50]]

    assert np.abs(spread.values - expected).max() < 1e-9
    assert (spread.values[4], spread.values[9]) == (0.0, pytest.approx(1.0, abs=1e-12))
    with pytest.raises(InputError, match="same row"):
        spread_between((20, 90), ROWS[20], ROWS[90], (1,), ROWS[1:2])


def test_a_sum_is_what_brute_force_finds() -> None:
    """Ids, cosines to 1e-12 and ranks, ties by the lower id; the three words are not left out."""
    for terms in RNG.choice(400, (20, 3)).tolist():
        first, minus, plus = (ROWS[token].astype(np.float64) for token in terms)
        vector = first - minus + plus
        exact = [
            float(row @ vector / np.linalg.norm(row) / np.linalg.norm(vector))
            for row in ROWS.astype(np.float64)
        ]
        found = best_of(cosines_with(ROWS, sum_of(*ROWS[terms])), terms)
        order = sorted(range(400), key=lambda at: (-round(exact[at], 11), at))

        assert list(found.ids) == order[:10]
        assert np.abs(np.array(found.cosines) - [exact[at] for at in found.ids]).max() < 1e-12
        assert list(found.ranks) == [order.index(token) + 1 for token in terms]
        assert len(found.given) == 3


def test_twins_and_empty_rows_have_their_places() -> None:
    """The lower id of twins stands first; a row without length has cosine 0."""
    cosines = cosines_with(ROWS, ROWS[20])
    assert (rank_of(cosines, 20), rank_of(cosines, 90)) == (1, 2)
    assert best_of(cosines, (20, 20, 20)).ids[:2] == (20, 90)
    rows = np.vstack([np.zeros(24, np.float32), ROWS[:3]])
    assert cosines_with(rows, ROWS[1])[0] == 0.0
    assert len(best_of(cosines_with(rows, ROWS[1]), (0, 1, 2)).ids) == 4


def test_a_lasso_holds_what_lies_inside() -> None:
    """The same as crossing lines one point at a time, also around a hollow shape."""
    path = [(0, 0), (10, 0), (10, 10), (5, 3), (0, 10)]
    points = RNG.uniform(-2, 12, (500, 2))
    expected = []
    for x, y in points.tolist():
        crossed = 0
        for (ax, ay), (bx, by) in zip(path, path[1:] + path[:1], strict=True):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                crossed += 1
        expected.append(crossed % 2 == 1)

    assert inside(points, path).tolist() == expected
    assert not inside(points, path[:2]).any()
    assert not inside(points, []).any()
