"""The idea of step 4 in the page: a tap switches a head off and the recorded answer changes."""

import pytest

pytestmark = pytest.mark.browser

# Of the picture's two layouts the one that is shown.
NEXT = """[...document.querySelectorAll('.idea-look-next')]
  .find((text) => text.getClientRects().length)?.textContent"""
HEAD, ALL = ".idea-look-head.is-second .idea-look-switch", ".idea-look-outcome .idea-look-switch"
CHANCE = ".idea-look-words.is-row .idea-look-chance"
LIT = "document.querySelector('.idea-look-words.is-row .idea-look-tile[aria-pressed=true]')"


def test_one_tap_switches_a_head_off(again):
    """The dog becomes less sure, then a cat; a word shows where it looks; the address has it."""
    again.page.evaluate("location.hash = '#/walk/cat/layers?depth=idea'")
    again.until(f"{NEXT} === 'dog'")
    again.until("document.querySelector('.idea-look-line') !== null")
    assert again.page.text_content(CHANCE).startswith("96")

    again.page.click(HEAD)
    again.until("location.hash.includes('off=23.3')")
    assert again.page.text_content(CHANCE).startswith("59")
    assert "not this one" in again.page.inner_text(".idea-look-verdict")
    again.page.keyboard.press("Enter")
    again.until("!location.hash.includes('off=')")

    again.page.click(ALL)
    again.until(f"{NEXT} === 'cat'")
    again.until("location.hash.includes('off=18.0,19.2,23.3')")
    again.page.click(".idea-look-words.is-row [data-position='8']")
    again.until(f"location.hash.includes('pos=8') && {LIT}.textContent === 'ran'")
    assert again.page.evaluate(NEXT) == "cat"
    assert again.errors == []
