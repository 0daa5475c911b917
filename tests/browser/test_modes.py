"""The small weight mode in a real browser: the same numbers, the same files, chosen and kept."""

from __future__ import annotations

import pytest

from tests import parity
from tests.browser.test_parity import capture, in_page

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.long]

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)


REFUSED = {
    "{mode: 'tiny'}": "no weight mode 'tiny'",
    "{mode: 1}": "must be of the type string",
    "{size: 'small'}": "mode",
}


@pytest.fixture(scope="module")
def small(visited):
    """A page with the model open in the small mode, fetched by this very page."""
    with visited.opened(init="") as tab:
        tab.info = tab.ask("seethrough.load(null, {mode: 'small'})")
        yield tab


def model_bytes(tab, shards):
    """How much of the model the server has sent."""
    sent = tab.server.sent_bytes
    return sum(size for path, size in sent.items() if path.rsplit("/", 1)[-1] in shards)


def test_the_small_mode_gives_the_same_numbers(small):
    """Held to transformers by the bounds of the exact mode: every hook, the ten best, greedy."""
    assert small.info["mode"] == "small"
    for name in ("months", "code", "emoji", "chat"):
        prompt, golden = parity.PROMPTS[name], parity.golden(name)

        parity.check_against_golden(name, capture(small, prompt))
        told = in_page(small, "next", prompt, {"k": parity.N_TOP})
        parity.check_top_against_golden(name, {row["id"]: row["prob"] for row in told["top"]})
        greedy = in_page(small, "generate", prompt, {"max_new_tokens": 6})
        assert greedy["ids"] == golden.greedy[: len(greedy["ids"])]


def test_another_mode_fetches_nothing_and_is_kept(small, shards):
    """It opens from the store; the next visit opens the model as it was held last."""
    before = model_bytes(small, shards)
    assert before > 0

    assert small.ask("seethrough.load(null, {mode: 'exact'})")["mode"] == "exact"
    assert small.ask("seethrough.load(null, {mode: 'small'})")["mode"] == "small"
    top = small.ask("seethrough.next('January, February, March,', {k: 1})")["top"]
    small.reload()

    assert top[0]["text"] == " and"
    assert small.ask("seethrough.load()")["mode"] == "small"
    assert model_bytes(small, shards) == before


def test_the_reader_changes_the_mode_on_the_page(small):
    """The button names the other mode, opens the model in it, and says what it costs."""
    button = "document.querySelector('[data-action=mode]')"
    small.until(f"{button}?.dataset.mode === 'exact'")
    small.page.evaluate(f"{button}.click()")

    small.until(f"{button}?.dataset.mode === 'small'")
    assert small.ask("seethrough.ready")["mode"] == "exact"


def test_a_phone_starts_small(new_tab, new_page):
    """And asks before it fetches anything; a desktop starts exact."""
    phone, desktop = new_tab(user_agent=PHONE, is_mobile=True), new_page()
    for tab, mode in ((phone, "small"), (desktop, "exact")):
        tab.open()
        assert tab.ask("seethrough.ready")["mode"] == mode


def test_a_mode_that_is_none_is_refused(again, shards):
    """In a sentence, before anything is fetched."""
    for options, words in REFUSED.items():
        assert words in again.ask(f"seethrough.load(null, {options})")["message"], options

    assert model_bytes(again, shards) == 0
