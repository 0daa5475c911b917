"""Neighbours by cosine: exact, in one order, against brute force."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from seethrough.core import near
from seethrough.core.near import nearest_of, nearest_of_each, nearest_to


def brute(rows: np.ndarray, token: int, n: int) -> tuple[list[int], list[float]]:
    """The definition: every cosine in float64, sorted, the row itself left out."""
    exact = rows.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1)
    scale = np.where(lengths > 0, lengths, 1) * (lengths[token] or 1)
    cosines = exact @ exact[token] / scale
    order = [at for at in np.lexsort((np.arange(len(rows)), -cosines)) if at != token][:n]
    return order, cosines[order].tolist()


@pytest.mark.parametrize("shape", [(3, 4), (70, 8), (1500, 16)])
def test_neighbours_are_those_by_definition(shape: tuple[int, int]) -> None:
    """Every row's neighbours and cosines are brute force's, also where all are few."""
    rows = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    n = min(20, shape[0] - 1)
    ids, cosines = nearest_of_each(rows, n)

    for token in range(0, shape[0], 7):
        expected, values = brute(rows, token, n)
        assert ids[token].tolist() == expected
        assert np.allclose(cosines[token], values, rtol=0, atol=1e-12)


def test_twins_come_by_their_ids() -> None:
    """Of equal rows the lower id is nearer; the row itself is never its own neighbour."""
    rows = np.random.default_rng(2).normal(size=(200, 12)).astype(np.float32)
    rows[[150, 90, 17]] = rows[5]
    ids, cosines = nearest_of(rows, [90], 4)

    assert ids[0, :3].tolist() == [5, 17, 150]
    assert cosines[0, :3].tolist() == pytest.approx([1, 1, 1], abs=1e-12)


def test_a_row_of_zeros_has_no_direction() -> None:
    """Its cosine with anything is 0, and nothing is divided by 0."""
    rows = np.random.default_rng(3).normal(size=(40, 6)).astype(np.float32)
    rows[7] = 0
    ids, cosines = nearest_of_each(rows, 5)

    assert ids[7].tolist() == [0, 1, 2, 3, 4]
    assert cosines[7].tolist() == [0] * 5


def test_a_vector_finds_its_nearest_rows() -> None:
    """None is left out: a row finds itself first."""
    rows = np.random.default_rng(4).normal(size=(300, 10)).astype(np.float32)
    ids, cosines = nearest_to(rows, rows[42] * 3, 3)

    assert ids[0] == 42
    assert cosines[0] == pytest.approx(1, abs=1e-12)


def test_pieces_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are looked at at once, the answer is the same."""
    rows = np.random.default_rng(5).normal(size=(130, 9)).astype(np.float32)
    whole = nearest_of_each(rows, 6)
    monkeypatch.setattr(near, "AT_ONCE", 17)
    pieces = nearest_of_each(rows, 6)

    assert np.array_equal(whole[0], pieces[0])
    assert np.array_equal(whole[1], pieces[1])


def test_threads_find_the_same() -> None:
    """Pieces looked at side by side give the same bits in the same order."""
    rows = np.random.default_rng(5).normal(size=(2500, 12)).astype(np.float32)
    with ThreadPoolExecutor(2) as pool:
        beside = nearest_of_each(rows, 20, pool.map)

    for one, other in zip(beside, nearest_of_each(rows, 20), strict=True):
        assert np.array_equal(one, other)
