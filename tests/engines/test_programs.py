"""Programs that tests start are found, and end with the test whatever happens in it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.engines import programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no process groups on Windows")
KILLED = """
import os, pathlib, signal
from tests.engines import programs
command = ["sh", "-c", "echo ready; exec sleep 600"]
with programs.started(command, home=pathlib.Path({home!r})) as program:
    program.says("(ready)")
    print(program.process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done"


class BrokenError(Exception):
    """What a test that fails raises."""


def group_of(command, home, pattern):
    """Start a shell, wait for a word of it, fail; returns the group of what was started."""
    with suppress(BrokenError), programs.started(["sh", "-c", command], home=home) as program:
        program.says(pattern)
        raise BrokenError
    return program.process.pid


def test_children_end_with_a_failed_test(tmp_path):
    """A program and what it started are gone after a failure in the middle."""
    group = group_of("sleep 600 & sleep 600 & echo ready; wait", tmp_path, "(ready)")

    assert programs.running(group) == []


def test_a_deaf_program_is_made_to_end(tmp_path, monkeypatch):
    """One that does not listen to the request to end is ended all the same."""
    monkeypatch.setattr(programs, "END_S", 0.2)

    assert programs.running(group_of(STUBBORN, tmp_path, "(ready)")) == []


@pytest.mark.skipif(not programs.leash(), reason="needs setpriv (Debian's util-linux)")
def test_a_program_ends_when_the_tests_are_killed(tmp_path):
    """Tests that are killed outright leave no program behind."""
    code = KILLED.format(home=str(tmp_path))
    group = int(
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stdout
    )

    end = time.monotonic() + programs.PATIENCE_S
    while programs.running(group) and time.monotonic() < end:
        time.sleep(programs.POLL_S)
    assert programs.running(group) == []


def test_an_early_end_is_told_with_its_words(tmp_path):
    """A program that gives up at once fails the test with what it said, without a wait."""
    with (
        pytest.raises(pytest.fail.Exception, match="no display here"),
        programs.started(["sh", "-c", "echo no display here; exit 1"], home=tmp_path) as program,
    ):
        program.says("(ready)")


def test_a_missing_program_skips_the_test(tmp_path, monkeypatch):
    """Where a browser is missing, the test is skipped with what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(pytest.skip.Exception, match=re.escape("apt-get install it")):
        programs.found(["firefox"], "Install it (apt-get install it).")


def test_a_snap_is_passed_over(tmp_path, monkeypatch):
    """A snap cannot see a profile made by a test, so the next program is taken."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, text in (("firefox", "exec /snap/bin/firefox"), ("firefox-esr", "exec firefox")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)

    assert programs.found(["firefox", "firefox-esr"], "") == str(tmp_path / "firefox-esr")
