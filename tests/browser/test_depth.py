"""The depth of a step: idea, numbers or code; in the address, and remembered."""

import pytest

from tests.browser.conftest import SAVES_DATA

pytestmark = pytest.mark.browser

PRESSED = "document.querySelector('[data-action=set-depth][aria-pressed=true]').dataset.depth"


# A fresh page: what a first visit shows is the promise.
def test_a_first_visit_and_the_next(new_tab):
    """First the idea; a press changes it in place; it is remembered; a link's depth wins."""
    tab = new_tab(SAVES_DATA, is_first=True)
    tab.open("#/walk/january/layers")
    assert tab.page.evaluate(PRESSED) == "idea"
    tab.until("location.hash.includes('depth=idea')")
    assert tab.page.locator("#code summary").count() == 0

    visits = tab.visits
    tab.page.click("[data-action=set-depth][data-depth=numbers]")
    tab.until(f"{PRESSED} === 'numbers' && location.hash.includes('depth=numbers')")
    assert tab.visits == visits
    assert tab.page.locator("#step-layers #code").count() + tab.page.locator("#code").count() == 1

    tab.open("#/walk/january/embed")
    tab.reload()
    assert tab.page.evaluate(PRESSED) == "numbers"
    tab.page.evaluate("location.hash = '#/walk/january/embed?depth=idea'")
    tab.until(f"{PRESSED} === 'idea'")
    assert tab.errors == []
