"""Stages that do not need one another run side by side before the tests of all tiers."""

import os
from pathlib import Path

import pytest

STAGES = {"install test", "install reference", "install torch-cpu", "npm", "export.record"}


def test_a_new_checkout_gets_all(checkout):
    """Everything is made, each thing once, and the tests run."""
    result = checkout.run("test", "--all")
    calls = checkout.calls()

    assert result.returncode == 0, result.stderr
    assert set(calls) >= STAGES
    assert [calls.count(stage) for stage in STAGES] == [1] * len(STAGES)
    assert calls[-1] == "pytest"


@pytest.mark.parametrize("stage", ["export", "install reference"])
def test_ctrl_c_ends_all_of_them(checkout, stage):
    """Ctrl-C ends what runs on every side, in one sentence; the next run goes on."""
    code, said = checkout.interrupt_in(stage, "test", "--all")

    assert code == 130
    assert said == "build.py: Stopped. Run the same command again to go on from here.\n"
    assert checkout.run("test", "--all").returncode == 0


def test_one_that_fails_ends_the_others(checkout):
    """The sentence is the failed one's, and a program beside it does not run on."""
    faults = {"STAND_IN_FAILS": "install test", "STAND_IN_SLEEPS": "export"}
    result = checkout.run("test", "--all", **faults)
    asleep = Path(checkout.env["STAND_IN_CALLS"]).with_name("asleep")

    assert result.returncode == 1
    assert "Installing Python packages for the tests failed" in result.stderr
    if asleep.exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(asleep.read_text()), 0)
