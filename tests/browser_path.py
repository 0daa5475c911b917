"""Which browser the tests and the bench drive, and how it is started.

Where Debian's is, most tests drive the same engine without a window (Playwright's own choice for
tests): it opens a page for a third of the work. The main flow in tests/engines/, the bench and the
pictures take the whole browser.
"""

from __future__ import annotations

import os
import shutil
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
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
    """The browser of SEETHROUGH_BROWSER, else the first Chromium on PATH."""
    chosen = os.environ.get("SEETHROUGH_BROWSER")
    found = chosen or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("No Chromium found. Install one, or set SEETHROUGH_BROWSER to its path.")
    return found


def shell_path() -> str:
    """The engine without a window of SEETHROUGH_SHELL, else the browser itself."""
    return os.environ.get("SEETHROUGH_SHELL") or browser_path()
