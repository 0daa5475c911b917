"""The built site and the one browser of a test run (built.py says where they are)."""

from __future__ import annotations

from functools import cache

import pytest
from playwright.sync_api import sync_playwright

from tests import built
from tests.browser_path import CHROMIUM_FLAGS, browser_path

# A host name that is not a secure context, as a classroom server on a LAN has.
PLAIN_HTTP = "--host-resolver-rules=MAP plain-http.test 127.0.0.1"


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
def browser():
    """A real browser."""
    program = browser_path()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=program, args=[*CHROMIUM_FLAGS, PLAIN_HTTP]
        )
        yield launched
        launched.close()
