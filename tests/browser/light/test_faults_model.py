"""The model's shards over a bad connection."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_the_model_comes_when_asked(new_page, shards):
    """The start fetches and starts no engine; the load that is asked for fetches each file once."""
    tab = new_page()
    tab.open()
    before = tab.page.evaluate("window.workers.length")
    tab.ask("seethrough.load()")

    assert before == 0
    assert [tab.server.times_asked(shard) for shard in shards] == [1] * len(shards)
    assert tab.page.evaluate("window.workers.length") == 1
    marks = tab.page.evaluate(
        "Object.fromEntries(performance.getEntriesByType('mark').map((m) => [m.name, m.startTime]))"
    )
    order = ["shell", "controlled", "python-asked", "python-ready", "model-ready"]
    assert [f"seethrough.{name}" in marks for name in order] == [True] * len(order)


def test_a_failed_load_is_tried_again(unloaded, shards):
    """When a load fails, the page says why; the next load, in a new worker, succeeds."""
    tab, before = unloaded, unloaded.page.evaluate("window.workers.length")
    tab.server.faults[shards[2]] = "altered"
    tab.run("The cat")
    tab.until(f"document.querySelector('#message').innerText.includes('{shards[2]}')")
    tab.server.faults.clear()
    answer = tab.ask("seethrough.load()")

    assert answer.get("threads"), answer
    assert tab.server.times_asked(shards[0]) == 1
    assert tab.page.evaluate("window.workers.length") == before + 2


def test_a_bad_file_of_the_engine(again):
    """A bad file of the engine is named when a run asks for it; the next try succeeds."""
    name = "ort-wasm-simd-threaded.wasm"
    for fault in ("missing", "altered", "truncated"):
        again.server.faults[name] = fault
        assert name in again.ask("seethrough.load()")["message"], fault
    again.server.faults.clear()

    assert again.ask("seethrough.load()").get("threads")


PHONE = "Object.defineProperty(navigator, 'userAgentData', {value: {mobile: true}});"


@pytest.fixture(params=["phone", "plain http"])
def at_start(request, new_tab):
    """What a start asks for on a phone, and where nothing is kept."""
    if request.param == "plain http":
        return request.getfixturevalue("plain").at_start
    tab = new_tab(PHONE, is_mobile=True)
    tab.open()
    return tab.server.asked


def test_no_download_unasked(at_start, shards):
    """On a phone, and where nothing is kept, no model and no engine is fetched unasked either."""
    assert [path for path in at_start if path.endswith("/boot.js")]
    assert [path for path in at_start if path.endswith(tuple(shards)) or "/ort/" in path] == []
