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
    # What is taken along is the number to its last digit, of the token alone.
    page.evaluate("location.hash = location.hash.replace('depth=idea', 'depth=numbers')")
    again.until("document.querySelector('.decode-pairs td.number.is-logit') !== null")
    with page.expect_download() as saved:
        page.evaluate("document.querySelector('[data-action=save][data-kind=csv]').click()")
    rows = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert rows[1].startswith("·dog,0.96320")
    assert again.errors == []


IS_IDLE = "!document.querySelector('[data-action=stop]')"
N_WAYS = "document.querySelectorAll('.beam-ways > li').length"


def test_a_search_grows_its_tree(again):
    """From a recording the model is opened and searched; a score opens; a round is a moment."""
    page = again.page
    page.evaluate("location.hash = '#/decode/cat/beams?depth=idea&beams=2,3,1'")
    again.until("document.querySelector('.beam-number input')?.value === '2'")
    page.click("[data-action=search-beams]")
    again.until("location.hash.startsWith('#/decode/own/beams')")
    again.until(f"{N_WAYS} === 2 && {IS_IDLE}")
    assert "beams=2,3,1" in page.evaluate("location.hash")
    assert page.locator(".beam-head").count() == 3
    door = page.evaluate(
        "seethrough.beam(document.querySelector('#prompt-form [name=prompt]').value,"
        " {beams: 2, max_new_tokens: 3})"
    )
    score = page.inner_text(".beam-ways li >> nth=0 >> .number")
    assert score.replace("\u2212", "-") == f"{door['beams'][0]['score']:.2f}"
    page.click(".beam-ways summary >> nth=0")
    again.until("document.querySelectorAll('.beam-ways tbody tr').length === 3")

    page.fill(".beam-number [data-name=n_beams]", "3")
    page.keyboard.press("Tab")
    again.until("location.hash.includes('beams=3,3,1')")
    page.fill(".beam-number [data-name=n_beams]", "99")
    page.keyboard.press("Tab")
    again.until("document.querySelector('#message').innerText.includes('99')")
    assert again.errors == []


def test_endings_are_counted(again):
    """A hundred draws in all; the same seeds give the same endings again."""
    page = again.page
    page.evaluate("location.hash = '#/decode/cat/endings?depth=idea&temperature=1&top_k=2'")
    again.until("document.querySelector('.beam-number input') !== null")
    page.fill(".beam-number [data-name=n_tokens]", "2")
    page.keyboard.press("Tab")
    again.until("location.hash.includes('endings=2,100')")
    page.click("[data-action=draw-endings]")
    again.until(f"document.querySelector('.ending-ways') !== null && {IS_IDLE}")
    title = page.inner_text(".beam-title")
    assert title.startswith("100 draws")
    drawn = page.inner_text(".ending-ways")
    page.click("[data-action=draw-endings]")
    again.until("document.querySelector('[data-action=stop]') !== null")
    again.until(IS_IDLE)
    assert page.inner_text(".ending-ways") == drawn
    assert again.errors == []


PARTS = "document.querySelectorAll('.versus-column').length"


def test_two_settings_side_by_side(again):
    """A recorded pair without a download; then both are written live, from the address alone."""
    page = again.page
    page.evaluate("location.hash = '#/decode/capital/compare?depth=numbers'")
    again.until(f"{PARTS} === 12")
    said = page.inner_text(".versus-said").replace("\xa0", " ")
    assert "36.4 % with those of B" in said
    page.click(".versus-examples a >> nth=1")
    again.until("document.querySelector('.versus-column.is-first [title]') !== null")
    again.until("location.hash.includes('temperature:5')")
    page.click(".versus-column >> nth=2")
    again.until("location.hash.includes('column=2')")
    assert page.locator(".versus-odds tbody tr").count() >= 10

    page.evaluate(
        "location.hash = '#/decode/capital/compare?depth=idea&against=settings,3,temperature:1'"
    )
    again.until("document.querySelector('.versus-steers [type=number]')?.value === '3'")
    page.click("[data-action=write-both]")
    again.until("location.hash.startsWith('#/decode/own/compare')")
    again.until(f"{IS_IDLE} && {PARTS} === 3")
    # The recording and the model agree to the token.
    assert page.inner_text(".versus-column >> nth=2").split() == ["first", "difference", "↵", "The"]
    assert "against=settings,3" in page.evaluate("location.hash")
    page.click("[data-action=set-against][value=prompt]")
    page.fill(".versus-set textarea", "The capital of Italy is")
    page.keyboard.press("Tab")
    again.until("location.hash.includes('against=prompt,3,')")
    page.click("[data-action=write-both]")
    again.until(f"{IS_IDLE} && document.querySelector('.versus-heads').innerText.includes('Italy')")
    assert "Rome" in page.inner_text(".versus-columns")
    assert again.errors == []
