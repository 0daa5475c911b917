"""The room "Generation" in the page: a recording plays, then the model writes and forks live."""

import pytest

pytestmark = pytest.mark.browser

ROOM = "location.hash = '#/generate/cat/simple?depth=idea'"
N_NEW = "document.querySelectorAll('.generate-new').length"
IS_IDLE = "!document.querySelector('#generate-on')?.disabled"
TAKEN = "document.querySelector('.generate-row.is-taken .generate-name bdi')?.textContent"


def test_a_text_grows_token_by_token(again):
    """Play, one token, back, to the end; the model goes on behind it, and takes another way."""
    page = again.page
    page.evaluate(ROOM)
    again.until(f"{N_NEW} === 24")
    page.fill("[data-action=seek]", "0")
    again.until(f"{N_NEW} === 0 && document.querySelectorAll('.generate-row').length === 10")
    assert again.page.evaluate(TAKEN) is None

    page.click("#generate-on")
    again.until(f"{N_NEW} === 1 && {TAKEN} === 'dog'")
    page.keyboard.press("n")
    again.until(f"{N_NEW} === 2")
    page.click("[data-action=token-back]")
    again.until(f"{N_NEW} === 1")
    page.select_option("[data-action=speed]", "4")
    page.click("[data-action=play]")
    again.until(f"{N_NEW} >= 3")
    page.click("[data-action=pause]")
    page.click("[data-action=to-end]")
    again.until(f"{N_NEW} === 24")

    page.click(".generate-new[data-step='1']")
    again.until("location.hash.includes('step=1')")
    assert page.text_content(".generate-new.is-chosen .generate-word") == "."
    page.click("#generate-on")
    again.until("location.hash.startsWith('#/generate/own')")
    again.until(f"{N_NEW} === 25 && {IS_IDLE}")
    page.click("#generate-on")
    again.until(f"{N_NEW} === 26 && {IS_IDLE} && !document.documentElement.matches('.is-film')")
    # Every token of the page's own model tells how unsure it was.
    assert page.locator(".generate-new .is-unsure").count() == 26

    page.click(".generate-new[data-step='0']")
    again.until(f"{TAKEN} === 'dog'")
    page.click(".generate-row:not(.is-taken) button >> nth=0")
    again.until(f"{N_NEW} > 1 && {IS_IDLE} && {TAKEN} !== 'dog'")
    page.click(".generate-new[data-step='0']")
    again.until("document.querySelector('.generate-said').textContent.startsWith('You took')")
    assert again.errors == []


def test_one_token_goes_through_the_whole_model(again):
    """The layers are counted through; a weight opens its sum; then only the newest is new."""
    page = again.page
    page.evaluate("location.hash = '#/generate/model?depth=idea'")
    again.until("location.hash.startsWith('#/generate/cat/model')")
    again.until("document.querySelectorAll('.whole-weights button').length === 8")
    page.fill("[data-action=seek]", "10")
    again.until("document.querySelector('.whole-count b')?.textContent === '7'")
    page.click("[data-action=play]")
    again.until("document.querySelector('.whole-count b')?.textContent === '8'")
    page.click("[data-action=pause]")
    page.click(".whole-head[data-head='3']")
    again.until("document.querySelector('.whole-head[data-head=\"3\"]').ariaPressed === 'true'")
    page.fill("[data-action=seek]", "38")
    again.until("document.querySelector('.whole-joins') !== null")
    page.click(".whole-scores .is-taken button >> nth=0")
    again.until("document.querySelector('.sum-panel') !== null")

    page.click(".whole-joins button")
    again.until("document.querySelector('#message').innerText.includes('Press')")
    page.click(".whole-joins button")
    again.until("document.querySelectorAll('.whole-columns .is-kept').length === 7")
    assert page.text_content(".whole-columns li:last-child bdi") == "\u00b7dog"
    assert again.errors == []


def save_run(page, file):
    """Save the shown run as a file."""
    with page.expect_download() as saved:
        page.click("[data-action=save-run]")
    saved.value.save_as(file)


def test_a_tree_is_saved_and_opened(again, tmp_path):
    """Fork, name, save; cut off; the file brings back every way to the bit; altered, it is told."""
    page = again.page
    page.evaluate("location.hash = '#/generate/cat/tree?depth=idea'")
    again.until("document.querySelectorAll('.tree-row .generate-new').length === 24")
    page.click(".tree-row .generate-new[data-step='0']")
    again.until(f"{TAKEN} === 'dog'")
    page.click(".generate-row:not(.is-taken) button >> nth=0")
    again.until("document.querySelector('#message').innerText.includes('Press')")
    page.click(".generate-row:not(.is-taken) button >> nth=0")
    again.until("document.querySelectorAll('.tree-end').length === 2")
    again.until("!document.querySelector('.tree-side [data-action=prune]')?.disabled")
    page.fill("[data-action=name-place]", "mine")
    page.keyboard.press("Enter")
    again.until("document.querySelector('.tree-name')?.textContent === 'mine'")
    ways = page.inner_text(".tree-ways")
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    save_run(page, first)

    # The recorded way's numbers were another program's: how far off they are is told.
    page.click("[data-action=prune]")
    again.until("document.querySelector('.tree-name') === null")
    page.set_input_files("[data-action=open-run]", first)
    again.until("document.querySelector('#message').innerText.includes('The run is open')")
    assert page.inner_text(".tree-ways").split() == ways.split()
    save_run(page, second)
    page.click("[data-action=prune]")
    again.until("document.querySelector('.tree-name') === null")
    page.set_input_files("[data-action=open-run]", second)
    again.until("document.querySelector('#message').innerText.includes('very same probability')")
    ways = page.inner_text(".tree-ways")

    file = tmp_path / "third.json"
    file.write_text(second.read_text().replace("mine", "yours"))
    page.set_input_files("[data-action=open-run]", file)
    again.until("document.querySelector('#message').innerText.includes('was changed after')")
    assert page.inner_text(".tree-ways") == ways
    assert again.errors == []


def test_a_card_of_the_gallery_plays_and_runs_live(again):
    """From the gallery to a card, to temperature 5, and live with the very settings."""
    page = again.page
    page.evaluate("location.hash = '#/gallery'")
    again.until("document.querySelectorAll('.gallery-cards .card').length === 15")
    page.click(".card[href*='generate/capital/']")
    again.until("location.hash.startsWith('#/generate/capital/simple')")
    again.until(f"{N_NEW} > 1 && document.querySelector('.generate-word').textContent === ' Paris'")
    page.click(".gallery-temperatures a[href*='temperature=5']")
    again.until("location.hash.includes('temperature=5')")
    again.until("document.querySelector('.generate-said').textContent.startsWith('The dart')")
    assert page.locator(".gallery-temperatures [aria-current]").inner_text() == "5"
    recorded = page.locator(".generate-word").all_inner_texts()
    assert " Paris" not in recorded

    page.click("[data-action=write-live]")
    again.until("location.hash.startsWith('#/generate/own')")
    again.until(f"{N_NEW} === 24 && {IS_IDLE}")
    assert "temperature=5" in page.evaluate("location.hash")
    # The same seed and the same darts: the page draws what was recorded.
    assert page.locator(".generate-word").all_inner_texts() == recorded[:24]
    assert again.errors == []
