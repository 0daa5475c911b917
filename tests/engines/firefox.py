"""Firefox, driven over WebDriver BiDi: Debian has no geckodriver, and Firefox speaks it itself."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from selenium.webdriver.remote.websocket_connection import WebSocketConnection

from export.stages.browser import FIREFOX
from tests.engines.engine import BetweenPages
from tests.engines.programs import PATIENCE_S, end_group, found, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASK = "Install Firefox to run the main flow in it (on Debian: apt-get install firefox-esr)."
LISTENING = r"WebDriver BiDi listening on (ws://\S+)"
GONE = {"no such frame", "no such node"}
REPLY_POLL_S = 0.01


class Firefox:
    """The one tab of a Firefox that listens at an address."""

    name = "Firefox"

    def __init__(self, connection: WebSocketConnection) -> None:
        self.complaints: list[str] = []
        self._connection = connection
        self._tell("session.new", capabilities={})
        connection.callbacks["log.entryAdded"] = [self._hear]
        self._tell("session.subscribe", events=["log.entryAdded"])
        self._tab = self._tell("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        """Go to an address."""
        self._tell("browsingContext.navigate", context=self._tab, url=url, wait="none")

    def reload(self) -> None:
        """Load the page again."""
        self._tell("browsingContext.reload", context=self._tab, wait="none")

    def value(self, expression: str) -> Any:  # noqa: ANN401 - any plain value
        """The plain value of a JavaScript expression; see engine.Engine."""
        answer = self._tell(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self._tab},
            awaitPromise=False,
        )
        if answer["type"] != "success":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field, key by key."""
        self.value(f"document.querySelector({selector!r}).select()")
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keys", "actions": keys})

    def press(self, selector: str) -> None:
        """Click on an element as a mouse does."""
        self.value(f"document.querySelector({selector!r}).scrollIntoView({{ block: 'center' }})")
        locator = {"type": "css", "value": selector}
        nodes = self._tell("browsingContext.locateNodes", context=self._tab, locator=locator)
        origin = {"type": "element", "element": {"sharedId": nodes["nodes"][0]["sharedId"]}}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": steps})

    def close(self) -> None:
        """Let Firefox end by itself."""
        self._connection.send_cmd("browser.close", {})

    def _act(self, source: dict[str, object]) -> None:
        self._tell("input.performActions", context=self._tab, actions=[source])

    def _tell(self, method: str, **fields: object) -> dict[str, Any]:
        answer = self._connection.send_cmd(method, fields)
        if "error" in answer:
            if answer["error"] in GONE:
                raise BetweenPages
            msg = f"{method}: {answer['error']}: {answer['message']}"
            raise AssertionError(msg)
        return answer["result"]

    def _hear(self, entry: dict[str, Any]) -> None:
        if entry["level"] == "error":
            self.complaints.append(entry["text"] or "an error without words")


@contextmanager
def firefox(home: Path, **settings: object) -> Iterator[Firefox]:
    """Firefox with a profile of its own; skips the test where there is none.

    Args:
        settings: Of about:config, `__` for a point.
    """
    (names,), _packages = FIREFOX
    lines = [
        f"user_pref({json.dumps(name.replace('__', '.'))}, {json.dumps(value)});"
        for name, value in settings.items()
    ]
    (home / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [
        found(names, ASK),
        "--headless",
        "--no-remote",
        "--profile",
        home,
        "--remote-debugging-port=0",
    ]
    with started(command, home=home) as program:
        address = program.says(LISTENING)
        connection = WebSocketConnection(address + "/session", PATIENCE_S, REPLY_POLL_S)
        wire = connection._ws.sock.sock  # two threads close it, and now and then neither does
        try:
            opened = Firefox(connection)
            yield opened
            opened.close()
        finally:
            end_group(program.process)  # first: while its end is open, the connection lingers
            connection.close()
            wire.close()
