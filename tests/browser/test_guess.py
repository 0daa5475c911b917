"""Guess first: asked on a first visit, answered or skipped, kept on the device, not in the way."""

import pytest

from tests.browser.conftest import SAVES_DATA
from tests.screens.screen import axe_source

pytestmark = pytest.mark.browser

ASKED = "document.querySelectorAll('.plate-of .guess-option').length > 0"
SHOWN = "document.querySelectorAll('.plate-of .guess-option').length === 0"
KEPT = "Object.entries(localStorage).find(([name]) => name.endsWith(':guesses'))?.[1] ?? ''"


# A fresh page: what a first visit is asked is the promise.
def test_a_first_visit_is_asked_once(new_tab):
    """Home and a step ask; an answer, S and "No more questions" show the picture; Next works."""
    tab = new_tab(SAVES_DATA, is_first=True)
    tab.open("#/")
    page = tab.page
    page.click(".hero-plate .guess-option:has-text('dog')")
    tab.until("document.querySelectorAll('[data-action=guess-sure]').length === 3")
    page.click("[data-action=guess-sure][data-sure=very]")
    tab.until("document.querySelector('.hero-plate .guess-told')?.textContent.includes('96')")
    tab.until("document.querySelector('.living-stop.is-lit') !== null")  # it writes by itself
    page.click(".living-controls [data-action=pause]")
    tab.until("document.querySelector('.living-controls [data-action=play]') !== null")
    page.click(".living-controls [data-action=play]")

    page.evaluate("location.hash = '#/walk/cat/layers?depth=idea'")
    tab.until(f"{ASKED} && !document.documentElement.classList.contains('is-film')")
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document).then(({ violations }) => violations.map((v) => v.id))")
    assert found == []
    page.keyboard.press("s")
    tab.until(SHOWN)
    assert '"looks"' in page.evaluate(KEPT)

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tab.until(f"location.hash.includes('/softmax') && {ASKED}")
    # What leads on shows first what the question hides, and is called so.
    page.click("[data-action=step-next]:text-is('Show the answer')")
    tab.until(f"location.hash.includes('/softmax') && {SHOWN}")
    page.click("[data-action=step-next]:text-is('Next: draw')")
    tab.until(f"location.hash.includes('/sample') && {ASKED}")
    assert "guess" not in page.evaluate("location.hash")
    page.click(".guess-option[data-key='1']")
    tab.until("document.querySelectorAll('#idea-sample .idea-hit').length === 100")
    tab.until("document.querySelectorAll('#idea-sample .is-miss').length === 3")
    assert "3 of 100 random darts missed dog" in page.inner_text("#transport .guess-told")
    page.evaluate("location.hash = '#/walk/january/softmax?depth=idea'")
    tab.until(f"location.hash.includes('january') && {ASKED}")
    page.click(".guess-never")
    tab.until(SHOWN)

    tab.open("#/walk/cat/softmax?depth=idea")
    tab.reload()
    tab.until("document.querySelector('#idea-softmax svg') !== null")
    assert page.evaluate(SHOWN)
    assert tab.errors == []
