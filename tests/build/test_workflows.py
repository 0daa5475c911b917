"""GitHub's workflow of the tests: what .ci/run runs, in parts that leave nothing out."""

import shlex
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
TESTS = sorted(
    file.relative_to(ROOT).as_posix()
    for file in (ROOT / "tests").rglob("test_*.py")
    if "node_modules" not in file.parts
)
# What a command with one of these runs is another tier.
TIERS = ("--long", "--reference")


def workflow(name):
    """A workflow as GitHub reads it."""
    return yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))


def job():
    """The one job of the tests, which its matrix multiplies."""
    (only,) = workflow("tests.yml")["jobs"].values()
    return only


def commands():
    """Each call of build.py in it, as a list of words."""
    rows = job()["strategy"]["matrix"]["include"]
    lines = [row[key] for row in rows for key in ("run", "then") if key in row]
    return [shlex.split(line) for line in lines]


def tier(words):
    """The option that chooses a command's tier; empty for the usual one."""
    return next((one for one in TIERS if one in words), "")


def is_ignored(test, word):
    """Whether an option of pytest's leaves a file out."""
    option, _, value = word.partition("=")
    inside = option == "--ignore" and test.startswith(f"{value}/")
    return inside or (option == "--ignore-glob" and fnmatch(test, value))


def test_its_tiers_are_those_of_ci():
    """.ci/run runs all tiers in one run; here each has a command of its own, and each job one."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if "build.py" in line] == ["python3 build.py test --all"]
    assert {tier(words) for words in commands()} == {"", *TIERS}
    assert all(words[:3] == ["python3", "build.py", "test"] for words in commands())


@pytest.mark.parametrize("name", ["", *TIERS])
def test_its_parts_leave_no_file_out(name):
    """What one part of a tier ignores another one runs."""
    parts = [words[3:] for words in commands() if tier(words) == name]
    whole = [part for part in parts if not any(word.startswith("tests") for word in part)]
    left = [test for test in TESTS if all(any(is_ignored(test, w) for w in p) for p in whole)]

    assert len(TESTS) > 100
    assert whole
    assert left == []


def test_it_may_only_read():
    """No job can write anything, and its actions are those that the Pages workflow has pinned."""
    pages = workflow("pages.yml")["jobs"]["build"]
    pinned = {step["uses"] for step in pages["steps"] if "uses" in step}

    assert workflow("tests.yml")["permissions"] == {}
    assert job()["permissions"] == {"contents": "read"}
    assert {step["uses"] for step in job()["steps"] if "uses" in step} <= pinned


def test_it_runs_on_every_push():
    """On each push and pull request, of any branch."""
    on = workflow("tests.yml")[True]  # YAML 1.1 reads the key "on" as a truth

    assert on["push"] is None
    assert on["pull_request"] is None
