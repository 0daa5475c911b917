"""The built site and the one browser of a test run.

The site is $SEETHROUGH_DIST or dist/; the browser $SEETHROUGH_BROWSER or one found on PATH.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser_path import CHROMIUM_FLAGS, browser_path

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
def browser():
    """A real browser."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=browser_path(), args=[*CHROMIUM_FLAGS, PLAIN_HTTP]
        )
        yield launched
        launched.close()
