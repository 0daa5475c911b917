"""build.py serve --watch in a real browser: an edit is in the open page, the old version is not."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from export.parcel import files_in
from tests.browser.profiles import SAVES_DATA
from tests.browser.tab import Tab
from tests.browser.watched import Watched

pytestmark = [pytest.mark.browser, pytest.mark.model]

ROOT = Path(__file__).resolve().parents[2]
WORDS = "py/seethrough/catalogue/en/site.json"
VIEW, STYLE, SCRIPT = "py/seethrough/view/home.py", "web/style.css", "web/theme.js"
# Every text that the tagline has had since the document came, in order.
SEEN = """
window.seen = [];
const look = () => {
  const text = document.querySelector("main .tagline")?.textContent;
  if (text && seen.at(-1) !== text) seen.push(text);
};
new MutationObserver(look).observe(document, { subtree: true, childList: true });
"""


@contextmanager
def opened(browser, watched):
    """A page of the watched site, with Python up and no model loaded."""
    context = browser.new_context()
    context.add_init_script(SAVES_DATA + SEEN)
    server = SimpleNamespace(url=watched.url, server_port=watched.server_port)
    tab = Tab(context.new_page(), server)
    tab.watch()
    tab.open("")
    yield tab
    context.close()


@pytest.fixture
def watched(tmp_path, dist):
    """The watched site; nothing of what watches is in the site itself."""
    assert not [*dist.glob("watch*"), *dist.glob("*/watch*")]
    assert not [name for name in files_in(dist / "seethrough.zip") if "watch" in name]
    started = Watched(tmp_path, dist)
    yield started
    started.stop()


def test_an_edit_is_in_the_open_page_and_the_old_is_not(browser, watched):
    """The new sentence, view, style and script come by themselves; nothing old in between.

    A broken edit is told in the terminal and changes nothing in the page until it is mended.
    """
    with opened(browser, watched) as tab:
        old = tab.page.evaluate("seen.at(-1)")
        visits = tab.visits

        def is_seen(text: str) -> None:
            tab.until(f"seen.at(-1)?.startsWith({text!r})")

        watched.edit(WORDS, '"home.tagline": "', '"home.tagline": "First. ')
        is_seen("First. ")
        watched.edit(VIEW, 'say(state, "home.tagline")', '"Second. ", say(state, "home.tagline")')
        is_seen("Second. First. ")
        watched.edit(WORDS, '"home.tagline": "First. ', '"home.tagline": "Third. "')  # no JSON
        wait_for(lambda: any(f"{WORDS}, line" in line for line in watched.said))
        watched.edit(WORDS, '"home.tagline": "Third. "', '"home.tagline": "Third. ')
        is_seen("Second. Third. ")
        watched.edit(VIEW, '"Second. ", ', "no_such_name, ")  # Python, but it cannot be drawn
        wait_for(lambda: any("NameError" in line for line in watched.said))
        watched.edit(VIEW, "no_such_name, ", '"Fourth. ", ')
        is_seen("Fourth. Third. ")
        watched.add(STYLE, "\n:root { --edited: 5; }\n")
        tab.until("getComputedStyle(document.documentElement).getPropertyValue('--edited') == '5'")

        texts = tab.page.evaluate("seen")
        assert [text.removesuffix(old) for text in texts] == [
            *("", "First. ", "Second. First. ", "Second. Third. ", "Fourth. Third. ")
        ]
        assert tab.visits == visits, "the page itself was never loaded again"
        assert tab.ask("seethrough.ready")["mode"] == "exact", "the door opens on the new Python"
        tab.page.click("main a.button")
        tab.until("location.hash.startsWith('#/walk/') && !document.querySelector('.tagline')")
        assert len(tab.page.evaluate("seen")) == len(texts), "the Python before is cut off"
        tab.page.go_back()
        tab.until("!!document.querySelector('.tagline')")
        watched.add(SCRIPT, "\ndocument.documentElement.dataset.edited = 'yes';\n")
        tab.until("document.documentElement.dataset.edited === 'yes'")
        tab.wait_for_start()
        assert [text.removesuffix(old) for text in tab.page.evaluate("seen")] == ["Fourth. Third. "]
        assert tab.errors == []
        assert tab.strangers == []


def wait_for(is_true) -> None:
    """Wait until something is so; fail when it takes too long."""
    for _ in range(600):
        if is_true():
            return
        threading.Event().wait(0.1)
    pytest.fail("waited too long")
