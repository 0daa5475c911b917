"""build.py test: every check, all of them also when one fails; pytest's summary comes last."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from export.stages import linters, programs
from export.stages.console import say
from export.stages.paths import CACHE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# pytest's own code for "no test was collected".
NO_TESTS = 5
# Whole runs go in two processes, a file in one of them. Files keep the order of tests/order.py:
# Playwright's loop must not stand when asyncio's tests begin.
TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
# They say where their time went; so does tests/times.py.
SLOWEST = ("--durations=60", "--durations-min=2")
# The marks of a usual run's tests, and those of all tiers in one run: one collection, one set of
# pages, and no process that waits for another at the end of each tier.
USUAL, ALL = "not reference and not long and not online", "not online"
# Their matrices in one thread: threads of both would wait for each other by spinning, and take the
# processors from the browsers. The oracle of tokenisers takes half the work in one thread.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# A browser's test has a second try in a whole run, which names it (tests/second_try.py).
SECOND_TRY = {"SEETHROUGH_SECOND_TRY": "1"}
# A machine that keeps no bytecode compiles every module in every process anew: it lies apart then.
APART = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(CACHE / "pycache")}


def run_everything(
    python: Path, env: Mapping[str, str], arguments: Sequence[str], tiers: str = USUAL
) -> int:
    """The linters and the tests of these marks; returns an exit code."""
    failed = linters.failing(python)
    if failed:
        say(f"Failed: {', '.join(failed)} (what they found is above); the tests run all the same.")
    code = run_pytest(python, env, ["-m", tiers, *at_once(arguments), *arguments])
    return code or (1 if failed else 0)


def at_once(arguments: Sequence[str]) -> tuple[str, ...]:
    """How many processes a run takes: three, or one where files or folders were asked for."""
    is_part = any(one.startswith("tests") for one in arguments)
    return () if is_part else (*TWO_AT_ONCE, *SLOWEST)


def run_pytest(python: Path, env: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Run pytest in view of the terminal; returns its exit code."""
    more = ONE_THREAD | SECOND_TRY if set(TWO_AT_ONCE) <= set(arguments) else {}
    more = more | (APART if os.environ.get("PYTHONDONTWRITEBYTECODE") else {})
    code = programs.run_in_view([python, "-m", "pytest", *arguments], {**env, **more})
    if code == NO_TESTS:
        print("No test was found for what was asked.", file=sys.stderr, flush=True)
    return code
