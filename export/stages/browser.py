"""Browsers for the tests: one that is installed, else Debian's, else Playwright's own.

Beside it Firefox and WebKitGTK for the main flow, where Debian's packages can be installed.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from export.stages import programs
from export.stages.console import Step
from export.stages.errors import BuildError

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
# The fonts let the tests see emoji and Chinese, Japanese and Korean text as a reader does.
DEBIAN = ("chromium", "fonts-noto-color-emoji", "fonts-noto-cjk")
# The same engine without a window, which opens a page for a third of the work; Debian's has the
# version of its Chromium.
SHELL, ITS_BROWSER = "chromium-headless-shell", "chromium"
# Of each other engine: the programs it takes (any one of a group), and Debian's packages of them.
FIREFOX = (("firefox-esr", "firefox"),), ("firefox-esr",)
WEBKIT = (("WebKitWebDriver",), ("Xvfb",)), ("webkit2gtk-driver", "xvfb")
ASK = (
    "The tests need Chromium, Chrome or Edge, and none was found or could be installed. Install"
    " one, or set SEETHROUGH_BROWSER to its program, then run this again."
)


def ensure(python: Path) -> Path:
    """Find a browser or install one.

    Raises:
        BuildError: None is there and none can be installed.
    """
    return find() or _from_debian() or _from_playwright(python)


def ensure_debians() -> None:
    """Have Debian's browser, and its engine without a window, where Debian has one to install.

    It needs no package of ours, so apt may work beside pip.
    """
    found = find() or _from_debian()
    if found:
        ensure_shell(found)


def find() -> Path | None:
    """The browser that was named, else one that is installed; None where there is none.

    Raises:
        BuildError: One was named that is not there.
    """
    return _named() or _installed()


def ensure_shell(browser: Path) -> Path:
    """Find or install the same engine without a window, for tests that open hundreds of pages.

    Returns: Its program; where there is none, or a browser was named, the browser itself.
    """
    if _has_shell(browser) and not shutil.which(SHELL) and _can_install():
        with Step("The browser without a window (Debian's)") as step:
            _apt(step, "update")
            _apt(step, "install", (SHELL,))
    return find_shell(browser)


def find_shell(browser: Path) -> Path:
    """The same where it is installed already, without installing anything."""
    return Path((_has_shell(browser) and shutil.which(SHELL)) or browser)


def _has_shell(browser: Path) -> bool:
    """Whether it is Debian's own browser, which nobody named."""
    return not os.environ.get("SEETHROUGH_BROWSER") and browser.name == ITS_BROWSER


def ensure_others() -> None:
    """Install the engines that are missing, as root on Debian, unless a browser was named.

    Elsewhere, or where that fails, their tests are skipped and say what to install.
    """
    missing = [packages for groups, packages in (FIREFOX, WEBKIT) if not _are_here(groups)]
    if not missing or os.environ.get("SEETHROUGH_BROWSER") or not _can_install():
        return
    with Step("More browsers for the tests (Debian's)") as step:
        _apt(step, "update")
        for packages in missing:
            _apt(step, "install", packages)


def _are_here(groups: tuple[tuple[str, ...], ...]) -> bool:
    return all(any(map(shutil.which, names)) for names in groups)


def _named() -> Path | None:
    name = os.environ.get("SEETHROUGH_BROWSER")
    if not name:
        return None
    found = shutil.which(name)
    if found is None:
        raise BuildError(
            "SEETHROUGH_BROWSER is set to {name}, and there is no such program. Set it to a"
            " browser's program, or unset it.",
            name=name,
        )
    return Path(found)


def _installed() -> Path | None:
    on_path = [Path(found) for found in map(shutil.which, NAMES) if found]
    in_place = [Path(place) for place in PLACES if Path(place).exists()]
    return next(iter([*on_path, *in_place]), None)


def _from_debian() -> Path | None:
    if not _can_install():
        return None
    with Step("A browser for the tests (Debian's chromium)") as step:
        _apt(step, "update")
        _apt(step, "install", DEBIAN)
    return _installed()


def _can_install() -> bool:
    is_root = sys.platform == "linux" and os.geteuid() == 0
    return is_root and shutil.which("apt-get") is not None


def _apt(step: Step, doing: str, packages: tuple[str, ...] = ()) -> None:
    """Update the lists or install packages; a failure shows in what is there afterwards."""
    options = ["-y", "--no-install-recommends"] if packages else []
    command = ["apt-get", "-q", doing, *options, *packages]
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    programs.run(command, step, log=f"apt-{doing}", report=_short, env=env)


def _from_playwright(python: Path) -> Path:
    with Step("A browser for the tests (Playwright's chromium)") as step:
        command = [python, "-m", "playwright", "install", "chromium"]
        outcome = programs.run(command, step, log="playwright", report=_short)
        asked = [python, "-c", PLAYWRIGHT_PATH]
        place = programs.run(asked, step, log="playwright-path", report=_short)
    found = Path(place.output.strip() or "none")
    if outcome.code != 0 or not found.is_file():
        raise BuildError(ASK)
    return found


PLAYWRIGHT_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def _short(line: str) -> str:
    return line[:60]
