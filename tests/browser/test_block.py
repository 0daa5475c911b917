"""Inside a layer in the page: the steps live, by keyboard and by pointer, and recorded."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seethrough.core.hooks import SCORES
from seethrough.core.parts import part_from_bytes
from seethrough.core.recording import from_bytes
from tests.made import stored

pytestmark = pytest.mark.browser

PROMPT = "January%2C%20February%2C%20March%2C"
SUM = "document.querySelector('#sum').innerText"
OUTCOME = "document.querySelector('.turning-outcome').innerText"


def turn(tab, address, selector):
    """Go to a page and wait for what it shows."""
    tab.page.evaluate("hash => { location.hash = hash; }", address)
    tab.until(f'document.querySelector("{selector}") !== null')


@pytest.fixture(scope="module")
def inside(loaded):
    """The first step inside a layer of a live run."""
    loaded.page.set_viewport_size({"width": 1440, "height": 900})
    turn(
        loaded,
        f"#/block/own/qkv?prompt={PROMPT}&layer=3&head=1&pos=5",
        "#step-qkv canvas[data-raster*='blocks.3.attn.hook_v@5,']",
    )
    return loaded


def test_keys_choose_heads_and_layers(inside):
    """K and J turn the head, I and U the layer, each with its numbers and in the address."""
    inside.page.evaluate("document.activeElement.blur()")
    inside.page.keyboard.press("k")
    inside.until("location.hash.includes('head=2')")
    inside.until("""document.querySelector("#step-qkv canvas[data-raster*='hook_q@5,2']")""")
    inside.page.keyboard.press("i")
    inside.until("location.hash.includes('layer=4')")
    inside.until("""document.querySelector("#step-qkv canvas[data-raster*='blocks.4.attn']")""")
    inside.page.keyboard.press("u")
    inside.page.keyboard.press("j")
    inside.until("location.hash.includes('layer=3') && location.hash.includes('head=1')")
    assert inside.errors == []


def test_a_slider_turns_the_arrows(inside):
    """Both tokens moved by the arrow keys: the score stays; moved apart it changes."""
    together = inside.page.locator("[data-action=move-together]")
    together.focus()
    for _ in range(3):
        inside.page.keyboard.press("ArrowRight")
    inside.until(f"{OUTCOME}.includes('stays the same')")
    assert inside.page.evaluate("document.activeElement.dataset.action") == "move-together"
    inside.page.locator("[data-action=move-apart]").focus()
    inside.page.keyboard.press("ArrowRight")
    inside.until(f"{OUTCOME}.includes('becomes')")
    assert inside.errors == []


def test_a_score_opens_its_products(inside):
    """A click on a score opens its sum, and the products of that key stand beside the row."""
    inside.page.evaluate("document.activeElement.blur()")
    inside.page.keyboard.press("2")
    inside.until("document.querySelector('#step-scores .score-row') !== null")
    inside.page.locator("#step-scores .score-row .cell-button").nth(1).click()
    inside.until(f"{SUM}.includes('blocks.3.attn.hook_attn_scores[1,5,1]')")
    inside.until(f"{SUM}.includes('Total')")
    inside.until("document.querySelectorAll('#step-scores .score-row')[1].matches('.is-open')")
    assert inside.page.locator("#step-scores .products-bars rect").count() == 64
    inside.page.keyboard.press("Escape")
    inside.until(f"{SUM} === ''")
    assert inside.errors == []


def test_the_wall_leads_to_any_head(inside):
    """From the wall of all heads the arrow keys and Enter choose one of another layer."""
    inside.page.keyboard.press("3")
    wall = "#step-weights canvas[data-raster=wall]"
    inside.until(f'document.querySelector("{wall}") !== null')
    box = inside.page.locator(wall).bounding_box()
    n_layers, n_heads = 30, 9
    place = {
        "x": box["width"] * (7 + 0.5) / n_layers,
        "y": box["height"] * (4 + 0.5) / n_heads,
    }
    inside.page.locator(wall).click(position=place)
    inside.until("location.hash.includes('layer=7') && location.hash.includes('head=4')")
    inside.until("document.querySelector('#attention-readout').innerText.includes('blocks.7.')")
    inside.page.locator(wall).focus()
    inside.page.keyboard.press("ArrowRight")
    inside.page.keyboard.press("Enter")
    inside.until("!location.hash.includes('layer=7') || !location.hash.includes('head=4')")
    assert inside.errors == []


def asked_insides(tab):
    """The files of The months' layers that were asked for, by name."""
    found = (re.search(r"-january-(inside-\d+)-", path) for path in tab.server.asked)
    return {one[1] for one in found if one}


def test_a_recorded_layer_needs_no_model(unloaded):
    """A link shows the real scores of its layer, head and token, from that layer's file alone."""
    turn(unloaded, "#/block/january/scores?layer=3&head=0&pos=5", "#step-scores .score-row")
    part = part_from_bytes(stored()["january"].insides["inside-3"])
    scores = part.more(from_bytes(stored()["january"].recording))[0][f"blocks.3.{SCORES}"][0, 5]
    told = unloaded.page.locator("#step-scores .score-row .cell-button").all_inner_texts()
    np.testing.assert_allclose([float(score) for score in told], scores, rtol=5e-4)
    assert unloaded.page.locator("#step-scores .products-bars rect").count() == 64
    assert unloaded.page.locator("#step-scores [data-action=live]").count() == 0
    assert asked_insides(unloaded) <= {"inside-3"}

    turn(unloaded, "#/block/january/weights?layer=3", "#step-weights .stages .is-score")
    assert unloaded.page.locator("#choice .head .thumb").count() == 9
    turn(unloaded, "#/block/january/qkv?layer=3", "#step-qkv .pair-dial")
    assert asked_insides(unloaded) <= {"inside-3"}
    assert not any(path.endswith((".bin", ".onnx")) for path in unloaded.server.asked)
    assert unloaded.errors == []


def test_a_layer_that_is_not_recorded_says_so(unloaded):
    """Which layers the walk has, and one click that runs this one."""
    turn(unloaded, "#/block/code/scores?layer=3", "#step-scores [data-action=live]")
    assert "0, 14, 29" in unloaded.text("#step-scores [role=status]")
    turn(unloaded, "#/block/code/scores?layer=14", "#step-scores .score-row")
    assert unloaded.errors == []
