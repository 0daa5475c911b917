"""Chromium, driven by Playwright as in tests/browser/."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

from tests.engines.engine import BetweenPages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


class Chromium:
    """One page in a profile of its own."""

    name = "Chromium"

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self._page = page
        page.on("console", lambda said: self._hear(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._hear(str(error)))

    def open(self, url: str) -> None:
        """Go to an address."""
        self._page.goto(url, wait_until="commit")

    def reload(self) -> None:
        """Load the page again."""
        self._page.reload(wait_until="commit")

    def value(self, expression: str) -> Any:  # noqa: ANN401 - any plain value
        """The plain value of a JavaScript expression; see engine.Engine."""
        try:
            return self._page.evaluate(expression)
        except Error as error:
            if "navigation" in str(error):
                raise BetweenPages from error
            raise

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field, key by key."""
        self._page.fill(selector, "")
        self._page.type(selector, text)

    def press(self, selector: str) -> None:
        """Click on an element as a mouse does."""
        self._page.click(selector)

    def _hear(self, words: str) -> None:
        self.complaints.append(words)


@contextmanager
def chromium(browser: Browser) -> Iterator[Chromium]:
    """A page of a browser that runs already."""
    context = browser.new_context()
    try:
        yield Chromium(context.new_page())
    finally:
        context.close()
