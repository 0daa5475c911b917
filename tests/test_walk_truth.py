"""The walk's pages on the real model: each number is transformers', to four significant digits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel
from seethrough.core.cell import Cell, parse_cell
from seethrough.core.recording import stream_names
from tests.native_page import NativePage
from tests.parity import CHECKOUT, default_model
from tests.walk_truth import (
    FOUR_DIGITS,
    STEPS,
    SUBJECTS,
    read_number,
    shown_cells,
    subject,
    walk_goldens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.model

LEAST_CELLS = {"embed": 40, "layers": 40, "logits": 5, "softmax": 10, "sample": 10}


@pytest.fixture(scope="module")
def page() -> Iterator[NativePage]:
    """The built site's page over native onnxruntime."""
    opened = NativePage(Path(os.environ.get("SEETHROUGH_DIST", CHECKOUT / "dist")))
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=SUBJECTS)
def walked(request: pytest.FixtureRequest, page: NativePage) -> str:
    """One of the six prompts, run in the page."""
    text, is_chat = subject(request.param)
    page.run(text, chat=is_chat)
    assert [token.id for token in page.state.tokens] == walk_goldens()[request.param]["ids"]
    return str(request.param)


@pytest.mark.parametrize("step", STEPS)
def test_numbers_on_the_page(walked: str, page: NativePage, step: str) -> None:
    """Every number of the step that the goldens have stands on the page and is transformers'."""
    golden = walk_goldens()[walked]["steps"][step]["cells"]
    shown = shown_cells(page.turn_to(step))

    assert len(golden) >= LEAST_CELLS[step]
    assert golden.keys() <= shown.keys()
    wrong = {
        name: (shown[name], exact)
        for name, exact in golden.items()
        if not shown[name].is_close(exact)
    }
    assert wrong == {}


def test_the_lens(walked: str, page: NativePage) -> None:
    """What the model would say at each layer is what transformers' head says of that layer."""
    page.turn_to("layers")
    lens = page.state.lens
    assert lens is not None

    for tops, golden in zip(lens.tops, walk_goldens()[walked]["lens"], strict=True):
        known = {int(token): (logit, prob) for token, logit, prob in golden}
        assert tops[0].id == int(golden[0][0]) or lead(golden) < FOUR_DIGITS
        for item in tops:
            if item.id in known:
                assert (item.logit, item.prob) == pytest.approx(known[item.id], rel=1e-4, abs=1e-4)


def lead(golden: list[list[float]]) -> float:
    """By how much the best token wins, in logits."""
    return golden[0][1] - golden[1][1]


def test_lengths(walked: str, page: NativePage) -> None:
    """The lengths of the residual stream after each block are transformers'."""
    last = len(page.state.tokens) - 1
    resid = page.state.picture.resid
    assert resid is not None

    norms = np.linalg.norm(resid[1:, last].astype(np.float64), axis=1)
    np.testing.assert_allclose(norms, walk_goldens()[walked]["norms"], rtol=FOUR_DIGITS)


def test_the_continuation(walked: str, page: NativePage) -> None:
    """The greedy tokens and their probabilities, told by the last two steps, are its own."""
    golden = walk_goldens()[walked]["continuation"]
    page.generate(len(golden))

    made = page.state.continuation
    assert [step.id for step in made] == [int(token) for token, _ in golden[: len(made)]]
    np.testing.assert_allclose(
        [step.prob for step in made],
        [prob for _, prob in golden[: len(made)]],
        rtol=1e-4,
        atol=1e-5,
    )


def test_every_layer_and_token(page: NativePage) -> None:
    """A sweep: at every position every number of steps 3 and 4 is the graph's own."""
    text, is_chat = subject("months")
    page.run(text, chat=is_chat)
    native = NativeModel(default_model())
    ids = [token.id for token in page.state.tokens]
    captured = native.run(ids, native.manifest.hooks)
    seen: set[tuple[str, int]] = set()
    for position in range(len(ids)):
        page.choose(position)
        for step in ("embed", "layers"):
            for layer in range(native.manifest.config.n_layers if step == "layers" else 1):
                page.actions.store.replace(picture=page.at_layer(layer))
                for name, shown in shown_cells(page.turn_to(step)).items():
                    cell = parse_cell(name)
                    assert cell is not None
                    value = value_at(captured, cell)
                    if value is not None:
                        assert abs(shown.value - value) <= shown.half_digit + 1e-5 * abs(value), (
                            name
                        )
                        seen.add((cell.name, position))
    for name in stream_names(native.manifest.config.n_layers):
        assert {position for hook, position in seen if hook == name} == set(range(len(ids)))


def value_at(captured: dict[str, np.ndarray], cell: Cell) -> float | None:
    """A cell of the capture; None for what is no hook."""
    array = captured.get(cell.name)
    return None if array is None else float(array[cell.index])


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [
        ("\u22120.07", -0.07, 0.005),
        ("+1.50", 1.5, 0.005),
        ("26\u202f368", 26368.0, 0.5),
        ("51.4 %", 0.514, 0.0005),
        ("3.2e\u22125", 3.2e-5, 5e-7),
    ],
)
def test_numbers_are_read_as_they_stand(text: str, value: float, half: float) -> None:
    """The reader of pages knows true minus, thin spaces, percent and exponents."""
    shown = read_number(text)

    assert shown is not None
    assert (shown.value, shown.half_digit) == pytest.approx((value, half))
    assert read_number("1 in 4\u202f300") is None
    assert read_number("January") is None
