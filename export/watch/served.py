"""The site as it is while it is watched: dist/, and in its place whatever was edited since."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from export import site, style
from export.parcel import files_in
from export.watch.sources import PACKAGE, WEB, BrokenError, read

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
PAGE, ARCHIVE, MAIN, STYLE = "index.html", "seethrough.zip", "main.py", "style.css"
WORKER, GUARD = "sw.js", "guard.js"
CLIENT, IN_PAGE = "watch.js", "seethrough_watch.py"
HEAD = '<meta charset="utf-8">'
WATCHED_MAIN = """
import sys
sys.path.append("seethrough.zip")
import js
import seethrough_watch

seethrough_watch.unpack("seethrough.zip")
seethrough_watch.prepare(js.seethroughWatch)

"""
# The store of an older visit must not answer in place of this server.
TAKES_OVER = """
self.addEventListener("install", () => self.skipWaiting());
"""


@dataclass
class Change:
    """What a page does to come from an older version to a newer one."""

    python: dict[str, str | None] = field(default_factory=dict)
    is_restyled: bool = False
    is_reloaded: bool = False

    def add(self, other: Change) -> None:
        """Do what a later change asks for, too."""
        self.python |= other.python
        self.is_restyled |= other.is_restyled
        self.is_reloaded |= other.is_reloaded


class Site:
    """The files by path, their version, and what changed with each.

    `run` names this server's run: versions of two runs are not the same.
    """

    def __init__(self, root: Path, dist: Path, run: str) -> None:
        self.root, self.dist, self.run = root, dist, run
        self.version = 0
        self._changes: list[Change] = []
        self._news = threading.Condition()
        self._page = (dist / PAGE).read_bytes()
        self._is_page_stale = False
        self._drawing = threading.Lock()
        self._package = files_in(dist / ARCHIVE)
        self._package[IN_PAGE] = (HERE / "page.py").read_bytes()
        self._files: dict[str, bytes | None] = {
            CLIENT: (HERE / "page.js").read_bytes(),
            MAIN: WATCHED_MAIN.encode() + (dist / MAIN).read_bytes(),
            WORKER: service_worker(dist),
        }

    def take(self, paths: Iterable[str]) -> int:
        """Show what these sources hold now: all of them, or none.

        Returns: The version that has them.

        Raises:
            BrokenError: One of them cannot be shown.
        """
        contents = {path: read(self.root, path) for path in sorted(paths)}
        with self._news:
            change = Change()
            for path, content in contents.items():
                change.add(self._put(path, content))
            self._changes.append(change)
            self.version += 1
            self._news.notify_all()
            return self.version

    def _put(self, path: str, content: bytes | None) -> Change:
        if path.startswith(PACKAGE):
            self._is_page_stale = True
            return self._put_module(path.removeprefix("py/"), content)
        name = path.removeprefix(f"{WEB}/")
        if name.endswith(".css"):
            self._files[STYLE] = style.whole_style().encode()
            return Change(is_restyled=True)
        if name == PAGE:
            self._is_page_stale = True
        elif name == WORKER:
            self._files[WORKER] = service_worker(self.dist)
        elif name == GUARD:
            self._files[GUARD] = site.guard().encode()
        elif name == MAIN:
            self._files[MAIN] = WATCHED_MAIN.encode() + (content or b"")
        else:
            self._files[name] = content
        return Change(is_reloaded=True)

    def _put_module(self, name: str, content: bytes | None) -> Change:
        """Put a file of the package in place; bytecode of what it was goes."""
        self._package.pop(f"{name}c", None)
        if content is None:
            self._package.pop(name, None)
            return Change({name: None})
        self._package[name] = content
        return Change({name: content.decode()})

    def since(self, version: int, run: str, wait_s: float) -> dict[str, object]:
        """What changed since a version; waits so long for the first change."""
        with self._news:
            if run == self.run:
                self._news.wait_for(lambda: self.version > version, wait_s)
            change = Change(is_reloaded=run != self.run)
            for later in self._changes[version:]:
                change.add(later)
            return {"version": self.version, **vars(change)}

    def file(self, path: str) -> bytes | None:
        """A file that stands in place of dist/'s, by its path in the site.

        Raises:
            FileNotFoundError: It was removed.
            BrokenError: The page cannot be drawn; it stays as it was.
        """
        if path in {"", PAGE}:
            return self.page()
        if path == ARCHIVE:
            return self._archive()
        if path not in self._files:
            return None
        content = self._files[path]
        if content is None:
            raise FileNotFoundError(path)
        return content

    def page(self) -> bytes:
        """index.html with the script that watches; drawn anew only where it would be another."""
        version = self.version
        told = f'<script src="./{CLIENT}" data-run="{self.run}" data-version="{version}"></script>'
        with self._drawing:
            if self._is_page_stale:
                self._page = draw_page(self.root, self.dist)
                self._is_page_stale = False
        return self._page.replace(HEAD.encode(), f"{HEAD}\n    {told}".encode(), 1)

    def _archive(self) -> bytes:
        out = io.BytesIO()
        with self._news, zipfile.ZipFile(out, "w") as archive:
            for name, content in sorted(self._package.items()):
                archive.writestr(name, content)
        return out.getvalue()


def draw_page(root: Path, dist: Path) -> bytes:
    """index.html as the build would write it, from the sources of now: in a Python of its own.

    Raises:
        BrokenError: A view or the page's template fails.
    """
    command = [sys.executable, "-m", "export.watch.draw", str(dist)]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        msg = f"The first page cannot be drawn: {said[-1] if said else 'no word'}"
        raise BrokenError(msg)
    return done.stdout


def service_worker(dist: Path) -> bytes:
    """A service worker that stores no file of the site: the page needs one to be as it will be."""
    listing = json.loads((dist / "models.json").read_text(encoding="utf-8"))
    folders = [dist / model["path"] for model in listing["models"]]
    files = [file for folder in folders for file in folder.glob("*") if file.is_file()]
    models = [file.relative_to(dist).as_posix() for file in files]
    return site.service_worker(
        {"csp": site.CSP, "files": {}, "later": [], "models": models}, TAKES_OVER
    )
