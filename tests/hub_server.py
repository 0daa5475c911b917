"""A small hub on loopback: the part of the hub's interface that a download needs, and its faults.

It answers as the hub does: a list of files with sizes and hashes, files with ETag and Range, error
codes in X-Error-Code. `faults` says what goes wrong, by file name or LIST.
"""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOST = "127.0.0.1"
REPO = "maker/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LIST = "the list of files"


@dataclass(frozen=True)
class Cut:
    """Close the connection when the file has been sent up to here; so many times."""

    at_byte: int
    times: int = 1


@dataclass(frozen=True)
class Refusal:
    """Answer with a status and the hub's word for the reason."""

    status: int
    code: str = ""


@dataclass(frozen=True)
class Redirect:
    """Send the client elsewhere; `{path}` in the address is the path that was asked for."""

    address: str


@dataclass(frozen=True)
class Answer:
    """Send these bytes instead."""

    data: bytes


Fault = Cut | Refusal | Redirect | Answer


@dataclass
class Asked:
    """One request: method, path, and the two headers that matter here."""

    method: str
    path: str
    range: str
    token: str


@dataclass
class SmallHub:
    """One repository at one commit. `asked` are the requests so far."""

    files: Mapping[str, bytes]
    repo: str = REPO
    commit: str = COMMIT
    faults: dict[str, Fault] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    address: str = ""
    hashes: dict[bytes, str] = field(default_factory=dict)

    def siblings(self) -> list[dict[str, object]]:
        """The rows of the hub's list: safetensors are kept with LFS, all else in git."""
        return [_row(name, data, self.sha256(data)) for name, data in self.files.items()]

    def sha256(self, data: bytes) -> str:
        """The hash of what is sent, worked out once: weights are sent and listed several times."""
        if data not in self.hashes:
            self.hashes[data] = hashlib.sha256(data).hexdigest()
        return self.hashes[data]

    def count_of(self, name: str) -> int:
        """How often a file was asked for."""
        return sum(one.method == "GET" and one.path.endswith(f"/{name}") for one in self.asked)


def _row(name: str, data: bytes, sha256: str) -> dict[str, object]:
    row: dict[str, object] = {"rfilename": name, "size": len(data)}
    if name.endswith(".safetensors"):
        row["blobId"] = hashlib.sha1(sha256.encode(), usedforsecurity=False).hexdigest()
        row["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 130}
    else:
        blob = hashlib.sha1(f"blob {len(data)}\0".encode() + data, usedforsecurity=False)
        row["blobId"] = blob.hexdigest()
    return row


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: SmallHub, *where: object) -> None:
        self.hub = hub
        super().__init__(*where)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer a list or a file."""
        self._answer()

    def do_HEAD(self) -> None:
        """The same without the body."""
        self._answer()

    def _answer(self) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        asked = (self.command, path, self.headers["Range"] or "")
        hub.asked.append(Asked(*asked, self.headers["Authorization"] or ""))
        start = f"/{hub.repo}/resolve/{hub.commit}/"
        if path.startswith(start) and path.removeprefix(start) in hub.files:
            self._send(path.removeprefix(start), hub.files[path.removeprefix(start)])
        elif path.startswith(f"/api/models/{hub.repo}/revision/"):
            is_known = path.rpartition("/")[2] in {hub.commit, "main"}
            found = {"id": hub.repo, "sha": hub.commit, "siblings": hub.siblings()}
            known = Answer(json.dumps(found).encode())
            self._send(LIST, known.data if is_known else None)
        else:
            self._refuse(Refusal(404, "RepoNotFound"))

    def _send(self, name: str, data: bytes | None) -> None:
        fault = self.hub.faults.get(name)
        if isinstance(fault, Refusal):
            self._refuse(fault)
        elif isinstance(fault, Redirect):
            self.send_response(302)
            self.send_header("Location", fault.address.format(path=self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif isinstance(fault, Answer):
            self._body(fault.data)
        elif data is None:
            self._refuse(Refusal(404, "RevisionNotFound"))
        else:
            self._body(data, self._cut(name))

    def _cut(self, name: str) -> int | None:
        fault = self.hub.faults.get(name)
        if not isinstance(fault, Cut) or self.command != "GET":
            return None
        self.hub.faults[name] = Cut(fault.at_byte, fault.times - 1)
        if fault.times <= 1:
            del self.hub.faults[name]
        return fault.at_byte

    def _refuse(self, refusal: Refusal) -> None:
        self.send_response(refusal.status)
        if refusal.code:
            self.send_header("X-Error-Code", refusal.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self, data: bytes, cut: int | None = None) -> None:
        wanted = self.headers["Range"]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", f'"{self.hub.sha256(data)}"')
        self.send_header("X-Repo-Commit", self.hub.commit)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[start:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def served(hub: SmallHub) -> Iterator[SmallHub]:
    """Serve a hub on a free port; its address is for HF_ENDPOINT."""
    with ThreadingHTTPServer((HOST, 0), partial(_Handler, hub)) as server:
        server.daemon_threads = True
        hub.address = f"http://{HOST}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
