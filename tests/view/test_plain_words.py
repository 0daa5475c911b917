"""Sentences whose words follow the numbers: a row that looks at many, scores near a tie."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seethrough.view import attention
from seethrough.view.node import to_html
from seethrough.view.steps.sample import told_apart
from tests.english import ENGLISH
from tests.view.sample import Reading, state


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0.8, 0.2], "looks most at"),
        ([0.2, 0.8], "looks most at itself"),
        ([0.09, 0.01], "looks a little at many tokens; most at"),
    ],
)
def test_a_spread_out_row_is_told_so(row: list[float], words: str) -> None:
    """Where the largest share is under a tenth, the token does not look "most" at one."""
    grid: Any = SimpleNamespace(pattern=np.array([[1, 0], row]), position=1, head=0, layer=0)
    told = "".join(Reading(to_html(*attention.lead(state(), grid))).texts)

    assert words in told


def test_a_near_tie_is_seen() -> None:
    """Two digits tell two scores apart, or all of them; the same scores are the same words."""
    assert told_apart(ENGLISH, 8.68, 7.1) == ("+8.68", "+7.10")
    assert told_apart(ENGLISH, 8.684, 8.683) == ("8.684", "8.683")
    assert len(set(told_apart(ENGLISH, 8.5, 8.5))) == 1
