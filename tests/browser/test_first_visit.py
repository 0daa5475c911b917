"""A first visit to the site as it is published: what it fetches, and what is there at once."""

import re

import pytest

pytestmark = pytest.mark.browser

PROMPT = "January, February, March,"
WALKS = "all recorded walks"
# Of the engine and of a model; a first visit has neither.
# The lists that a page reads at its start.
LISTS = """performance.getEntriesByType("resource").map(({ name }) => name.split("/").pop())
    .filter((name) => ["manifest.json", "models.json"].includes(name)).sort()"""
OF_A_RUN = re.compile(r"/ort/|\.onnx$|\.bin$|/tokenizer-")


def test_bytes_over_the_network(new_tab):
    """A first visit to home fetches 28 MB at most, nothing of model or engine; walks open offline.

    Made ready by one press, with 119 MB more (the map is 5.7 of them), the page runs a new prompt
    without a network.
    """
    tab = new_tab()
    tab.open("#/")
    tab.until(f"document.querySelector('#price').innerText.includes('{WALKS}')")
    first = dict(tab.server.sent_bytes)
    twice = [path for path in first if tab.server.times_asked(path) > 1]

    assert sum(first.values()) <= 28_000_000
    assert not any("/insides/" in path for path in tab.server.asked)
    assert tab.page.evaluate(LISTS) == ["manifest.json", "models.json"], "each is fetched once"
    assert [path for path in first if OF_A_RUN.search(path)] == []
    # What the page shows at once, before there is a service worker that could keep it, is small.
    assert sum(first[path] for path in twice) <= 400_000

    tab.page.evaluate("location.hash = '#/ready'")
    tab.until("document.querySelector('[data-action=prepare]') !== null")
    tab.page.click("[data-action=prepare]")
    tab.until("document.querySelector('#ready').innerText.includes('This device is ready')")

    assert sum(tab.server.sent_bytes.values()) - sum(first.values()) <= 119_000_000

    tab.server.stop()
    tab.open("#/walk/emoji/tokenize")
    tab.until("document.querySelectorAll('#step-tokenize .chip-text').length > 3")
    answer = tab.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")
    assert answer["top"][0]["text"] == " and"
    assert tab.strangers == []


def test_page_before_python(new_tab, server):
    """Headings, explanation and the example prompts are there before any script has run."""
    tab = new_tab(java_script_enabled=False)
    tab.page.goto(server.url)
    text = tab.page.inner_text("body")

    assert "See a real language model think" in text
    assert tab.page.inner_text("noscript p").startswith("This page runs a language model")
    assert PROMPT in text
