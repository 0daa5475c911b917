"""build.py test and .ci/run."""

import subprocess
from pathlib import Path

import pytest

from export.stages import checks

ROOT = Path(__file__).resolve().parents[2]
LANES = ["ruff check", "ruff format", "mypy", "mypy"], [*["tsc"] * 4, "prettier"]
LINTERS = [name for lane in LANES for name in lane]


def check_calls(calls):
    """All linters were run, each lane in its order, and the tests after them."""
    *linters, last = calls[-len(LINTERS) - 1 :]
    assert [[name for name in linters if name in lane] for lane in LANES] == [*LANES]
    assert last == "pytest"


def test_checks_run_in_order_and_the_summary_is_last(checkout):
    """One command makes what the tests need, runs every check, and ends with pytest's line."""
    result = checkout.run("test")

    assert result.returncode == 0, result.stderr
    check_calls(checkout.calls())
    assert result.stdout.endswith("1 passed in 0.01s\n")


@pytest.mark.parametrize("failing", sorted({*LINTERS, "pytest"}))
def test_failing_check_fails_the_whole(built, failing):
    """Every check runs even when one fails; its words and the exit code tell."""
    result = built.run("test", STAND_IN_FAILS=failing, STAND_IN_SAYS="what is wrong")

    assert result.returncode == 1
    check_calls(built.calls())
    assert (f"Failed: {failing}" in result.stdout) == (failing in LINTERS)
    assert "what is wrong" in result.stdout


def test_arguments_go_to_pytest(built):
    """A person can run one file or one name."""
    built.program("python-of-venv", '#!/bin/sh\necho "$@" >> $STAND_IN_CALLS\n')
    (built.root / ".venv/bin/python").write_bytes((built.programs / "python-of-venv").read_bytes())

    built.run("test", "tests/core", "-k", "bpe")

    others = "not reference and not long and not online"
    assert built.calls()[-1] == f"-m pytest -m {others} tests/core -k bpe"


@pytest.mark.parametrize(
    ("more", "marks"),
    [
        ((), "not reference and not long and not online"),
        (("--long",), "long"),
        (("--all",), "not online"),
    ],
)
def test_a_whole_run_takes_two_processes(built, more, marks):
    """Files keep their order in it, for asyncio's own tests must come before the browsers'."""
    built.program("python-of-venv", '#!/bin/sh\necho "$@" >> $STAND_IN_CALLS\n')
    (built.root / ".venv/bin/python").write_bytes((built.programs / "python-of-venv").read_bytes())

    built.run("test", *more)

    pool = "-n 2 --dist loadfile --no-loadscope-reorder --durations=60 --durations-min=2"
    assert built.calls()[-1] == f"-m pytest -m {marks} {pool}"


@pytest.mark.parametrize("keeps_bytecode", [True, False])
def test_processes_of_a_whole_run_leave_each_other_room(monkeypatch, keeps_bytecode):
    """Matrices take one thread; where Python keeps no bytecode, theirs lies apart."""
    given = {}
    monkeypatch.setattr(checks.programs, "run_in_view", lambda _command, env: given.update(env))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "" if keeps_bytecode else "1")

    checks.run_pytest(Path("python"), {"A": "1"}, checks.TWO_AT_ONCE)
    whole = dict(given)
    given.clear()
    checks.run_pytest(Path("python"), {"A": "1"}, ["tests/core"])

    assert whole["A"] == given["A"] == "1"
    assert whole["OPENBLAS_NUM_THREADS"] == "1"
    assert "OPENBLAS_NUM_THREADS" not in given
    for env in (whole, given):
        assert ("PYTHONPYCACHEPREFIX" in env) == (not keeps_bytecode)
        assert env.get("PYTHONDONTWRITEBYTECODE", "") == ""


def test_unknown_argument_is_refused_elsewhere(checkout):
    """A misspelt option of another command is not ignored."""
    result = checkout.run("serve", "--prot", "1")

    assert result.returncode == 2
    assert "unknown argument: --prot 1" in result.stderr


@pytest.mark.parametrize("code", [0, 1])
def test_ci_runs_every_tier(tmp_path, code):
    """CI runs all tiers at once, by the one command; its failure counts."""
    said = tmp_path / "said"
    program = tmp_path / "python3"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = build.py ] || exit 0\nshift\necho "$*" >> {said}\nexit {code}\n'
    )
    program.chmod(0o755)

    result = subprocess.run(
        [ROOT / ".ci" / "run"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        check=False,
    )

    assert result.returncode == code
    assert said.read_text() == "test --all\n"


def test_all_tiers_get_what_they_need(built):
    """test --all runs the linters, then one pytest, with torch there."""
    built.run("test", "--all")

    calls = built.calls()
    assert "install torch-cpu" in calls
    check_calls(calls)


def test_preparing_installs_and_runs_no_test(checkout):
    """test --prepare makes the site and what its tests need, and says how to run them."""
    result = checkout.run("test", "--prepare")

    calls = checkout.calls()
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("The tests can run now: .venv/bin/python -m pytest.\n")
    assert {"install test", "export.site"} <= set(calls)
    assert not {"pytest", "mypy"} & set(calls)
