"""A copy of the checkout in which every outside program is a stand-in that takes no time."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"
REAL_SHA256 = re.compile(r'"[0-9a-f]{64}"')
PATIENCE_S = 60
# Of what it runs, only the checks are noted; each can be told to fail.
NODE = """#!/bin/sh
case "$1" in */tsc|*/prettier.cjs) ;; *) echo v20.1.0; exit ;; esac
name=$(basename "$1" .cjs)
echo "$name" >> "$STAND_IN_CALLS"
[ "$name" = "$STAND_IN_FAILS" ] && echo "$STAND_IN_SAYS"
[ "$name" != "$STAND_IN_FAILS" ]
"""


class Checkout:
    """The copy, and how to run its build.py."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.cache = folder / "user-cache"
        self.programs = folder / "programs"
        self._calls = folder / "calls"
        if not folder.exists():
            self._copy()
            self._write_programs()
        self.env = {
            "PATH": f"{self.programs}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(self.programs),
            "SEETHROUGH_CACHE": str(self.cache),
            "SEETHROUGH_BROWSER": sys.executable,
            "STAND_IN_CALLS": str(self._calls),
            "STAND_IN_PYTHON": str(self.programs / "python-of-venv"),
            "https_proxy": "http://127.0.0.1:9",
        }

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run build.py to its end."""
        return subprocess.run(
            [sys.executable, "build.py", *arguments],
            cwd=self.root,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start build.py and come back at once."""
        return subprocess.Popen(
            [sys.executable, "build.py", *arguments],
            cwd=self.root,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def interrupt_in(self, stage: str, *arguments: str) -> tuple[int, str]:
        """Send Ctrl-C's signal while a stage sleeps; returns the exit code and the last words."""
        process, sleeper = self.start_until(stage, *arguments)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
        with pytest.raises(ProcessLookupError):
            os.kill(sleeper, 0)
        return process.returncode, said

    def start_until(self, stage: str, *arguments: str) -> tuple[subprocess.Popen[str], int]:
        """Start build.py and wait until a stage's program sleeps; returns that one's id too."""
        asleep = self._calls.with_name("asleep")
        asleep.unlink(missing_ok=True)
        process = self.start(*arguments, STAND_IN_SLEEPS=stage)
        wait_for(lambda: asleep.exists() and asleep.read_text())
        return process, int(asleep.read_text())

    def calls(self) -> list[str]:
        """What was called since the last time this was asked."""
        found = self._calls.read_text().split("\n")[:-1] if self._calls.exists() else []
        self._calls.unlink(missing_ok=True)
        return found

    def _copy(self) -> None:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "export" / "stages", self.root / "export/stages", ignore=ignored)
        shutil.copytree(ROOT / "export" / "locks", self.root / "export/locks")
        for name in ("build.py", "export/__init__.py", "web/package.json", "web/package-lock.json"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        releases = self.root / "export/stages/releases.py"
        official = hashlib.sha256(b"official").hexdigest()
        text, n_pins = REAL_SHA256.subn(f'"{official}"', releases.read_text(encoding="utf-8"))
        assert n_pins > 1
        # A file in four cuts is four times what each wheel of the stand-in holds.
        joined = hashlib.sha256(4 * b"official").hexdigest()
        at = text.index(f'"{official}"', text.index('"gemma-3-270m-q4_k_m.gguf"'))
        text = text[:at] + text[at:].replace(official, joined, 1)
        releases.write_text(text, encoding="utf-8")
        for name in ("core/config.py", "view/page.py"):
            source = self.root / "py/seethrough" / name
            source.parent.mkdir(parents=True)
            source.write_text("")

    def _write_programs(self) -> None:
        self.programs.mkdir(parents=True)
        shutil.copy(STAND_INS / "venv.py", self.programs)
        for source, name in (("python.py", "python-of-venv"), ("npm.py", "npm")):
            text = (STAND_INS / source).read_text(encoding="utf-8")
            self.program(name, f"#!{sys.executable} -IS\n{text}")
        self.program("node", NODE)

    def program(self, name: str, text: str) -> None:
        """Put a program on this checkout's PATH."""
        (self.programs / name).write_text(text, encoding="utf-8")
        (self.programs / name).chmod(0o755)


def wait_for(is_true) -> None:
    """Wait until something is so; fail when it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    """A checkout in which nothing has been made yet."""
    return Checkout(tmp_path / "all")


@pytest.fixture(scope="session")
def pattern(tmp_path_factory) -> Path:
    """The folder of one checkout that was built; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("pattern") / "all"
    checkout = Checkout(folder)
    result = checkout.run("build")
    assert result.returncode == 0, result.stderr
    checkout.calls()
    return folder


@pytest.fixture
def built(pattern, tmp_path) -> Checkout:
    """A checkout whose site is built; its calls are forgotten."""
    shutil.copytree(pattern, tmp_path / "all")
    return Checkout(tmp_path / "all")


@pytest.fixture
def closed_port() -> int:
    """A loopback port that refuses connections."""
    return 9
