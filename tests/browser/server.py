"""A plain server of the built site in a sub-folder, which counts and can misbehave."""

from __future__ import annotations

import os
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = "some/folder"
HTML = b"<!doctype html><title>Not here</title><p>But the answer is 200.</p>"
SLOW_PIECE = 64 * 1024


class Handler(SimpleHTTPRequestHandler):
    """What `python -m http.server` does, and on the paths in `faults` what bad hosts do."""

    def do_GET(self):
        """Answer, or misbehave: missing, truncated, cut, altered, html, slow."""
        name = urlsplit(self.path).path.rsplit("/", 1)[-1]
        fault = self.server.faults.get(name)
        self.server.asked.append(urlsplit(self.path).path)
        if fault is None:
            super().do_GET()
        elif callable(fault):
            fault(self)
        elif fault == "missing":
            self.send_error(404)
        elif fault == "html":
            self._send(HTML, "text/html")
        else:
            self._send(Path(self.translate_path(self.path)).read_bytes(), fault=fault)

    def do_POST(self):
        """Keep what a page hands over, by the name of its address."""
        name = urlsplit(self.path).path.rsplit("/", 1)[-1]
        self.server.posted[name] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def _send(self, body, kind="application/octet-stream", *, fault=""):
        if fault == "altered":
            body = body[:-1] + bytes([body[-1] ^ 1])
        length = len(body)
        if fault in {"truncated", "cut"}:
            body = body[: length // 2]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if fault == "truncated" else length))
        self.end_headers()
        for start in range(0, len(body), SLOW_PIECE):
            self.wfile.write(body[start : start + SLOW_PIECE])
            if fault == "slow":
                time.sleep(0.02)

    def copyfile(self, source, outputfile):
        """Count what is sent."""
        self.server.sent_bytes[urlsplit(self.path).path] += os.fstat(source.fileno()).st_size
        super().copyfile(source, outputfile)

    def log_message(self, *_said: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Serves one folder on loopback; remembers what was asked and how much was sent."""

    daemon_threads = True

    def __init__(self, root, port=0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.folder = root
        self.faults = {}
        self.posted = {}
        self.asked = []
        self.sent_bytes = _Sums()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self):
        """The site's address, in a sub-folder."""
        return f"http://127.0.0.1:{self.server_port}/{FOLDER}/"

    def finish_request(self, request, client_address):
        """Serve from the folder of the moment."""
        Handler(request, client_address, self, directory=str(self.folder))

    def handle_error(self, request, client_address):
        """A browser that hangs up is no error here."""

    def stop(self):
        """Cut the network; a second time does nothing."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
            self.server_close()

    def forget(self):
        """Behave well from now on, and count from nothing; returns a server that runs."""
        if not self._thread.is_alive():
            return Server(self.folder, self.server_port)
        for one in (self.faults, self.asked, self.sent_bytes):
            one.clear()
        return self

    def times_asked(self, ending):
        """How often a path with this ending was asked for."""
        return sum(path.endswith(ending) for path in self.asked)


class _Sums(dict):
    def __missing__(self, key) -> int:
        return 0
