"""Bands of a number: even, whole, each token in the one that holds its number."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.bands import MOST_BANDS, bands_of, nice_step


@given(st.lists(st.floats(0, 1e5, allow_subnormal=False), min_size=1, max_size=60))
def test_each_number_lies_in_its_band(values: list[float]) -> None:
    """At most MOST_BANDS, from the lowest to the highest, whatever the numbers."""
    given_values = np.array(values)
    bands = bands_of(given_values)

    assert 1 <= bands.count <= MOST_BANDS
    assert int(bands.of.max()) < bands.count
    low, high = np.array(bands.edges)[bands.of], np.array(bands.edges)[bands.of + 1]
    assert ((given_values >= low - 1e-6) & (given_values <= high + 1e-6)).all()


def test_bands_of_a_vocabulary() -> None:
    """Ids in round thousands, lengths in whole numbers."""
    assert bands_of(np.arange(49_152)).edges == (0, 10_000, 20_000, 30_000, 40_000, 50_000)
    assert bands_of(np.array([1.79, 3.2, 7.49])).edges == (1, 2, 3, 4, 5, 6, 7, 8)
    assert [nice_step(least) for least in (0.011, 0.2, 3, 7)] == [0.02, 0.2, 5, 10]
