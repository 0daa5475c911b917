"""The nearest rows by products that were rounded: the exact ones, whatever the rounding did."""

from __future__ import annotations

import numpy as np
import pytest

from seethrough.core.near import nearest_of_each
from seethrough.core.near_products import candidates, nearest_to

N = 20


def found(rows: np.ndarray, token: int):
    """The nearest by products in float32, as the engine gives them."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1).astype(np.float32)
    products = (rows.astype(np.float64) @ rows[token].astype(np.float64)).astype(np.float32)
    ids = candidates(products, lengths, token, N)
    return ids, nearest_to(token, rows[token], ids, rows[ids], N)


@pytest.mark.parametrize("seed", range(3))
def test_they_are_the_exact_ones(seed: int) -> None:
    """Among rows with twins, rows that differ in their last bits, and rows without length."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(3000, 48)).astype(np.float32)
    rows[100:140] = rows[7]
    rows[200:240] = rows[8] * (1 + random.normal(size=(40, 1)) * 1e-7).astype(np.float32)
    rows[300] = 0
    expected, cosines = nearest_of_each(rows, N)
    for token in (7, 8, 100, 139, 200, 300, 2999):
        ids, one = found(rows, token)
        assert token not in ids
        np.testing.assert_allclose(one.cosines, cosines[token], atol=1e-12)
        if token != 300:  # to a row without length all others are equally near
            assert one.ids.tolist() == expected[token].tolist()


def test_few_rows_are_all_candidates() -> None:
    """A vocabulary of fewer tokens than are asked for."""
    rows = np.random.default_rng(4).normal(size=(6, 4)).astype(np.float32)
    ids, one = found(rows, 2)
    assert sorted(one.ids.tolist()) == [0, 1, 3, 4, 5]
    assert ids.tolist() == [0, 1, 3, 4, 5]
