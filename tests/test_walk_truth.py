"""The walk's pages on real runs: each number is transformers', to four significant digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.core.recording import stream_names
from seethrough.view.steps.layers_norms import MOST_IN_TABLE
from seethrough.view.windowed import window
from tests.native import native
from tests.native_page import NativePage
from tests.walk_models import DISTIL, GPT2, MODELS, SMOLLM2, Held
from tests.walk_truth import (
    FOUR_DIGITS,
    LAYERS,
    LENGTHS_TABLE,
    NORMS_TABLE,
    STEPS,
    SUBJECTS,
    SWEPT,
    Shown,
    cell_of,
    read_number,
    shown_cells,
    shown_table,
    subject,
    wrong_cells,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig

LEAST_CELLS = {"embed": 40, "layers": 40, "logits": 5, "softmax": 10, "sample": 10}


@dataclass(frozen=True)
class Walk:
    """A model, its page over native onnxruntime, and the golden numbers by prompt."""

    held: Held
    page: NativePage
    site: Path

    @property
    def config(self) -> ModelConfig:
        """The model's config."""
        config = self.page.state.run.config
        assert config is not None
        return config

    def golden(self, name: str) -> dict[str, Any]:
        """What transformers has of a prompt."""
        told: dict[str, Any] = self.held.told()["prompts"][name]
        return told

    def run(self, name: str) -> None:
        """Run one of the six prompts in the page."""
        has_chat = self.page.state.site.models[0].has_chat
        text, is_chat = subject(name, has_chat=has_chat)
        self.page.run(text, chat=is_chat)
        self.page.choose_layer(0)
        assert [token.id for token in self.page.state.run.tokens] == self.golden(name)["ids"]


@pytest.fixture(scope="module")
def opened(site_of_held: Callable[[Held], Path]) -> Iterator[Callable[[str], Walk]]:
    """Gives the page of a model, opened once: pytest goes from model to model at each prompt."""
    pages: dict[str, Walk] = {}

    def page_of(name: str) -> Walk:
        if name not in pages:
            held = MODELS[name]
            said = f"{held.golden.name} was made of other weights: run make_walk_goldens.py"
            assert held.told()["weights"] == held.digest(), said
            site = site_of_held(held)
            pages[name] = Walk(held, NativePage(site), site)
        return pages[name]

    yield page_of
    for one in pages.values():
        one.page.close()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SMOLLM2, marks=pytest.mark.model),
        GPT2,
        pytest.param(DISTIL, marks=pytest.mark.long),
    ],
)
def walk(request: pytest.FixtureRequest, opened: Callable[[str], Walk]) -> Walk:
    """The page of each model."""
    return opened(request.param)


@pytest.fixture(scope="module", params=SUBJECTS)
def walked(request: pytest.FixtureRequest, walk: Walk) -> str:
    """One of the six prompts, run in the page."""
    walk.run(request.param)
    return str(request.param)


@pytest.mark.parametrize("step", STEPS)
def test_numbers_on_the_page(walked: str, walk: Walk, step: str) -> None:
    """Every number of the step that the goldens have stands on the page and is transformers'."""
    golden = walk.golden(walked)["steps"][step]["cells"]
    shown = shown_cells(walk.page.turn_to(step))

    assert len(golden) >= LEAST_CELLS[step]
    assert golden.keys() <= shown.keys()
    assert wrong_cells(golden, shown) == {}


def test_the_lens(walked: str, walk: Walk) -> None:
    """What the model would say at each layer is what transformers' head says of that layer."""
    walk.page.turn_to(LAYERS)
    lens = walk.page.state.run.lens
    assert lens is not None

    for tops, golden in zip(lens.tops, walk.golden(walked)["lens"], strict=True):
        known = {int(token): (logit, prob) for token, logit, prob in golden}
        assert tops[0].id == int(golden[0][0]) or lead(golden) < FOUR_DIGITS
        for item in tops:
            if item.id in known:
                assert (item.logit, item.prob) == pytest.approx(known[item.id], rel=1e-4, abs=1e-4)


def lead(golden: list[list[float]]) -> float:
    """By how much the best token wins, in logits."""
    return golden[0][1] - golden[1][1]


def test_lengths(walked: str, walk: Walk) -> None:
    """The lengths of what each layer wrote, and of all tokens' states, are transformers'."""
    golden = walk.golden(walked)
    html = walk.page.turn_to(LAYERS)

    # The first line is what enters, before anything was written.
    assert_close([row[:4] for row in shown_table(html, LENGTHS_TABLE)[1:]], golden["lengths"])
    n_tokens = len(golden["ids"])
    kept = window(n_tokens, most=MOST_IN_TABLE, chosen=n_tokens - 1).positions
    norms = [[row[at] for at in kept] for row in golden["norms"]]
    assert_close(shown_table(html, NORMS_TABLE), norms)


def is_close(number: Shown | None, exact: float) -> bool:
    """Whether a number of the page is the exact one."""
    return number is not None and number.is_close(exact)


def assert_close(shown: list[list[Shown | None]], golden: list[list[float]]) -> None:
    """Every number of a table is the golden one at its place."""
    assert [len(row) for row in shown] == [len(row) for row in golden]
    for row, exact in zip(shown, golden, strict=True):
        wrong = [pair for pair in zip(row, exact, strict=True) if not is_close(*pair)]
        assert wrong == []


def test_the_continuation(walked: str, walk: Walk) -> None:
    """The greedy tokens and their probabilities, told by the last two steps, are its own."""
    golden = walk.golden(walked)["continuation"]
    walk.page.generate(len(golden))

    made = walk.page.state.run.continuation
    assert [step.id for step in made] == [int(token) for token, _ in golden[: len(made)]]
    np.testing.assert_allclose(
        [step.prob for step in made],
        [prob for _, prob in golden[: len(made)]],
        rtol=1e-4,
        atol=1e-5,
    )


def test_every_layer_and_token(walk: Walk) -> None:
    """A sweep: at every position every number of steps 3 and 4 is the graph's own.

    And of every layer at every position some are compared with transformers' own.
    """
    walk.run(SWEPT)
    golden = walk.golden(SWEPT)["sweep"]["cells"]
    graph = native(walk.site / "models" / walk.page.state.site.models[0].id)
    ids, n_layers = [token.id for token in walk.page.state.run.tokens], walk.config.n_layers
    captured = graph.run(ids, graph.manifest.hooks)
    seen: set[tuple[str, int]] = set()
    compared: set[str] = set()
    for position in range(len(ids)):
        walk.page.choose(position)
        for step in ("embed", LAYERS):
            for layer in range(n_layers if step == LAYERS else 1):
                walk.page.choose_layer(layer)
                shown = shown_cells(walk.page.turn_to(step))
                assert wrong_cells(golden, shown) == {}
                compared |= golden.keys() & shown.keys()
                seen |= own(captured, shown, position)
    for name in stream_names(n_layers):
        assert {position for hook, position in seen if hook == name} == set(range(len(ids)))
    assert compared == golden.keys()
    layers = {name.split(".")[1] for name in compared if name.startswith("blocks.")}
    assert layers == {str(layer) for layer in range(n_layers)}


def own(
    captured: dict[str, np.ndarray], shown: dict[str, Shown], position: int
) -> set[tuple[str, int]]:
    """Of which hooks the page shows numbers at a position, each checked against the graph's."""
    seen = set()
    for name, number in shown.items():
        cell = cell_of(name)
        assert cell is not None
        value = value_at(captured, cell)
        if value is not None:
            assert abs(number.value - value) <= number.half_digit + 1e-5 * abs(value), name
            seen.add((cell.name, position))
    return seen


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
