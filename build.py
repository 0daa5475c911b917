"""The one entry: python3 build.py serve | build | test | bench | screenshots | lock | clean."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

# Older Pythons must get as far as this sentence, so this file keeps to syntax that they read.
if sys.version_info < (3, 11):  # noqa: UP036 - this is where the requirement is enforced
    sys.exit(
        "build.py: This is Python {}.{}, and Seethrough needs 3.11 or newer. Install one and run"
        " this with it, for example: python3.12 build.py serve".format(*sys.version_info)
    )

from export.stages import (
    browser,
    bytecode,
    checks,
    clean,
    locks,
    model,
    models,
    node,
    pyodide,
    recordings,
    serve,
    site,
    torch,
    venv,
)
from export.stages.alone import alone
from export.stages.console import say
from export.stages.ending import end_well
from export.stages.paths import DIST, SCREENSHOTS
from export.stages.programs import run_in_view


def main() -> int:
    """Read the command line and do what it asks; returns the exit code."""
    parser = command_line()
    options, more = parser.parse_known_args()
    if more and options.run not in {run_tests, run_bench, run_screenshots}:
        parser.error("unknown argument: " + " ".join(more))
    options.more = more
    return end_well(lambda: options.run(options))


def command_line() -> argparse.ArgumentParser:
    """The commands and their options, each with the one line that --help shows."""
    parser = argparse.ArgumentParser(prog="build.py", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in COMMANDS.items():
        meaning = str(run.__doc__)
        command = commands.add_parser(name, help=meaning, description=meaning, allow_abbrev=False)
        command.set_defaults(run=run)
        for flag, settings in OPTIONS.get(name, {}).items():
            command.add_argument(flag, **settings)
    return parser


def make_site(words: str, *groups: str) -> dict[str, str]:
    """Every stage of the site, each only if what goes into it changed; returns what is where.

    `words` are those of --models.
    """
    asked = models.asked_for(words)
    python = venv.ensure("export", *groups)
    modules = node.ensure(development=bool(groups))
    wheels = pyodide.ensure(python, modules)
    made = [make_model(python, one) for one in asked]
    compiled = bytecode.ensure(modules, wheels)
    exported = [folder for _, folder in made]
    dist = site.ensure(python, models=exported, modules=modules, bytecode=compiled)
    checkpoint, folder = made[0]
    places = {"GGUF": checkpoint, "MODEL": folder, "DIST": dist, "NODE": modules}
    return {"SEETHROUGH_" + name: str(place) for name, place in places.items()}


def make_model(python: Path, asked: models.Model) -> tuple[Path, Path]:
    """Have one model in the page's format; returns its checkpoint and its folder."""
    checkpoint = model.source(python, asked)
    exported = model.export(python, asked, checkpoint)
    if asked.is_recorded:
        recordings.ensure(python, exported)
    return checkpoint, exported


def run_serve(options: argparse.Namespace) -> int:
    """Build what is missing, serve the site on this machine, open it in a browser."""
    serve.check_port(options.port)
    with alone():
        make_site(options.models)
    serve.serve(DIST, options.port, is_opened=not options.no_open)
    return 0


def run_build(options: argparse.Namespace) -> int:
    """Build the site into dist/, ready for any static host."""
    with alone():
        make_site(options.models)
    say("The site is in dist/.")
    return 0


def run_tests(options: argparse.Namespace) -> int:
    """Install what the tests need and run them; more arguments go to pytest."""
    with alone():
        places = make_site(models.DEFAULT, "test", *(["reference"] if options.reference else []))
        found = browser.ensure(venv.PYTHON)
        places["SEETHROUGH_BROWSER"] = str(found)
        places["SEETHROUGH_SHELL"] = str(browser.ensure_shell(found))
        if options.reference:
            torch.ensure()
        elif options.long:
            browser.ensure_others()
    if options.reference:
        return checks.run_pytest(venv.PYTHON, places, ["-m", "reference", *options.more])
    if options.long:
        more = [*checks.at_once(options.more), *options.more]
        return checks.run_pytest(venv.PYTHON, places, ["-m", "long", *more])
    return checks.run_everything(venv.PYTHON, places, options.more)


def run_bench(options: argparse.Namespace) -> int:
    """Measure speed and memory in a real browser; more arguments go to tests/bench/run.py."""
    with alone():
        places = make_site(models.DEFAULT, "test")
        places["SEETHROUGH_BROWSER"] = str(browser.ensure(venv.PYTHON))
    places["PYTHONPATH"] = os.pathsep.join(["py", "."])
    command = [venv.PYTHON, "-m", "tests.bench.run", "--dist", DIST, *options.more]
    return run_in_view(command, places)


def run_screenshots(options: argparse.Namespace) -> int:
    """Take a picture of every page into .cache/screenshots/; more arguments go to its program."""
    with alone():
        places = make_site(models.DEFAULT, "test")
        places["SEETHROUGH_BROWSER"] = str(browser.ensure(venv.PYTHON))
    places["PYTHONPATH"] = os.pathsep.join(["py", "."])
    command = [venv.PYTHON, "-m", "tests.screens.take", "--dist", DIST, "--out", SCREENSHOTS]
    return run_in_view([*command, *options.more], places)


def run_lock(_options: argparse.Namespace) -> int:
    """Pin all packages anew: export/locks/ and web/package-lock.json."""
    with alone():
        locks.lock(venv.ensure("lock"))
    return 0


def run_clean(options: argparse.Namespace) -> int:
    """Remove what was built here (dist/, .cache/, .venv)."""
    with alone():
        clean.clean(is_downloads=options.downloads)
    return 0


COMMANDS = {
    "serve": run_serve,
    "build": run_build,
    "test": run_tests,
    "bench": run_bench,
    "screenshots": run_screenshots,
    "lock": run_lock,
    "clean": run_clean,
}
MODELS: dict[str, Any] = {
    "default": models.DEFAULT,
    "metavar": "LIST",
    "help": "of " + ", ".join(models.KNOWN) + ", checkpoint folders and .gguf files; by commas",
}
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "serve": {
        "--models": MODELS,
        "--port": {"type": int, "help": "this port or none (usual: 8000, or the next free one)"},
        "--no-open": {"action": "store_true", "help": "print the address only"},
    },
    "build": {"--models": MODELS},
    "test": {
        "--reference": {"action": "store_true", "help": "the tests against torch instead"},
        "--long": {"action": "store_true", "help": "the tests that take long, instead"},
    },
    "clean": {"--downloads": {"action": "store_true", "help": "what was downloaded, too"}},
}

if __name__ == "__main__":
    sys.exit(main())
