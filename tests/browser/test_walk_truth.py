"""The walk in Chromium, live: what stands on its pages is transformers', to four digits."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from seethrough.core.messages import text
from tests.parity import PROMPTS
from tests.walk_models import MODELS, SMOLLM2
from tests.walk_truth import (
    LAYERS,
    LENGTHS_TABLE,
    STEPS,
    SWEPT,
    shown_cells,
    shown_table,
    wrong_cells,
)

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.long]

LEAST_CELLS = 5
# What stands in a folded part until its numbers are written.
FOLDED = text("view.folded")
LEAST_OF_A_LAYER = 20
# How often it is looked whether what was asked for has come, five times a second.
LOOKS = 100


@pytest.fixture(scope="module")
def golden():
    """Transformers' numbers of the prompt whose every layer is looked at."""
    return MODELS[SMOLLM2].told()["prompts"][SWEPT]


@pytest.fixture(scope="module")
def live(loaded, golden):
    """The page with a live run of it."""
    go(loaded, STEPS[0])
    loaded.until("document.querySelector('.badge.is-live') !== null")
    told = loaded.ask(f"seethrough.tokenize({PROMPTS[SWEPT].text!r})")
    assert [token["id"] for token in told] == golden["ids"]
    return loaded


def go(tab, step):
    """Go to a step of the live walk and wait until it is drawn."""
    address = f"#/walk/own/{step}?prompt={quote(PROMPTS[SWEPT].text)}"
    tab.page.evaluate("hash => { location.hash = hash; }", address)
    tab.until(f"document.querySelector('#step-{step} .lead') !== null")


def unfold(tab, step):
    """Open everything that is folded in the step, as a reader does, and wait for its content."""
    folded = f"#step-{step} details.data"
    for _ in range(tab.page.locator(folded).count()):
        closed = tab.page.locator(f"{folded}:not([open])")
        if closed.count():
            closed.first.locator("> summary").click()
    tab.until(
        f"[...document.querySelectorAll('{folded}')]"
        f".every((one) => one.open && !one.innerText.includes({json.dumps(FOLDED)}))"
    )


def standing(tab, step):
    """The step's markup as it stands in the page."""
    unfold(tab, step)
    return tab.page.inner_html(f"#step-{step}")


def arrived(tab, step, names):
    """The numbers that stand in the step, once those asked for came (rows of weights come last)."""
    shown = shown_cells(standing(tab, step))
    for _ in range(LOOKS):
        if names <= shown.keys():
            break
        tab.page.wait_for_timeout(200)
        shown = shown_cells(standing(tab, step))
    return shown


@pytest.mark.parametrize("step", STEPS)
def test_numbers_of_each_step(live, golden, step):
    """Every number of the step that the goldens have stands in the page and is transformers'."""
    go(live, step)
    cells = golden["steps"][step]["cells"]
    if step == LAYERS:
        choose_layer(live, 0)
    shown = arrived(live, step, cells.keys())

    assert len(cells) >= LEAST_CELLS
    assert cells.keys() <= shown.keys()
    assert wrong_cells(cells, shown) == {}
    assert live.errors == []


def choose_layer(tab, layer):
    """Choose a layer in the list over its numbers, and wait for them."""
    unfold(tab, LAYERS)
    tab.page.select_option("#layers-numbers [data-action=select-layer]", str(layer))
    hook = f"blocks.{layer}.hook_resid_mid"
    tab.until(f"document.querySelector('table[data-hook=\"{hook}\"]') !== null")


def test_each_layer_once(live, golden):
    """Step 4, layer by layer: the stream's numbers after each half are transformers'."""
    last = len(golden["ids"]) - 1
    cells = {name: exact for name, exact in golden["sweep"]["cells"].items() if f"[{last}," in name}
    compared = set()
    go(live, LAYERS)
    for layer in range(len(golden["lengths"])):
        choose_layer(live, layer)
        shown = shown_cells(standing(live, LAYERS))

        assert wrong_cells(cells, shown) == {}
        assert len(cells.keys() & shown.keys()) >= LEAST_OF_A_LAYER
        compared |= cells.keys() & shown.keys()
    assert compared == cells.keys()
    assert live.errors == []


def test_lengths_of_every_layer(live, golden):
    """Step 4's table: the lengths of both writes and of the stream around them, in all layers."""
    go(live, LAYERS)
    rows = shown_table(standing(live, LAYERS), LENGTHS_TABLE)[1:]

    assert len(rows) == len(golden["lengths"])
    for row, exact in zip(rows, golden["lengths"], strict=True):
        for number, length in zip(row[:4], exact, strict=True):
            assert number is not None
            assert number.is_close(length)
