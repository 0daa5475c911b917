"""A copied link shows the same: in another window the very tokens, the dart, the open sum."""

import pytest

from tests.browser.profiles import SAVES_DATA
from tests.browser.tab import WATCH_RUN

pytestmark = pytest.mark.browser

LINK = (
    "#/walk/own/loop?prompt=The%20cat%20sat"
    "&temperature=0.9&top_k=40&top_p=0.95&seed=5&max_new_tokens=6"
)
WRITTEN = """[...document.querySelectorAll('#step-loop [data-action=step-to]')]
    .map((one) => one.innerText)"""

# The link's own text stands there, computed, and may go on: a key is heard from then on.
MAY_GO_ON = """document.querySelector('#source').innerText.includes('Live')
    && document.querySelector('#step-loop')?.innerText.includes('·sat')
    && document.querySelector('#step-loop [data-action=generate]')?.disabled === false"""

# The four tokens of a text with a carriage return in it.
OF_FOUR = """document.querySelectorAll(
    '#step-tokenize .chips:last-of-type .chip-text').length === 4"""
IDS = "[...document.querySelectorAll('#tokens .chip-note')].map((one) => one.innerText)"


def go(tab, address):
    """Go to an address inside the page."""
    tab.page.evaluate("address => { location.hash = address; }", address)
    tab.until(f"location.hash.startsWith({address.partition('?')[0]!r})")


def address(tab):
    """What a reader would copy."""
    return tab.page.evaluate("location.hash")


def test_a_link_shows_the_same(loaded):
    """Drawn tokens, a dart, its settings and a traced number: a reload has them, undrawn."""
    go(loaded, LINK)
    loaded.until(MAY_GO_ON)
    loaded.page.keyboard.press("g")
    loaded.until("location.hash.includes('written=')")
    written = loaded.page.evaluate(WRITTEN)
    go(loaded, "#/walk/own/sample")
    loaded.until("document.querySelector('#step-sample [data-action=throw]') !== null")
    loaded.page.click("#step-sample [data-action=throw]")
    loaded.until("location.hash.includes('dart=1')")
    loaded.page.click("#step-sample [data-action=select-cell]")
    loaded.until("location.hash.includes('cell=')")
    loaded.until("document.querySelector('#sum-title') !== null")
    link, told = address(loaded), loaded.text("#step-sample")
    traced = loaded.text("#sum")

    assert len(written) == 6
    loaded.reload()
    loaded.until("document.querySelector('#sum-title') !== null")
    assert loaded.text("#step-sample") == told
    assert loaded.text("#sum") == traced
    assert address(loaded) == link
    go(loaded, "#/walk/own/loop")
    loaded.until("document.querySelector('#step-loop') !== null")
    assert loaded.page.evaluate(WRITTEN) == written
    assert loaded.errors == []


def test_characters_that_no_text_box_holds(loaded):
    """A carriage return of a link stays the text's, at the next step and when it is run again."""
    go(loaded, "#/walk/own/tokenize?prompt=a%0D%0Ab")
    loaded.until(OF_FOUR)
    loaded.page.keyboard.press("ArrowRight")
    loaded.until("location.hash.startsWith('#/walk/own/embed?')")
    assert address(loaded).startswith("#/walk/own/embed?prompt=a%0D%0Ab")

    go(loaded, "#/all/own")
    loaded.until(f"{IDS}.length === 4")
    loaded.page.evaluate(WATCH_RUN)  # else the button may be seen before it was disabled
    loaded.page.click("#prompt-form [name=run]")
    loaded.until("window.hasBegun && !document.querySelector('[name=run]').disabled")

    assert loaded.page.evaluate(IDS) == ["81", "201", "198", "82"]
    assert "prompt=a%0D%0Ab" in address(loaded)


def test_tokens_of_a_stranger(loaded):
    """Tokens, numbers and settings that are not there: one notice, and the text is run."""
    go(
        loaded,
        "#/walk/own/layers?prompt=The%20dog&written=49999&layer=99&head=77&pos=500"
        "&cell=blocks.99.hook_q_in[0]&temperature=nan&seed=1e3",
    )
    loaded.until("document.querySelector('#message').innerText.includes('token 500')")
    said = loaded.text("#message")

    assert "“temperature=nan”, “seed=1e3”" in said
    for words in ("not in the vocabulary", "layers 0 to 29", "heads 0 to 8", "blocks.99"):
        assert words in said
    assert address(loaded).startswith("#/walk/own/layers?prompt=The%20dog&pos=")
    assert "99" not in address(loaded)


def test_a_link_that_waits_for_its_model(new_page):
    """Where nothing is fetched unasked the address stays whole; Run brings all that it chose."""
    tab = new_page(SAVES_DATA)
    link = (
        "#/walk/own/done?prompt=The%20cat&written=281,1142&taken=1&stop=stopped"
        "&step=0&cell=hook_embed%5B1,2%5D&seed=7&depth=numbers"
    )
    tab.open(link)
    tab.until("document.querySelector('#prompt') !== null")

    assert address(tab) == link
    assert tab.page.input_value("#prompt") == "The cat"
    tab.page.click("[name=run]")
    tab.until("document.querySelector('#sum-title') !== null")
    tab.until("document.querySelectorAll('#step-done .surprises li').length === 2")
    tab.until("document.querySelector('#sum').innerText.includes('hook_embed')")
    assert address(tab) == link
    assert tab.errors == []
