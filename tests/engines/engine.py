"""What the tests ask of a browser, whichever it is, and a visit to the site in one."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.engines.programs import PATIENCE_S

if TYPE_CHECKING:
    from tests.browser.server import Server

POLL_S = 0.1
SEEN = 2000
STARTED = "['ready', 'failed'].includes(document.documentElement?.dataset.boot)"


class BetweenPages(Exception):  # noqa: N818 - it is no error: one document is gone, the next not yet here
    """The browser is on its way to another document: ask again."""


class Engine(Protocol):
    """A browser with one window."""

    name: str
    # What the page complained of: errors on its console. Empty where the browser tells none.
    complaints: list[str]

    def open(self, url: str) -> None:
        """Go to an address."""

    def reload(self) -> None:
        """Load the page again."""

    def value(self, expression: str) -> Any:  # noqa: ANN401 - any plain value
        """The plain value of a JavaScript expression.

        Raises:
            BetweenPages: There is no document to ask at this moment.
        """

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field, key by key."""

    def press(self, selector: str) -> None:
        """Click on an element as a mouse does."""


@dataclass
class Visit:
    """One window on the site and the server behind it."""

    engine: Engine
    server: Server

    def open_at(self, place: str = "") -> None:
        """Go to a place of the page (`#/walk/...`) by its address, and wait until Python is up."""
        self.engine.open(self.server.url + place)
        self.wait_for_start()

    def value(self, expression: str) -> Any:  # noqa: ANN401 - any plain value
        """The plain value of a JavaScript expression, once there is a document to ask."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.engine.value(expression)
            except BetweenPages:
                if time.monotonic() > end:
                    raise
            time.sleep(POLL_S)

    def reload(self) -> None:
        """Load the page again; wait until the new document started."""
        self.value("window.isOld = true")
        self.engine.reload()
        self.until("!window.isOld")
        self.wait_for_start()

    def wait_for_start(self) -> None:
        """Wait for Python; a start that failed is a failed test."""
        self.until(STARTED)
        if self.value("document.documentElement.dataset.boot") != "ready":
            pytest.fail(f"{self.engine.name} did not start.\n{self.seen()}")

    def until(self, expression: str) -> None:
        """Poll until a JavaScript expression is true."""
        self.becomes(f"!!({expression})", wanted=True)

    def becomes(self, expression: str, wanted: object) -> None:
        """Poll until a JavaScript expression has this plain value."""
        got, end = None, time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with suppress(BetweenPages):
                got = self.engine.value(expression)
                if got == wanted:
                    return
            time.sleep(POLL_S)
        pytest.fail(f"{self.engine.name}: {expression} is {got}, never {wanted}.\n{self.seen()}")

    def ask(self, call: str) -> Any:  # noqa: ANN401 - any plain value
        """What `await seethrough.…` gives; a refusal is a failed test."""
        self.value(
            f"(window.answered = undefined, ({call}).then("
            " (value) => { window.answered = { value }; },"
            " (error) => { window.answered = { error: String(error) }; }), 0)"
        )
        self.until("window.answered")
        answer = self.value("window.answered")
        if "error" in answer:
            pytest.fail(f"{self.engine.name}: {call}: {answer['error']}\n{self.seen()}")
        return answer["value"]

    def text(self, selector: str) -> str:
        """The text that a reader sees; empty where there is none."""
        return self.value(f"document.querySelector({selector!r})?.innerText ?? ''")

    def press(self, selector: str) -> None:
        """Click on a button once it is there and allowed."""
        self.until(f"document.querySelector({selector!r})?.disabled === false")
        self.engine.press(selector)

    def run(self, prompt: str, best: str) -> None:
        """Type a prompt into the form, press Run, wait until the next tokens have this one."""
        self.until("document.querySelector('[name=run]')?.disabled === false")
        self.engine.type("#prompt", prompt)
        self.engine.press("[name=run]")
        self.until(f"document.querySelector('#top')?.innerText.includes({best!r})")

    def seen(self) -> str:
        """All that the page says now, and its complaints."""
        try:
            words = self.engine.value("document.body.innerText")
        except BetweenPages:
            words = ""
        return "\n".join(["The page says:", words[:SEEN], *self.engine.complaints])
