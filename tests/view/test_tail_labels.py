"""The axis of step 6: every label stands whole inside its picture, whatever the vocabulary."""

from __future__ import annotations

import numpy as np
import pytest

from seethrough.view import tail
from seethrough.view.node import h, to_html
from tests.steps import page_state
from tests.view.sample import Reading


@pytest.mark.parametrize("size", [2, 9, 10, 100, 265, 999, 1000, 1001, 10_000, 49_152, 100_000])
def test_no_label_is_cut(size: int) -> None:
    """The last rank of a vocabulary of 1,000 has its whole label: it ends at the edge."""
    falling = np.sort(np.random.default_rng(1).dirichlet(np.full(size, 0.5)))[::-1]
    drawn = tail.ticks(page_state(), tail.Axes(falling.astype(np.float64)), size)
    reading = Reading(to_html(h("svg", {}, drawn)))
    places = [one for tag, one in reading.elements if tag == "text" and one["class"] == "tick"]
    labels = [text for text in reading.texts if text.strip()]

    for place, label in zip(places, labels, strict=False):
        wide, x = len(label) * tail.LETTER, float(place["x"] or "nan")
        left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[str(place["text-anchor"])]
        assert left >= 0, label
        assert left + wide <= tail.WIDE + 0.1, label
