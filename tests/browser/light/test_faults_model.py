"""The model's shards over a bad connection."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

CUTS = 10


class Cutting:
    """Breaks the connection at a random byte, so many times; then serves the file whole."""

    def __init__(self, *, has_ranges) -> None:
        self.has_ranges = has_ranges
        self.random = random.Random(7)
        self.left = CUTS
        self.starts = []
        self.sent = 0

    def __call__(self, handler) -> None:
        """Answer one request, perhaps in part."""
        body = Path(handler.translate_path(handler.path)).read_bytes()
        asked = handler.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        start = start if self.has_ranges else 0
        self.starts.append(start)
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        handler.send_header("Content-Length", str(len(body) - start))
        handler.end_headers()
        end = len(body)
        if self.left:
            self.left -= 1
            end = self.random.randrange(start, start + (len(body) - start) // 4)
        self.sent += end - start
        handler.wfile.write(body[start:end])


@pytest.mark.long
@pytest.mark.parametrize("has_ranges", [True, False], ids=["ranges", "no-ranges"])
def test_connection_cut_ten_times(again, light, shards, has_ranges):
    """A connection that breaks ten times in a row ends in success; whole shards come once."""
    cutting = Cutting(has_ranges=has_ranges)
    tab = again
    tab.server.faults[shards[1]] = cutting
    answer = tab.ask("seethrough.load()")

    assert answer.get("threads"), answer
    assert len(cutting.starts) == CUTS + 1
    others = [shard for shard in shards if shard != shards[1]]
    assert [tab.server.times_asked(shard) for shard in others] == [1] * len(others)
    if has_ranges:
        assert cutting.starts == sorted(cutting.starts)
        # The browser drops what it had received and not handed on when a connection breaks;
        # begun anew each time, a shard of this size would take more than twice its bytes.
        assert cutting.sent < 1.5 * light.shards[shards[1]]
    assert tab.ask("seethrough.next('The', {k: 1})")["top"]


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
