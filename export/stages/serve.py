"""A plain file server on this machine alone: what any static host does, and no more."""

from __future__ import annotations

import errno
import sys
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from export.stages.console import say
from export.stages.errors import BuildError

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
PORT = 8000
TRIES = 50
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".onnx": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".whl": "application/zip",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
}


def serve(
    folder: Path, port: int | None, *, is_opened: bool, kind: type[Handler] | None = None
) -> None:
    """Serve the folder until Ctrl-C; the address is printed once it answers.

    Args:
        kind: How requests are answered, where not as a plain host does.

    Raises:
        BuildError: The port that was asked for is taken.
    """
    with open_server(folder, port, kind) as server:
        address = f"http://{HOST}:{server.server_port}/"
        say(f"Seethrough is at {address} (Ctrl-C stops it)")
        if is_opened:
            webbrowser.open(address)
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            say("\nStopped serving.")


def check_port(port: int | None) -> None:
    """Say before a long build, not after it, that the port asked for is taken."""
    if port is not None:
        _bind(None, port).server_close()


def open_server(folder: Path, port: int | None, kind: type[Handler] | None = None) -> Server:
    """A server on the port asked for, or on the first free one from the usual port on."""
    if port is not None:
        return _bind(folder, port, kind)
    for candidate in range(PORT, PORT + TRIES):
        try:
            server = _bind(folder, candidate, kind)
        except BuildError:
            continue
        if candidate != PORT:
            say(f"Port {PORT} is taken, so this uses {candidate}.")
        return server
    raise BuildError(
        "Ports {first} to {last} are all taken. Name a free one: python3 build.py serve --port N",
        first=PORT,
        last=PORT + TRIES - 1,
    )


class Server(ThreadingHTTPServer):
    """One thread a request; a browser that goes away in the middle is no event."""

    daemon_threads = True
    # On Windows this option would let two servers share a port.
    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, *_where: object) -> None:
        """Say in one line what failed, unless the browser just hung up."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            say(f"A request failed: {error}")


class Handler(SimpleHTTPRequestHandler):
    """Right types, no stale files, no folder lists, no log."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **TYPES}  # noqa: RUF012 - inherited

    def end_headers(self) -> None:
        """Add the one header of ours: ask again each time whether a file changed."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, *_path: object) -> None:
        """Answer as static hosts do: a folder without a page is not found."""
        self.send_error(404)

    def log_message(self, *_words: object) -> None:
        """Say nothing: the terminal is for what a person asked for."""


def _bind(folder: Path | None, port: int, kind: type[Handler] | None = None) -> Server:
    try:
        return Server((HOST, port), partial(kind or Handler, directory=folder))
    except (OSError, OverflowError) as error:
        raise _refusal(error, port) from error


def _refusal(error: Exception, port: int) -> BuildError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        wrong = "Port {port} is taken by another program."
    else:
        wrong = "Port {port} cannot be used here ({error})."
    other = port + 1 if 1024 <= port < 65535 else PORT  # noqa: PLR2004 - the unprivileged ports
    return BuildError(
        wrong + " Use another one: python3 build.py serve --port {other}",
        port=port,
        error=error,
        other=other,
    )
