"""The tour inside a layer on real runs: all prompts, layers and heads, to four significant digits.

What the goldens have of a place stands there and is transformers'; every other number that says
which cell it is is the graph's own, which tests/reference/test_parity.py holds to transformers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.block_truth import goldens, look_through, run_whole, value_in
from tests.native import native
from tests.native_page import NativePage
from tests.walk_models import DISTIL, GPT2, MODELS, SMOLLM2, Held
from tests.walk_truth import SUBJECTS, Shown, wrong_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy as np

    from export.native import NativeModel


@dataclass(frozen=True)
class Tour:
    """A model, its page over native onnxruntime, and its graph alone."""

    held: Held
    page: NativePage
    graph: NativeModel


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SMOLLM2, marks=[pytest.mark.model, pytest.mark.long]),
        GPT2,
        pytest.param(DISTIL, marks=pytest.mark.long),
    ],
)
def tour(request: pytest.FixtureRequest, site_of_held: Callable[[Held], Path]) -> Iterator[Tour]:
    """The page of each model."""
    held = MODELS[request.param]
    site = site_of_held(held)
    page = NativePage(site)
    yield Tour(held, page, native(site / "models" / page.state.site.models[0].id))
    page.close()


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_layer_and_head(tour: Tour, name: str) -> None:
    """Each number of each head and layer that the goldens have is transformers'; all are true."""
    golden = goldens(tour.held)[name]
    hooks = run_whole(tour.page, tour.graph, name)
    assert list(tour.page.state.run.ids) == golden.ids
    met: set[str] = set()
    bare = []
    for looked in look_through(tour.page):
        assert wrong_cells(golden.cells, looked.shown) == {}, looked[:2]
        assert untrue(hooks, looked.shown) == {}, looked[:2]
        known = golden.cells.keys() & looked.shown.keys()
        bare += [] if known else [looked[:2]]
        met |= known

    assert met == golden.cells.keys()
    assert len(bare) <= (tour.held.name == DISTIL), bare  # noise: a head without four digits


def untrue(
    hooks: Mapping[str, np.ndarray], shown: Mapping[str, Shown]
) -> dict[str, tuple[Shown, float]]:
    """Which shown numbers are not those of the pass, as far as they are shown."""
    wrong = {}
    for name, number in shown.items():
        value = value_in(hooks, name)
        if value is not None and abs(number.value - value) > number.half_digit + 1e-6 * abs(value):
            wrong[name] = (number, value)
    return wrong
