"""Rows of a hook that were captured apart stand together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seethrough.core import hooks
from seethrough.core.captured import Captured, with_rows, with_whole


def test_rows_join() -> None:
    """Known rows stay; new ones come behind them; all in order need no positions."""
    name = hooks.LOGITS
    captured = Captured({name: np.array([[1.0], [2.0]])}, {name: (4, 7)})
    more = with_rows(captured, name, {7: np.array([9.0]), 2: np.array([3.0])})
    assert more.positions[name] == (4, 7, 2)
    assert [more.row(name, place)[0] for place in (4, 7, 2)] == [1.0, 2.0, 3.0]  # type: ignore[index]

    last = replace(captured, positions={name: (1, 2)})
    whole = with_rows(last, name, {0: np.array([5.0])})
    assert name not in whole.positions
    assert whole.arrays[name].tolist() == [[5.0], [1.0], [2.0]]
    also = with_rows(whole, name, {3: np.array([6.0])})
    assert name not in also.positions
    assert also.arrays[name].tolist() == [[5.0], [1.0], [2.0], [6.0]]


def test_rows_of_a_matrix_stand_under_their_tokens() -> None:
    """Rows of the unembedding are asked for by token: their tokens are always told."""
    rows = with_rows(Captured(), "W_U", {1: np.array([3.0]), 0: np.array([2.0])})
    assert rows.positions["W_U"] == (1, 0)
    more = with_rows(rows, "W_U", {2: np.array([4.0]), 1: np.array([9.0])})
    assert more.positions["W_U"] == (1, 0, 2)
    assert more.arrays["W_U"].tolist() == [[3.0], [2.0], [4.0]]


def test_a_whole_hook_keeps_the_known_rows() -> None:
    """Of a recording some rows are shown: a live pass brings the others, and those stay."""
    name = "hook_embed"
    captured = Captured({name: np.array([[1.0], [2.0]])}, {name: (3, 1)})
    whole = with_whole(captured, {name: np.array([[5.0], [6.0], [7.0], [8.0]])})
    assert name not in whole.positions
    assert whole.arrays[name].tolist() == [[5.0], [2.0], [7.0], [1.0]]
    assert captured.arrays[name].tolist() == [[1.0], [2.0]]
