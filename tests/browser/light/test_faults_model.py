"""The model's shards over a bad connection."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_model_waits_for_python_to_ask(new_tab, shards):
    """Unasked, boot.js fetches the model beside Python; Python's load fetches nothing again."""
    tab = new_tab()
    tab.open()
    tab.ask("seethrough.load()")

    assert [tab.server.times_asked(shard) for shard in shards] == [1] * len(shards)
    assert tab.page.evaluate("window.workers.length") == 1
    marks = tab.page.evaluate(
        "Object.fromEntries(performance.getEntriesByType('mark').map((m) => [m.name, m.startTime]))"
    )
    order = ["shell", "controlled", "python-asked", "python-ready", "model-ready"]
    assert [f"seethrough.{name}" in marks for name in order] == [True] * len(order)


def test_a_failed_early_load_is_tried_again(new_tab, shards):
    """When the early load fails, the page says why; the next load, in a new worker, succeeds."""
    tab = new_tab()
    tab.server.faults[shards[2]] = "altered"
    tab.open()
    tab.until(f"document.querySelector('#message').innerText.includes('{shards[2]}')")
    tab.server.faults.clear()
    answer = tab.ask("seethrough.load()")

    assert answer.get("threads"), answer
    assert tab.server.times_asked(shards[0]) == 1
    assert tab.page.evaluate("window.workers.length") == 2


@pytest.mark.parametrize("why", ["saves data", "phone", "plain http"])
def test_no_download_unasked(new_tab, shards, why):
    """Where data is saved, on a phone, and where nothing is kept, no model is fetched unasked."""
    saving = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}});"
    tab = new_tab(saving if why == "saves data" else "", is_mobile=why == "phone")
    if why == "phone":
        tab.page.context.add_init_script(
            "Object.defineProperty(navigator, 'userAgentData', {value: {mobile: true}});"
        )
    tab.open(host="plain-http.test" if why == "plain http" else "127.0.0.1")

    assert sum(tab.server.times_asked(shard) for shard in shards) == 0
