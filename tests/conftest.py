"""The built site and the one browser of a test run.

The site is $SEETHROUGH_DIST or dist/; browsers are those of tests/browser_path.py.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser_path import CHROMIUM_FLAGS, browser_path, shell_path

# A host name that is not a secure context, as a classroom server on a LAN has.
PLAIN_HTTP = "--host-resolver-rules=MAP plain-http.test 127.0.0.1"


@pytest.fixture(scope="session")
def dist():
    """The built site."""
    default = Path(__file__).resolve().parents[1] / "dist"
    folder = Path(os.environ.get("SEETHROUGH_DIST", default))
    if not (folder / "sw.js").is_file():
        pytest.fail(f"There is no built site in {folder.name}/: run python3 build.py build.")
    return folder


@pytest.fixture(scope="session")
def site_of_held(tmp_path_factory):
    """Gives a folder with the files of a model of tests/walk_models.py, made once."""
    from tests.walk_models import site_of  # noqa: PLC0415 - loads onnx

    return cache(lambda held: site_of(held, tmp_path_factory.mktemp(held.name)))


@pytest.fixture(scope="session")
def playwright():
    """The driver of the browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright):
    """A real browser; one without a window where there is one."""
    yield from launched(playwright, shell_path())


@pytest.fixture(scope="session")
def whole_browser(playwright):
    """The browser that readers have, window and all."""
    yield from launched(playwright, browser_path())


def launched(playwright, program):
    """A browser that ends with the tests."""
    started = playwright.chromium.launch(
        executable_path=program, args=[*CHROMIUM_FLAGS, PLAIN_HTTP]
    )
    yield started
    started.close()
