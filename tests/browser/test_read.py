"""Training, simple, in the page: documents with no download, own text, a blank model."""

import math
import re

import pytest

from tests.browser.tab import PATIENCE_S

pytestmark = pytest.mark.browser

NOW = "document.querySelector('.read-token.is-now bdi')?.textContent"
AT = "document.querySelector('.read-token.is-now')?.dataset.position"
IS_LAID = "document.querySelectorAll('.read-token').length > 20"
IS_IDLE = "!document.querySelector('[data-action=lesson-reader]')?.disabled"


def place(tab):
    """The place of the shown token in the text."""
    return int(tab.page.get_attribute(".read-token.is-now", "data-position"))


def test_a_document_plays_without_a_model(unloaded):
    """By clicks: the poem opens at its last word; back, on, a token, the film; no model comes."""
    page = unloaded.page
    page.evaluate("location.hash = '#/train?depth=idea'")
    unloaded.until("location.hash.startsWith('#/train/story')")
    page.click(".read-row-of a[href='#/train/poem']")
    unloaded.until("location.hash.startsWith('#/train/poem')")
    unloaded.until(f"{IS_LAID} && {NOW} === ' by'")
    assert "is pushed up" in page.inner_text(".read-said")
    assert page.locator(".read-arrow.is-up").count() == 1
    last = place(unloaded)

    page.click("[data-action=step-back]")
    unloaded.until(f"{AT} === '{last - 1}'")
    page.click("[data-action=step-next]")
    unloaded.until(f"{NOW} === ' by'")
    page.click(".read-token[data-position='4']")
    unloaded.until(f"{NOW} === ' wind' && location.hash.includes('pos=4')")
    page.fill("[data-action=seek]", "0")
    unloaded.until("document.querySelector('.read-token.is-hidden') !== null")
    assert page.locator(".read-arrow").count() == 0
    page.select_option("[data-action=speed]", "4")
    page.click("[data-action=play]")
    unloaded.until("document.querySelector('.read-arrow.is-up') !== null")
    page.click("[data-action=pause]")
    page.select_option("[data-action=speed]", "1")
    assert unloaded.errors == []


def test_by_keys_alone(unloaded):
    """Arrows and n go from token to token, Space plays and pauses."""
    page = unloaded.page
    page.evaluate("location.hash = '#/train/page?depth=idea'")
    unloaded.until(f"location.hash.startsWith('#/train/page') && {IS_LAID}")
    page.evaluate("document.activeElement?.blur()")
    first = place(unloaded)
    for key, expected in (("ArrowLeft", -1), ("ArrowLeft", -2), ("ArrowRight", -1), ("n", 0)):
        page.keyboard.press(key)
        unloaded.until(f"{AT} === '{first + expected}'")
    page.keyboard.press(" ")
    unloaded.until("document.querySelector('[data-action=pause]') !== null")
    page.keyboard.press(" ")
    unloaded.until("document.querySelector('[data-action=play]') !== null")
    assert unloaded.errors == []


def test_the_numbers_add_up(unloaded):
    """At the numbers the pushes of a guess and of all other tokens together come to 0."""
    page = unloaded.page
    page.evaluate("location.hash = '#/train/story?pos=5&depth=numbers'")
    unloaded.until("document.querySelectorAll('.read-table .read-row').length >= 7")
    cells = page.locator(".read-table .read-row td:last-child").all_inner_texts()
    pushes = [float(one.replace("\u2212", "-").replace("+", "")) for one in cells]
    assert sum(pushes) == pytest.approx(0, abs=5e-4)
    page.click("#read-data summary")
    unloaded.until("document.querySelectorAll('#read-data tbody tr').length > 20")
    page.evaluate("location.hash = '#/train/story?depth=code'")
    unloaded.until("document.querySelector('.code-piece')?.innerText.includes('error_and_back')")
    page.evaluate("location.hash = '#/train/story?depth=idea'")
    unloaded.until("document.querySelector('.read-bars') !== null")


def test_a_text_of_ones_own(again):
    """With the model each token has its chance, the very same as the door tells."""
    page = again.page
    text = "The dog chased the cat."
    page.evaluate("location.hash = '#/train/own?depth=numbers'")
    again.until("document.querySelector('#prompt') !== null")
    page.fill("#prompt", text)
    page.click("#prompt-form [name=run]")
    again.until("document.querySelectorAll('.read-token').length === 6")
    assert "prompt=" in page.evaluate("location.hash")
    page.click(".read-token[data-position='2']")
    again.until(f"{NOW} === ' chased'")
    told = page.inner_text(".read-formula")
    shown = float(re.search(r"log (\d\.\d+)", told)[1])
    known = again.ask(
        "seethrough.capture('The dog chased', ['logits'], {}).then((made) => made.logits)"
    )
    ids = [one["id"] for one in again.ask("seethrough.tokenize('The dog chased')")]
    wide = known["dims"][1]
    row = [float(one) for one in list(known["data"])[wide : 2 * wide]]
    top = max(row)
    share = math.exp(row[ids[2]] - top) / sum(math.exp(one - top) for one in row)
    assert shown == pytest.approx(share, rel=1e-3)
    assert again.errors == []


def test_a_model_that_knows_nothing(again):
    """One click: the same text sign by sign, every sign about as likely; and back."""
    page = again.page
    page.evaluate("location.hash = '#/train/poem?depth=idea'")
    again.until(f"location.hash.startsWith('#/train/poem') && {IS_LAID} && {IS_IDLE}")
    page.click("[data-reader=untrained]")
    page.wait_for_selector("[data-reader=untrained][aria-pressed=true]", timeout=PATIENCE_S * 1000)
    again.until("document.querySelectorAll('.read-token').length > 40")
    mean = float(re.search(r"far: (\d\.\d)", page.inner_text(".read-mean"))[1])
    blind = float(re.search(r"would be (\d\.\d)", page.inner_text(".read-mean"))[1])
    assert mean == pytest.approx(blind, abs=0.25)
    page.click(".read-row-of[aria-label='Reader'] a >> nth=0")
    again.until(f"location.hash.startsWith('#/train/poem') && {IS_LAID}")
    # Another text has other signs, so it is another model.
    page.evaluate("location.hash = '#/train/page?depth=idea'")
    again.until(f"location.hash.startsWith('#/train/page') && {IS_LAID} && {IS_IDLE}")
    page.click("[data-reader=untrained]")
    page.wait_for_selector("[data-reader=untrained][aria-pressed=true]", timeout=PATIENCE_S * 1000)
    again.until("document.querySelector('.read-text')?.textContent.startsWith('def')")
    assert again.errors == []
