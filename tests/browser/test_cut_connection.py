"""A connection that breaks again and again, on shards of the size that is published."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.long]

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


@pytest.mark.parametrize("has_ranges", [True, False], ids=["ranges", "no-ranges"])
def test_connection_cut_ten_times(again, shards, has_ranges):
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
        assert cutting.sent < 1.5 * 25_165_824
    assert tab.ask("seethrough.next('The', {k: 1})")["top"]
