"""The one entry: python3 build.py serve | build | test | bench | screenshots | lock | clean."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

# Older Pythons must get as far as this sentence, so this file keeps to syntax that they read.
if sys.version_info < (3, 11):  # noqa: UP036 - this is where the requirement is enforced
    sys.exit(
        "build.py: This is Python {}.{}, and Seethrough needs 3.11 or newer. Install one and run"
        " this with it, for example: python3.12 build.py serve".format(*sys.version_info)
    )

from export.stages import (
    atlas,
    browser,
    bytecode,
    checks,
    clean,
    fidelity,
    locks,
    model,
    models,
    nginx,
    node,
    pyodide,
    recordings,
    self_check,
    serve,
    site,
    standing,
    terms,
    torch,
    venv,
)
from export.stages.alone import alone
from export.stages.beside import side_by_side
from export.stages.console import say
from export.stages.ending import end_well
from export.stages.paths import DIST, SCREENSHOTS, shown
from export.stages.programs import run_in_view

# What a program of ours needs to import us.
IMPORTS = {"PYTHONPATH": os.pathsep.join(["py", "."])}


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


def make_site(choice: models.Choice, *groups: str) -> None:
    """Every stage of the site, each only if what goes into it changed."""
    asked = choice.models()
    lost = "" if choice.words else standing.loss(model.id for model in asked)
    if lost:
        say(lost)
    python = venv.ensure("export", *groups)
    modules = node.ensure(development=bool(groups))
    wheels = pyodide.ensure(python, modules)
    exported = [make_model(python, one, has_map=choice.has_map) for one in asked]
    compiled = bytecode.ensure(modules, wheels)
    site.ensure(
        python,
        models=exported,
        modules=modules,
        bytecode=compiled,
        command=choice.command(models.ANOTHER),
    )
    standing.keep(choice.command())


def make_model(python: Path, asked: models.Model, *, has_map: bool = True) -> Path:
    """Have one model in the page's format, with its walks and its map; returns its folder."""
    checkpoint = model.source(python, asked)
    exported = model.export(python, asked, checkpoint)
    terms.ensure(python, asked, exported)
    self_check.ensure(python, exported)
    fidelity.ensure(python, exported)
    if asked.is_recorded:
        recordings.ensure(python, exported, asked.prompts)
    else:
        recordings.drop(exported)
    if has_map:
        atlas.ensure(python, exported)
    else:
        atlas.drop(exported)
    return exported


def make_for_tests(*groups: str) -> None:
    """The site, and beside it what its tests need: packages of these groups, and a browser."""
    make_site(models.Choice(), "test", *groups)
    browser.ensure_shell(browser.ensure(venv.PYTHON))


def make_all_for_tests() -> None:
    """What the tests of all tiers need, made side by side where nothing waits for the other."""
    python = venv.ensure("export")

    def install() -> None:
        venv.ensure("test", "reference")
        torch.ensure()

    def compile_python() -> None:
        modules = node.ensure(development=True)
        bytecode.ensure(modules, pyodide.ensure(python, modules))

    def make_models() -> None:
        for one in models.Choice().models():
            make_model(python, one)

    def install_programs() -> None:
        browser.ensure_debians()
        browser.ensure_others()
        nginx.ensure()

    side_by_side(install, compile_python, make_models, install_programs)


def chosen(options: argparse.Namespace) -> models.Choice:
    """What the command line says of models."""
    told = (options.models, options.title, options.record)
    return models.Choice(*told, has_map=not options.no_map)


def run_serve(options: argparse.Namespace) -> int:
    """Build what is missing, serve the site on this machine, open it in a browser."""
    serve.check_port(options.port)
    with alone():
        make_site(chosen(options))
    if options.watch:
        return watch(options)
    serve.serve(DIST, options.port, is_opened=not options.no_open)
    return 0


def watch(options: argparse.Namespace) -> int:
    """Serve the site in the environment that draws pages, and show edits in the open one."""
    command: list[object] = [venv.PYTHON, "-m", "export.watch", "--dist", DIST]
    command += ["--port", options.port] if options.port is not None else []
    command += ["--no-open"] if options.no_open else []
    with suppress(KeyboardInterrupt):  # it has said so itself
        return run_in_view(command, IMPORTS)
    return 0


def run_build(options: argparse.Namespace) -> int:
    """Build the site into dist/, ready for any static host."""
    with alone():
        make_site(chosen(options))
    say("The site is in dist/.")
    return 0


def run_tests(options: argparse.Namespace) -> int:
    """Install what the tests need and run them; more arguments go to pytest."""
    is_reference = options.reference or options.all
    with alone():
        if options.all:
            make_all_for_tests()
        make_for_tests(*(["reference"] if is_reference else []))
        if is_reference:
            torch.ensure()
        if options.long:
            browser.ensure_others()
            nginx.ensure()
    if options.prepare:
        say(f"The tests can run now: {shown(venv.PYTHON)} -m pytest.")
        return 0
    for tier in ("reference", "long"):
        if getattr(options, tier):
            more = [*checks.at_once(options.more), *options.more]
            return checks.run_pytest(venv.PYTHON, {}, ["-m", tier, *more])
    tiers = checks.ALL if options.all else checks.USUAL
    return checks.run_everything(venv.PYTHON, {}, options.more, tiers)


def run_bench(options: argparse.Namespace) -> int:
    """Measure speed and memory in a real browser; more arguments go to tests/bench/run.py."""
    with alone():
        make_for_tests()
    command = [venv.PYTHON, "-m", "tests.bench.run", "--dist", DIST, *options.more]
    return run_in_view(command, IMPORTS)


def run_screenshots(options: argparse.Namespace) -> int:
    """Take a picture of every page into .cache/screenshots/; more arguments go to its program."""
    with alone():
        make_for_tests()
    command = [venv.PYTHON, "-m", "tests.screens.take", "--dist", DIST, "--out", SCREENSHOTS]
    return run_in_view([*command, *options.more], IMPORTS)


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
MODELS: dict[str, dict[str, Any]] = {
    "--models": {
        "default": "",
        "metavar": "LIST",
        "help": f"by commas: {', '.join(models.KNOWN)}, checkpoint folders, .gguf files,"
        f" owner/name of the hub, FILE.json with a list (usual: {models.DEFAULT})",
    },
    "--title": {"default": "", "help": "the name of the one model of yours, for readers"},
    "--record": {
        "default": "",
        "metavar": "FILE.json",
        "help": "record these prompts with the one model of yours",
    },
    "--no-map": {"action": "store_true", "help": "make no map of the vocabularies"},
}
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "serve": {
        **MODELS,
        "--port": {"type": int, "help": "this port or none (usual: 8000, or the next free one)"},
        "--no-open": {"action": "store_true", "help": "print the address only"},
        "--watch": {"action": "store_true", "help": "show edits in the open page"},
    },
    "build": MODELS,
    "test": {
        "--prepare": {"action": "store_true", "help": "install what they need, run none"},
        "--reference": {"action": "store_true", "help": "the tests against torch instead"},
        "--long": {"action": "store_true", "help": "the tests that take long, instead"},
        "--all": {"action": "store_true", "help": "all of these in one run, as .ci/run has it"},
    },
    "clean": {"--downloads": {"action": "store_true", "help": "what was downloaded, too"}},
}

if __name__ == "__main__":
    sys.exit(main())
