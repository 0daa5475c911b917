"""A saved walk, opened from a file in Chromium, Firefox and WebKitGTK: stepped through, alone."""

from __future__ import annotations

import asyncio
import re
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from export.prerender import state_at
from seethrough.core.routes import Route, address_of
from seethrough.view import saved_page
from tests.native_page import NativePage
from tests.steps import STEPS

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.long]

WEB = Path(__file__).parents[2] / "web"
MOST_BYTES = 3_000_000
OWN_TEXT = "My grandmother baked bread every Sunday"
# Of some 200 tokens.
LONG_TEXT = " ".join(
    ["The old lighthouse keeper walked along the shore, counting the waves and wondering why"]
    + ["nobody had written to him since the winter storm took the bridge away."] * 12
)
PAGES = [*STEPS, saved_page.WORDS]
SHOWN = (
    "Array.from(document.querySelectorAll('.saved-step'))"
    ".filter((one) => one.getBoundingClientRect().height > 0).map((one) => one.id)"
)
ASKED = (
    "performance.getEntriesByType('resource').map((one) => one.name)"
    ".filter((name) => !name.startsWith('data:'))"
)
BLANK = (
    "Array.from(document.images).filter((one) => one.getBoundingClientRect().height > 0)"
    ".filter((one) => !one.complete || one.naturalWidth === 0).length"
)
# A source takes no place in a grid, and a page begins at its title, from wherever it was turned.
MISPLACED = (
    "Array.from(document.querySelectorAll('source'))"
    ".filter((one) => one.getClientRects().length).length"
)
TITLE = "document.querySelector('.is-shown .page-title').getBoundingClientRect().top"


def style_of(dist: Path) -> str:
    """The site's style with all its fonts inside, more than any text needs."""

    def whole(match: re.Match[str]) -> str:
        data = (dist / match[1]).read_bytes()
        return f'url("data:font/woff2;base64,{b64encode(data).decode()}")'

    css = (dist / "style.css").read_text(encoding="utf-8")
    return re.sub(r'url\("\./(fonts/[^"]+)"\)', whole, css)


@pytest.fixture(scope="module")
def files(dist, tmp_path_factory):
    """Walks as the page's code writes them: the recorded months, a text run live, a long one."""
    script = (WEB / "saved.js").read_text(encoding="utf-8")
    inside = saved_page.Inside(style_of(dist), script, "<svg xmlns='http://www.w3.org/2000/svg'/>")
    work = state_at(dist, address_of(Route("walk", "january", "embed")))
    with ThreadPoolExecutor() as threads:  # Playwright's loop may run in this one
        state = threads.submit(asyncio.run, work).result().but(depth="numbers")
    made = {"recorded": saved_page.document(state, saved_page.body_of(state), inside)}
    page = NativePage(dist)
    page.run(OWN_TEXT)
    made["idea"] = page.save("idea", inside)
    page.run(LONG_TEXT)
    made["long"] = page.save("numbers", inside)
    page.close()
    folder = tmp_path_factory.mktemp("saved")
    for name, document in made.items():
        (folder / f"{name}.html").write_text(document, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["recorded", "idea", "long"])
def test_it_stands_alone(engine, files, name):
    """At most 3 MB; each step is shown in its turn, with its pictures, and nothing is asked for."""
    saved = files / f"{name}.html"
    assert saved.stat().st_size <= MOST_BYTES
    told = len(engine.complaints)
    engine.open(saved.as_uri())
    until(engine, f"{SHOWN}.join() === {PAGES[0]!r}")
    for page in PAGES[1:]:
        engine.press("#turn-next")
        until(engine, f"location.hash === '#{page}' && {SHOWN}.join() === {page!r}")
        assert engine.value("document.querySelector('.spine [aria-current]') !== null")
        assert engine.value(BLANK) == 0
        assert engine.value(MISPLACED) == 0
        assert engine.value(f"{TITLE} >= 0 && {TITLE} < innerHeight / 2")
    assert engine.value(ASKED) == []
    assert engine.complaints[told:] == []


def until(engine, expression):
    """Wait for a moment of the page."""
    end = time.monotonic() + 30
    while not engine.value(f"document.readyState === 'complete' && ({expression})"):
        assert time.monotonic() < end, expression
        time.sleep(0.05)
