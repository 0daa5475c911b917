"""Other programs, run so that they can be watched, interrupted and explained."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from export.stages.alone import held
from export.stages.causes import known_cause
from export.stages.errors import BuildError
from export.stages.paths import LOGS, ROOT, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from export.stages.console import Step

POLL_S = 0.05
PATIENCE_S = 5.0

# Set while what runs on other threads is to end (beside.py).
stopped = threading.Event()


class StoppedError(Exception):
    """A program was ended because a stage beside it failed or was interrupted."""


@dataclass(frozen=True)
class Outcome:
    """How a program ended and where all it said is kept."""

    code: int
    output: str
    log: Path

    def cause(self) -> str:
        """What to do about a failure: a known cause, or the program's own last words."""
        known = known_cause(self.output)
        if known:
            return known
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        said = lines[-1] if lines else f"it ended with code {self.code} and no word"
        return f"It said: {said}"

    def check(self, doing: str) -> None:
        """Raise the sentence for a failed program; a good outcome passes.

        Raises:
            BuildError: The program ended with another code than 0.
        """
        if self.code != 0:
            raise BuildError(
                "{doing} failed. {cause} (All that was said: {log})",
                doing=doing,
                cause=self.cause(),
                log=shown(self.log),
            )


def run(
    command: Iterable[object],
    step: Step,
    *,
    log: str,
    report: Callable[[str], str | None],
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Run a program to its end; `report` turns its latest line into the step's detail.

    Whatever interrupts this (Ctrl-C above all) ends the program and its children first.

    Raises:
        StoppedError: A stage beside this one failed, or was interrupted.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log_file = LOGS / f"{log}.log"
    with _started(command, cwd=cwd, env=env) as process:
        lines = _Lines(process, log_file)
        while process.poll() is None:
            if stopped.is_set():
                raise StoppedError
            if step.is_due():
                step.note(report(lines.latest))
            time.sleep(POLL_S)
        lines.finish()
    return Outcome(process.returncode, lines.text(), log_file)


def run_in_view(command: Iterable[object], env: Mapping[str, str] | None = None) -> int:
    """Run a program that speaks to the terminal itself; returns its exit code."""
    process = subprocess.Popen([*map(str, command)], cwd=ROOT, env=_environment(env))
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal has told the program too; a bare `kill -INT` has not.
        with suppress(OSError):
            process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(2 * PATIENCE_S)
        process.kill()
        raise


class _Lines:
    """What a program says, read on a thread: all of it to a log, the last line for the step."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.latest = ""
        self._log = log
        self._all: list[str] = []
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said:
            # A full disk must not stop the reading: the program would wait for ever.
            with suppress(OSError), self._log.open("w", encoding="utf-8") as log:
                for line in said:
                    self._all.append(line)
                    self.latest = line.strip() or self.latest
                    log.write(line)
            self._all.extend(said)

    def finish(self) -> None:
        """Wait for the last words; not for a grandchild that keeps the pipe open."""
        self._thread.join(PATIENCE_S)

    def text(self) -> str:
        return "".join(self._all)


@contextmanager
def _started(
    command: Iterable[object], *, cwd: Path, env: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[str]]:
    # Its own session: then one signal reaches the program and everything it started.
    process = subprocess.Popen(
        [*map(str, command)],
        cwd=cwd,
        env=_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        pass_fds=() if sys.platform == "win32" else held,
    )
    try:
        yield process
    except BaseException:
        _end(process)
        raise


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **(extra or {})}


def _end(process: subprocess.Popen[str]) -> None:
    _signal_all(process, signal.SIGTERM)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        if sys.platform != "win32":
            _signal_all(process, signal.SIGKILL)
        process.kill()


def _signal_all(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)
