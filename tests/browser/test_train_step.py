"""One training step in slow motion, in the page: by keyboard, with its own numbers."""

import pytest

from seethrough.core.routes import STAGES
from tests.browser.tab import PATIENCE_S

pytestmark = pytest.mark.browser

TRAINED = "document.querySelector('.slow-tile') !== null"


@pytest.fixture
def trained(unloaded):
    """The page at the slow motion of a tiny model's last step; it is forgotten afterwards."""
    page = unloaded.page
    page.evaluate("location.hash = '#/train/run'")
    page.wait_for_selector("[data-name=data]")
    page.select_option("[data-name=data]", "grammar")
    page.select_option("[data-name=size]", "25k")
    page.evaluate("location.hash = '#/train/step'")
    page.wait_for_selector("[data-action=slow-train]")
    page.focus("[data-action=slow-train]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".slow-tile", timeout=PATIENCE_S * 1000)
    yield unloaded
    page.evaluate("location.hash = '#/train/run'")
    page.wait_for_selector("[data-action=lesson-again]")
    page.click("[data-action=lesson-again]")
    unloaded.until("document.querySelector('[data-action=lesson-again]') === null")


def test_every_place_by_keyboard(trained):
    """The arrows go through all places and back, a number goes to one; each has its own title."""
    page, titles = trained.page, []
    for stage in STAGES:
        titles.append(page.inner_text("h1"))
        if stage != STAGES[-1]:
            page.keyboard.press("ArrowRight")
            following = STAGES[STAGES.index(stage) + 1]
            trained.until(f"location.hash.includes('/step/{following}')")
            trained.until(f"document.querySelector('.is-slow-{following} .slot > *') !== null")
    assert len(set(titles)) == len(STAGES)

    page.keyboard.press("5")
    trained.until("location.hash.includes('/step/back')")
    page.keyboard.press("ArrowLeft")
    trained.until("location.hash.includes('/step/error')")


def test_the_page_s_update_is_the_graph_s(trained):
    """The formula's last line is what the model has now, digit for digit; another number too."""
    page = trained.page
    page.evaluate("location.hash = '#/train/step/update?depth=numbers'")
    page.wait_for_selector(".slow-ledger")
    seen = page.inner_text(".slow-ledger caption")
    assert new_and_graph(page)
    page.focus("canvas.slow-map")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    trained.until("document.querySelector('.slow-ledger caption').innerText.includes('[0,0]')")
    assert page.inner_text(".slow-ledger caption") != seen
    assert new_and_graph(page)


def new_and_graph(page):
    """Whether the formula's result and what the model has now are the same digits."""
    rows = page.locator(".slow-ledger tr")
    new, graph = (rows.nth(at).locator("td").last.inner_text() for at in (-2, -1))
    return new == graph != ""


def test_a_gradient_opens_to_its_sum(trained):
    """A part's strips open by keyboard; terms and graph agree, and the panel closes again."""
    page = trained.page
    page.evaluate("location.hash = '#/train/step/back?depth=numbers'")
    page.wait_for_selector("[data-part=mlp]")
    page.focus("[data-part=mlp]")
    page.keyboard.press("Enter")
    page.wait_for_selector("canvas.slow-strip")
    page.focus("canvas[data-raster='slow-strip:blocks.1.mlp.hook_post']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#slow-sum .sum-terms")
    together, graph = page.locator("#slow-sum .sum-total dd").all_inner_texts()
    assert together == graph
    page.keyboard.press("Escape")
    trained.until("document.querySelector('#slow-sum .sum-panel') === null")


def test_the_same_text_got_better(trained):
    """After ten small steps the shown step has made its own text likelier, as the graph says."""
    page = trained.page
    page.evaluate("location.hash = '#/train/step/after?depth=idea'")
    page.wait_for_selector(".slow-bar.is-before")
    before, after = page.locator(".idea-lead b").all_inner_texts()
    assert float(after) < float(before)
    page.evaluate("location.hash = '#/train/step/after?depth=numbers'")
