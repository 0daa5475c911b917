"""`build.py serve --watch` on a copy of the sources, for tests and measures that edit it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTS = re.compile(r"Seethrough is at (http://\S+)")


class Watched:
    """A copy of the sources, served as they are edited, and what the terminal was told."""

    def __init__(self, folder: Path, dist: Path) -> None:
        self.root = folder
        for name in ("py", "web", "export"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        command = [sys.executable, "-m", "export.watch", "--dist", dist, "--no-open"]
        paths = {"PYTHONPATH": os.pathsep.join(["py", "."]), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [*command, "--port", "0"],
            cwd=folder,
            env={**os.environ, **paths},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        said = iter(self.process.stdout.readline, "")
        self.url = next(found[1] for line in said if (found := STARTS.search(line)))
        self.server_port = self.url.rpartition(":")[2].strip("/")
        self.listening = threading.Thread(target=lambda: self.said.extend(said), daemon=True)
        self.listening.start()

    def stop(self) -> None:
        """End the server and hear its last words."""
        self.process.terminate()
        self.process.wait()
        self.listening.join()
        self.process.stdout.close()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the first place of a text in a source."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def add(self, path: str, text: str) -> None:
        """Write something behind a source."""
        with (self.root / path).open("a", encoding="utf-8") as file:
            file.write(text)
