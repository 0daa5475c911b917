"""The built site and the browsers of a test run (built.py and browser_path.py say where)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests import built
from tests.browser_path import CHROMIUM_FLAGS, browser_path, shell_path

# The lines of the reference tests, which several processes find together.
pytest_plugins = ["tests.reference.report"]
# A host name that is not a secure context, as a classroom server on a LAN has.
PLAIN_HTTP = "--host-resolver-rules=MAP plain-http.test 127.0.0.1"
# A page of a test lives for seconds: what V8 would spend on its WebAssembly in the background is a
# fifth of the work, and never comes back. The numbers are the same. Readers' browsers and the bench
# have V8's own measure.
SHORT_LIVED = "--js-flags=--wasm-tiering-budget=60000000"
HERE = Path(__file__).parent
# The marks whose tests run apart; a test file names its own (tests/test_layers.py).
TIERS = ("long", "reference")
# What runs asyncio itself, before Playwright's loop stands; then the files that take longest, the
# longest first, but for the browser's captures: the reference tests look at those.
FIRST = ("app/", "view/test_saved_page.py")
LONGEST = (
    "browser/test_parity.py",
    "screens/test_layout.py",
    "screens/test_keyboard.py",
    "screens/test_axe.py",
    "core/test_vocabularies.py",
    "browser/test_faults_site.py",
    "engines/test_main_flow.py",
    "browser/light/test_storage.py",
    "screens/test_axe_live.py",
    "reference/test_parity.py",
    "reference/test_long.py",
    "browser/test_whole_path.py",
    "export/test_fidelity.py",
    "browser/test_modes.py",
    "browser/light/test_start.py",
    "browser/light/test_download.py",
    "test_walk_truth.py",
    "reference/test_gpt2.py",
)


def pytest_ignore_collect(collection_path, config):
    """The tier of a mark reads no file that does not name it: most of a start went into those."""
    is_tier = config.option.markexpr in TIERS
    if not is_tier or collection_path.is_dir() or not collection_path.name.startswith("test_"):
        return None
    named = f"pytest.mark.{config.option.markexpr}"
    return None if named in collection_path.read_text(encoding="utf-8") else True


def pytest_collection_modifyitems(items):
    """Long files come early: one at the end would leave the other process without work."""
    items.sort(key=lambda item: _turn(item.path.relative_to(HERE).as_posix()))


def _turn(path):
    if path.startswith(FIRST):
        return -1
    return LONGEST.index(path) if path in LONGEST else len(LONGEST)


@pytest.fixture(scope="session")
def dist():
    """The built site."""
    return built.dist()


@pytest.fixture(scope="session")
def site_of_held(tmp_path_factory):
    """Gives a folder with the files of a model of tests/walk_models.py, made once."""
    from tests.walk_models import site_of  # noqa: PLC0415 - loads onnx

    return cache(lambda held: site_of(held, tmp_path_factory.mktemp(held.name)))


@pytest.fixture(scope="session")
def programs():
    """The engine without a window, and the whole browser: sought before the driver runs."""
    return shell_path(), browser_path()


@pytest.fixture(scope="session")
def playwright(programs):  # noqa: ARG001 - first
    """The driver of the browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright, programs):
    """A real browser; one without a window where there is one."""
    yield from launched(playwright, programs[0], SHORT_LIVED)


@pytest.fixture(scope="session")
def whole_browser(playwright, programs):
    """The browser that readers have, window and all."""
    yield from launched(playwright, programs[1])


def launched(playwright, program, *flags: str):
    """A browser that ends with the tests."""
    started = playwright.chromium.launch(
        executable_path=program, args=[*CHROMIUM_FLAGS, PLAIN_HTTP, *flags]
    )
    yield started
    started.close()
