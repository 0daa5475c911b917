"""Programs that browsers are made of: found on this machine, ended with all they started."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PATIENCE_S = float(os.environ.get("SEETHROUGH_PATIENCE_S", "180"))
END_S = 5.0
POLL_S = 0.05
SCRIPT = 10_000


def found(names: Sequence[str], ask: str, places: Sequence[str] = ()) -> str:
    """The first of these programs that is here; else the test is skipped with `ask`."""
    if sys.platform == "win32":
        pytest.skip("On Windows the main flow is tested in Chromium alone.")
    on_path = [path for path in map(shutil.which, names) if path and not is_snap(path)]
    in_place = [str(path) for place in places for path in sorted(Path("/").glob(place))]
    return next(iter([*on_path, *in_place]), None) or pytest.skip(ask)


def is_snap(program: str) -> bool:
    """Whether it is a snap, or a script that asks for one: those see no profile of ours."""
    path = Path(program).resolve()
    with path.open("rb") as file:
        is_script = b"/snap/bin" in file.read(SCRIPT)
    return is_script or path.name == "snap" or "snap" in path.parts


@dataclass(frozen=True)
class Program:
    """A program that runs, and the file that keeps what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def until(self, is_ready: Callable[[], object]) -> None:
        """Wait until it is ready, for as long as it runs."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.process.poll() is None:
            if is_ready():
                return
            time.sleep(POLL_S)
        pytest.fail(f"{self.log.stem} did not start: {self.log.read_text(errors='replace')}")

    def says(self, pattern: str) -> str:
        """Wait until it says what matches; gives the pattern's group."""
        found = []
        self.until(
            lambda: found.extend(re.findall(pattern, self.log.read_text(errors="replace"))) or found
        )
        return found[0]


@contextmanager
def started(
    command: Sequence[object], *, home: Path, env: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Run a program with a home of its own; it ends with this block, and all that it started.

    It gets a process group, and only that group is ever told to end.
    """
    log = home / f"{Path(str(command[0])).name}.log"
    with log.open("wb") as words:
        process = subprocess.Popen(
            [*leash(), *map(str, command)],
            env={**os.environ, **environment(home), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
    try:
        yield Program(process, log)
    finally:
        end_group(process)


def leash() -> list[str]:
    """What to start a program with so that it ends even if the tests themselves are killed."""
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


def environment(home: Path) -> dict[str, str]:
    """Variables that keep a browser away from the user's own settings and caches."""
    return {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "NO_AT_BRIDGE": "1",
    }


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children: asked first, then made to."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
            if _is_group_gone(process.pid):
                return


def _is_group_gone(group: int) -> bool:
    end = time.monotonic() + END_S
    while time.monotonic() < end:
        if not running(group):
            return True
        time.sleep(POLL_S)
    return False


def running(group: int) -> list[int]:
    """The processes of a group that still run; those that only wait to be counted are gone."""
    alive = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, its_group = place.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                alive.append(int(place.parent.name))
    return alive
