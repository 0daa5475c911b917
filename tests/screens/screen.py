"""One page of the built site in a real browser, taken from place to place.

The page is loaded once; then its address, its size and its look change. What is looked at has come
to rest: the same markup, sizes and title, fonts there and nothing moving, twice in a row.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Error

from export.stages.serve import open_server
from tests import built
from tests.browser.tab import SEES_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

HERE = Path(__file__).parent
PATIENCE_S = float(os.environ.get("SEETHROUGH_PATIENCE_S", "180"))
LOOK_S = 0.06
LOOKS = 3
# A reader who saves data is asked before the model is fetched: then the page comes to rest.
SAVE_DATA = """
Object.defineProperty(Navigator.prototype, "connection", {
  get: () => Object.assign(new EventTarget(), { saveData: true, effectiveType: "4g" }),
});
"""


class Screen:
    """A page, its address and its looks."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self._checks = (HERE / "checks.js").read_text(encoding="utf-8")
        self.errors: list[str] = []
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str = "#/") -> None:
        """Load the page and wait until Python is up and all is at rest."""
        self.page.goto(self._url + address)
        self.settle()

    def go(self, address: str, language: str = "en") -> None:
        """Change the address, as a link does, and wait until all is at rest.

        An address that names no language keeps the page's: the one before may have had another.
        """
        mark = "&" if "?" in address else "?"
        is_named = "lang=" in address
        is_spoken = self.page.evaluate("document.documentElement.lang") == language
        whole = address if is_named or is_spoken else f"{address}{mark}lang={language}"
        self.page.evaluate("(address) => { location.hash = address; }", whole)
        self.settle()

    def look(self, size: tuple[int, int], scheme: str = "light", *, calm: bool = True) -> None:
        """Give the window a size in px, the reader a taste for light or dark and for no motion."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        motion = "reduce" if calm else "no-preference"
        self.page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        self.settle()

    def zoom_text(self, percent: int) -> None:
        """Make all text larger, as a reader's browser does."""
        self.page.evaluate(
            """(percent) => { document.documentElement.style.fontSize = `${percent}%`; }""", percent
        )
        self.settle()

    def ask(self, check: str, *arguments: object) -> object:
        """What one of the checks in checks.js gives."""
        self._bring_checks()
        call = "([check, args]) => window.screens[check](...args)"
        return self.page.evaluate(call, [check, list(arguments)])

    def settle(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until Python is up and nothing has changed for some looks.

        Raises:
            TimeoutError: It never came to rest.
        """
        end = time.monotonic() + patience_s
        while not self._has_settled(end - time.monotonic()):
            if time.monotonic() > end:
                said = self.page.inner_text("body")[:1000]
                msg = f"{self.page.url} did not come to rest in {patience_s:.0f} s:\n{said}"
                raise TimeoutError("\n".join([msg, *self.errors]))
            self.page.wait_for_timeout(LOOK_S * 1000)

    def _has_settled(self, patience_s: float) -> bool:
        """Whether it came to rest; no, while it goes elsewhere.

        The page looks and compares itself: its markup is long, and each question takes time.
        """
        try:
            return bool(self.ask("settled", LOOKS, LOOK_S * 1000, patience_s * 1000))
        except Error as error:
            if "navigation" in str(error) or "destroyed" in str(error):
                return False
            raise

    def _bring_checks(self) -> None:
        if not self.page.evaluate("'screens' in window"):
            self.page.evaluate(self._checks)


def told(found: dict[object, list[str]]) -> str:
    """What was found in each look, a line each; empty where nothing was."""
    return "\n".join(f"{look}: {one}" for look, list_ in found.items() for one in list_)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the built site on loopback; gives its address, ends with the block."""
    with open_server(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of a reader who saves data and wants the numbers."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        context.add_init_script(SAVE_DATA + SEES_NUMBERS)
        yield context
    finally:
        context.close()


@contextmanager
def page_in(context: BrowserContext, url: str) -> Iterator[Screen]:
    """A screen at the first page and at rest; what it has chosen is forgotten when it ends."""
    screen = Screen(context.new_page(), url)
    screen.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    screen.open()
    yield screen
    screen.page.evaluate("localStorage.clear()")
    screen.page.close()


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Screen]:
    """A screen in a browser profile of its own, at the first page and at rest."""
    with profile(browser) as context, page_in(context, url) as screen:
        yield screen


def axe_source() -> str:
    """The accessibility checker, as npm brought it."""
    return (built.npm("axe-core") / "axe.min.js").read_text(encoding="utf-8")
