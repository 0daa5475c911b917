"""Which browser the tests and the bench drive, and how it is started.

Where Debian's is, most tests drive the same engine without a window (Playwright's own choice for
tests): it opens a page for a third of the work. The main flow in tests/engines/, the bench and the
pictures take the whole browser.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from export.stages import browser

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """The browser that build.py finds or made: of SEETHROUGH_BROWSER, installed, Playwright's."""
    found = browser.find() or _of_playwright()
    if not found.is_file():
        sys.exit(browser.ASK)
    return str(found)


def _of_playwright() -> Path:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def shell_path() -> str:
    """The same engine without a window where it is installed, else the browser itself."""
    return str(browser.find_shell(Path(browser_path())))
