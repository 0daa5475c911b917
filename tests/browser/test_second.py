"""Two heads side by side in the page: by key, by its lists, by its pictures, in the address."""

from __future__ import annotations

import pytest

from tests.browser.test_block import PROMPT, turn

pytestmark = pytest.mark.browser
SAID = "document.querySelector('.second-told').innerText"


@pytest.fixture(scope="module")
def inside(loaded):
    """The scores of a live run."""
    loaded.page.set_viewport_size({"width": 1440, "height": 900})
    turn(
        loaded,
        f"#/block/own/scores?prompt={PROMPT}&layer=3&head=1&pos=5",
        "#step-scores [data-cell='blocks.3.attn.hook_attn_scores[1,5,5]']",
    )
    return loaded


def painted(tab, name):
    """Whether a canvas has any pixel."""
    return tab.page.evaluate(
        """name => {
          const canvas = document.querySelector(`canvas[data-raster="${name}"]`);
          const context = canvas.getContext("2d");
          return context.getImageData(0, 0, canvas.width, canvas.height).data.some((one) => one);
        }""",
        name,
    )


def test_a_second_head_is_opened_chosen_and_closed(inside):
    """B opens it, its lists choose a layer and a head, Escape closes it; the address follows."""
    assert not inside.page.evaluate("document.querySelector('details.own-text').open")
    inside.page.evaluate("document.activeElement.blur()")
    inside.page.keyboard.press("b")
    inside.until("location.hash.includes('beside=head:2')")
    inside.until("document.querySelectorAll('#second-step-scores .score-row').length === 6")
    assert painted(inside, "second-scores")
    inside.page.select_option("[data-action=second-layer]", "4")
    inside.until("location.hash.includes('beside=layer:4,head:2')")
    inside.until("""document.querySelector("#second-step-scores [data-cell^='blocks.4.']")""")
    assert inside.page.evaluate("document.activeElement.dataset.action") != "second-head"
    inside.until(f"{SAID}.includes('differ most')")
    ids = inside.page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    inside.page.evaluate("document.activeElement.blur()")
    inside.page.keyboard.press("Escape")
    inside.until("!location.hash.includes('beside=')")
    assert inside.page.locator("#second-step-scores .score-row").count() == 0
    assert inside.errors == []


def test_a_press_on_the_second_wall_chooses_the_second(inside):
    """Of two walls each leads its own place; the first stays where it was."""
    inside.page.keyboard.press("3")
    inside.until('document.querySelector("#step-weights canvas[data-raster=wall]") !== null')
    inside.page.keyboard.press("b")
    wall = "#second-step-weights canvas[data-raster=second-wall]"
    inside.until(f'document.querySelector("{wall}") !== null')
    inside.page.locator(wall).scroll_into_view_if_needed()
    inside.page.locator(wall).click(position={"x": 22 * 7.5, "y": 22 * 4.5})
    inside.until("location.hash.includes('beside=layer:7,head:4')")
    assert "layer=3&head=1" in inside.page.evaluate("location.hash")
    inside.until(f"{SAID}.includes('blocks') || {SAID}.includes('%')")
    inside.page.keyboard.press("b")
    inside.until("!location.hash.includes('beside=')")
    assert inside.errors == []


def test_a_head_is_switched_off_and_on_in_its_layer(inside):
    """A press asks the model again; the answers stand before and after; the address says it."""
    turn(
        inside,
        f"#/block/own/mix?prompt={PROMPT}&layer=3&head=1&pos=5",
        "#step-mix .off-switches .button",
    )
    inside.page.locator("#step-mix .off-switches .button").first.click()
    inside.until("document.querySelector('#step-mix .head-off table') !== null")
    inside.until("location.hash.includes('off=3.1')")
    inside.page.locator("#step-mix .off-switches .button").first.click()
    inside.until("!location.hash.includes('off=')")
    assert inside.page.locator("#step-mix .head-off table").count() == 0
    assert inside.errors == []
