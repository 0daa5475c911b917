"""The built site and the browsers of a test run (built.py and browser_path.py say where)."""

from __future__ import annotations

from functools import cache

import pytest
from playwright.sync_api import sync_playwright

from tests import built
from tests.browser_path import CHROMIUM_FLAGS, browser_path, shell_path

# The order of the files; what the collector looks at; the reference tests' lines, and where the
# time went, under the summary.
pytest_plugins = [
    "tests.order",
    "tests.seldom",
    "tests.reference.report",
    "tests.second_try",
    "tests.times",
]
# A host name that is not a secure context, as a classroom server on a LAN has.
PLAIN_HTTP = "--host-resolver-rules=MAP plain-http.test 127.0.0.1"
# A page of a test lives for seconds: what V8 would spend on its WebAssembly in the background is a
# fifth of the work, and never comes back. The numbers are the same. Readers' browsers and the bench
# have V8's own measure.
SHORT_LIVED = "--js-flags=--wasm-tiering-budget=60000000"
# The marks whose tests run apart; a test file names its own (tests/test_layers.py).
TIERS = ("long", "reference")


def pytest_ignore_collect(collection_path, config):
    """The tier of a mark reads no file that does not name it: most of a start went into those."""
    is_tier = config.option.markexpr in TIERS
    if not is_tier or collection_path.is_dir() or not collection_path.name.startswith("test_"):
        return None
    named = f"pytest.mark.{config.option.markexpr}"
    return None if named in collection_path.read_text(encoding="utf-8") else True


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
