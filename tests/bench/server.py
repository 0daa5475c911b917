"""A static server on loopback with several folders mounted and the headers that isolate a page."""

from __future__ import annotations

import gzip
import io
import os
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}


TEXTS = (".html", ".css", ".js", ".mjs", ".json", ".svg")


def gzipped(file: Path) -> bytes | None:
    """A text as it is sent, a folder's page for the folder; None: a file of another kind."""
    if file.is_dir():
        file /= "index.html"
    is_text = file.suffix in TEXTS and file.is_file()
    return gzip.compress(file.read_bytes(), 6) if is_text else None


class Mounted(SimpleHTTPRequestHandler):
    """What `serve` is told, and its answers."""

    mounts: ClassVar[dict[str, Path]] = {}
    headers_too: ClassVar[dict[str, str]] = {}
    compressed: ClassVar[bool] = False
    sent: ClassVar[dict[str, int] | None] = None
    extensions_map: ClassVar[dict[str, str]] = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def translate_path(self, path: str) -> str:
        """The file of an address."""
        clean = path.split("?", 1)[0]
        for prefix, folder in self.mounts.items():
            if clean.startswith(prefix):
                rest = clean.removeprefix(prefix).lstrip("/")
                return str(folder / rest if rest else folder)
        return str(Path("/nonexistent"))

    def send_head(self) -> Any:  # noqa: ANN401 - an open file, or None
        """Say what comes, and give it."""
        body = gzipped(Path(self.translate_path(self.path))) if self.compressed else None
        if body is None:
            return super().send_head()
        self.send_response(200)
        kind = self.guess_type(self.path) if Path(self.path).suffix else "text/html"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def end_headers(self) -> None:
        """Add the headers that isolate."""
        for name, value in self.headers_too.items():
            self.send_header(name, value)
        super().end_headers()

    def copyfile(self, source: Any, outputfile: Any) -> None:  # noqa: ANN401 - open files
        """Send a file, and count it."""
        if self.sent is not None and not isinstance(source, io.BytesIO):
            size = os.fstat(source.fileno()).st_size
            self.sent[self.path] = self.sent.get(self.path, 0) + size
        super().copyfile(source, outputfile)

    def log_message(self, *_: object) -> None:
        """Say nothing: the bench prints a table."""


@contextmanager
def serve(
    mounts: dict[str, Path],
    *,
    isolated: bool,
    compressed: bool = False,
    sent: dict[str, int] | None = None,
) -> Iterator[str]:
    """Serve each path prefix from its folder (or file); gives the address, ends with the block.

    `compressed` sends text with gzip, as GitHub Pages does. `sent` gets the bytes of the bodies
    that were sent, by path.
    """
    told = {
        "mounts": mounts,
        "headers_too": ISOLATION if isolated else {},
        "compressed": compressed,
        "sent": sent,
    }
    handler = type("Handler", (Mounted,), told)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
