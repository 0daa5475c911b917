"""How soon an edit is in the open page: `build.py serve --watch` on a copy of the sources.

From the moment a file is written until the page shows it, on the wall's clock; the page is home,
with Python up and no model. A sentence, a view (both start our Python again in the page) and a
colour of the style take turns.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.walk import until
from tests.browser.watched import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MOST_S = 3.0
READY = "!!window.seethrough && document.documentElement.dataset.boot === 'ready'"
SAID = "document.querySelector('main .tagline')?.textContent.includes('{word}')"
STYLED = "getComputedStyle(document.documentElement).getPropertyValue('--edited') == '{word}'"
Taken = dict[str, list[float]]


class Edits:
    """One kind of edit after the other, each with a word that was not there before."""

    def __init__(self, watched: Watched, page: Page) -> None:
        self._watched, self._page = watched, page
        self._view = 'say(state, "home.tagline")'

    def sentence(self, word: str) -> str:
        """A sentence of the catalogue."""
        path, start = "py/seethrough/catalogue/en/site.json", '"home.tagline": "'
        self._watched.edit(path, start, f"{start}{word} ")
        return SAID.format(word=word)

    def view(self, word: str) -> str:
        """A view, in Python."""
        new = f'"{word} ", {self._view}'
        self._watched.edit("py/seethrough/view/home.py", self._view, new)
        self._view = new
        return SAID.format(word=word)

    def style(self, word: str) -> str:
        """A rule of the style."""
        self._watched.add("web/style.css", f"\n:root {{ --edited: {word}; }}\n")
        return STYLED.format(word=word)

    def timed(self, kind: str, word: str) -> float:
        """Seconds from the edit until the page has it."""
        begin = time.monotonic()
        until(self._page, getattr(self, kind)(word))
        return time.monotonic() - begin


def answers(browser: Browser, dist: Path, rounds: int) -> Taken:
    """Of each kind of edit: seconds, a round each."""
    taken: Taken = {"sentence": [], "view": [], "style": []}
    with TemporaryDirectory() as folder:
        watched = Watched(Path(folder), dist)
        page = browser.new_page()
        page.goto(watched.url)
        until(page, READY)
        edits = Edits(watched, page)
        for at in range(rounds):
            for kind, seconds in taken.items():
                seconds.append(edits.timed(kind, f"{kind}{at}"))
                time.sleep(1)  # as a person pauses
        page.close()
        watched.stop()
    return taken


def table(taken: Taken) -> list[str]:
    """Markdown: a kind of edit a line."""
    lines = [f"| edit | s, median | s, at the most (wanted: {MOST_S:.0f}) |", "|---|---|---|"]
    for kind, seconds in taken.items():
        lines.append(f"| {kind} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |")
    return lines
