"""Where a whole run's time goes: its slowest files, and when each of its processes ended."""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

N_FILES = 40


@dataclass
class Times:
    """Seconds of a run by file and by process."""

    began: float = field(default_factory=time.monotonic)
    files: Counter[str] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)
    # By process: the seconds that its tests took, and when the last of them ended.
    worked: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    ended: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)

    def note(self, test: str, process: str, took: float, *, is_call: bool) -> None:
        """Add what a part of a test took: its fixtures, itself, or their end."""
        file = test.partition("::")[0]
        self.files[file] += took
        self.tests[file] += is_call
        self.worked[process] += took
        self.ended[process] = time.monotonic() - self.began

    def lines(self) -> list[str]:
        """The table, the slowest file first."""
        rows = [
            f"{took:7.1f} s {self.tests[file]:5} {file}"
            for file, took in self.files.most_common(N_FILES)
        ]
        return ["slowest files, with how many tests:", *rows, *map(self._of, sorted(self.ended))]

    def _of(self, process: str) -> str:
        worked, ended = self.worked[process], self.ended[process]
        told = f"{process}: its last test ended after {ended:.0f} s, its tests took {worked:.0f} s"
        processor = self.processor.get(process)
        return told if processor is None else f"{told}, {processor:.0f} s of processor time"


TIMES = Times()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what a part of a test took."""
    process = getattr(report, "worker_id", "the run")
    TIMES.note(report.nodeid, process, report.duration, is_call=report.when == "call")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes tells how much it and its ended programs have computed."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["processor"] = sum(os.times()[:4])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - xdist's own
    """Hear that of one of several processes."""
    told = getattr(node, "workeroutput", {})
    if "processor" in told:
        TIMES.processor[node.gateway.id] = told["processor"]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The table, where the slowest tests were asked for (--durations)."""
    if config.option.durations and TIMES.ended:
        for line in TIMES.lines():
            terminalreporter.write_line(line)
