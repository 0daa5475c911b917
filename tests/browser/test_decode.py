"""The decoding lab in the page: a held dial bends the odds, a search grows its tree."""

import pytest

pytestmark = pytest.mark.browser

WIDTH = "parseFloat(document.querySelector('.decode-pairs tbody .is-now').getAttribute('width'))"
DIAL = ".decode-heat input"


def test_a_held_dial_bends_the_odds(again):
    """The bars follow the slider while it is held, and the slider stays the very element."""
    page = again.page
    page.evaluate("location.hash = '#/decode?depth=idea&temperature=1'")
    again.until("location.hash.startsWith('#/decode/')")
    again.until("document.querySelectorAll('.decode-pairs tbody tr').length >= 10")
    before = page.evaluate(WIDTH)
    page.evaluate(f"window.held = document.querySelector('{DIAL}')")
    page.evaluate("held.value = '4'; held.dispatchEvent(new Event('input', {bubbles: true}))")
    again.until(f"{WIDTH} < {before} / 2")
    assert page.evaluate(f"document.querySelector('{DIAL}') === held")
    page.evaluate("held.dispatchEvent(new Event('change', {bubbles: true}))")
    again.until("location.hash.includes('temperature=4')")

    said = page.text_content(".decode-dart")
    page.click("#throw-dart")
    again.until(f"document.querySelector('.decode-dart').textContent !== {said!r}")
    again.until("location.hash.includes('dart=1')")
    page.click("[data-preset=best]")
    again.until(f"{WIDTH} === 100")
    assert again.errors == []
