"""Serves the watched site: what was edited, dist/, and the news that open pages wait for."""

from __future__ import annotations

import json
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, unquote, urlsplit

from export import site
from export.stages import serve
from export.stages.console import say, seconds
from export.watch.sources import BrokenError, changes

if TYPE_CHECKING:
    from export.watch.served import Site

NEWS, TOLD = "watch/changes", "watch/told"
WAIT_S = 20.0
LONGEST = 500
# What the service worker adds elsewhere, and a page needs before it gets threads.
HEADERS = {
    "Content-Security-Policy": site.CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STAYS = "The page stays as it is until this is mended."


class Watch:
    """Takes edits into the site and tells the terminal what came of them."""

    def __init__(self, watched: Site) -> None:
        self.site = watched
        self._pending: set[str] = set()
        self._told = ""
        self._edits: dict[int, tuple[set[str], float]] = {}

    def start(self) -> None:
        """Follow the sources for as long as the process lives."""
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        for changed in changes(self.site.root):
            self.take(changed)

    def take(self, changed: set[str]) -> None:
        """Show what changed, with what waits to be mended; or say why it cannot be shown."""
        self._pending |= changed
        try:
            version = self.site.take(self._pending)
        except (BrokenError, OSError) as error:
            self.complain(f"{error} {STAYS}")
            return
        self._edits[version] = (self._pending, time.time())
        self._pending, self._told = set(), ""

    def complain(self, sentence: str) -> None:
        """Say what is wrong, once in a row."""
        if sentence != self._told:
            self._told = sentence
            say(sentence)

    def hear(self, told: dict[str, object]) -> None:
        """What an open page says: that it shows a version, or why it cannot."""
        if told.get("error"):
            self.complain(f"{readable(str(told['error']))} {STAYS}")
            return
        paths, since = self._edits.pop(cast("int", told.get("version")), (None, 0.0))
        if paths:
            say(f"In the page after {seconds(time.time() - since)}: {', '.join(sorted(paths))}")


class Handler(serve.Handler):
    """The files of the watched site, as a page gets them that is isolated."""

    watch: Watch

    def do_GET(self) -> None:  # noqa: N802 - the name that the server calls
        """A file, or what changed since a version."""
        address = urlsplit(self.path)
        path = unquote(address.path).lstrip("/")
        if path == NEWS:
            asked = parse_qs(address.query)
            version, run = int(asked["since"][0]), asked["run"][0]
            news = self.watch.site.since(version, run, WAIT_S)
            self._send(json.dumps(news).encode(), ".json")
            return
        try:
            content = self.watch.site.file(path)
        except BrokenError as error:
            self.watch.complain(str(error))
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, "This cannot be drawn")
            return
        except FileNotFoundError:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        if content is None:
            super().do_GET()
        else:
            self._send(content, path or ".html")

    def do_POST(self) -> None:  # noqa: N802 - the same
        """What an open page tells."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path.lstrip("/") != TOLD or length > LONGEST * 10:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.watch.hear(json.loads(self.rfile.read(length)))
        self._send(b"{}", ".json")

    def _send(self, content: bytes, name: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(name if "." in name[1:] else f"x{name}"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def end_headers(self) -> None:
        """Add the headers that isolate the page."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()


def readable(text: str) -> str:
    """What a page says, as it may stand in a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:LONGEST]


def handler_of(watch: Watch) -> type[Handler]:
    """A handler for this watch."""
    return type("WatchHandler", (Handler,), {"watch": watch})
