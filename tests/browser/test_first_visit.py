"""A first visit to the site as it is published: what it fetches, and what is there at once."""

import pytest

pytestmark = pytest.mark.browser

PROMPT = "January, February, March,"


def test_bytes_over_the_network(tab):
    """A first visit fetches 105 MB of model and 40 MB of the rest at most; then all works alone."""
    tab.ask("seethrough.load()")
    sent = tab.server.sent_bytes
    model = sum(size for path, size in sent.items() if "/models/" in path)
    twice = [path for path in sent if tab.server.times_asked(path) > 1]

    assert model <= 105_000_000
    assert sum(sent.values()) - model <= 40_000_000
    # What the page shows at once, before there is a service worker that could keep it, is small.
    assert sum(sent[path] for path in twice) <= 400_000

    tab.server.stop()
    tab.reload()
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
