"""WebKitGTK: its small browser in a screen of its own, driven by its own driver (WebDriver)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from selenium.common.exceptions import JavascriptException, NoSuchWindowException
from selenium.webdriver import Remote, WebKitGTKOptions
from selenium.webdriver.common.by import By
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.common.utils import free_port, is_connectable
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection

from tests.engines.engine import BetweenPages
from tests.engines.programs import PATIENCE_S, found, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASK = (
    "Install WebKitGTK's driver and Xvfb to run the main flow in WebKit (on Debian:"
    " apt-get install webkit2gtk-driver xvfb)."
)
BROWSERS = ("usr/lib/*/webkit2gtk-4.*/MiniBrowser", "usr/libexec/webkit2gtk-4.*/MiniBrowser")
SCREEN = "1440x900x24"
# There is no GPU in a virtual screen, and a root user (as in a container) can have no sandbox.
SETTINGS = {
    "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    "GDK_BACKEND": "x11",
}


class WebKit:
    """The one tab of WebKitGTK's MiniBrowser; its driver tells nothing of the console."""

    name = "WebKitGTK"

    def __init__(self, driver: Remote) -> None:
        self.complaints: list[str] = []
        self._driver = driver
        driver.set_script_timeout(PATIENCE_S)

    def open(self, url: str) -> None:
        """Go to an address."""
        self._driver.get(url)

    def reload(self) -> None:
        """Load the page again."""
        self._driver.refresh()

    def value(self, expression: str) -> Any:  # noqa: ANN401 - any plain value
        """The plain value of a JavaScript expression; see engine.Engine."""
        try:
            return self._driver.execute_script(f"return ({expression})")
        except NoSuchWindowException as error:
            raise BetweenPages from error
        except JavascriptException as error:
            # The driver says no more when a navigation ends the script.
            if "Message: \n" in f"{error}\n":
                raise BetweenPages from error
            raise

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field, key by key."""
        self.value(f"document.querySelector({selector!r}).select()")
        self._driver.find_element(By.CSS_SELECTOR, selector).send_keys(text)

    def press(self, selector: str) -> None:
        """Click on an element as a mouse does."""
        self.value(f"document.querySelector({selector!r}).scrollIntoView({{ block: 'center' }})")
        self._driver.find_element(By.CSS_SELECTOR, selector).click()


@contextmanager
def webkit(home: Path, *flags: str) -> Iterator[WebKit]:
    """MiniBrowser with a profile of its own; skips the test where a part of it is missing."""
    driver = found(["WebKitWebDriver"], ASK)
    browser = found(["MiniBrowser"], ASK, BROWSERS)
    with screen(home) as display:
        port = free_port()
        env = {**SETTINGS, "DISPLAY": display}
        with started([driver, f"--port={port}"], home=home, env=env) as program:
            program.until(lambda: is_connectable(port))
            yield from session(f"http://127.0.0.1:{port}", browser, *flags)


def session(url: str, browser: str, *flags: str) -> Iterator[WebKit]:
    """One session of a driver that runs already."""
    options = WebKitGTKOptions()
    options.binary_location = browser
    for flag in ("--automation", *flags):
        options.add_argument(flag)
    direct = Proxy({"proxyType": ProxyType.DIRECT})
    config = ClientConfig(url, timeout=PATIENCE_S, proxy=direct)
    remote = Remote(RemoteConnection(client_config=config), options=options)
    try:
        yield WebKit(remote)
    finally:
        remote.quit()


@contextmanager
def screen(home: Path) -> Iterator[str]:
    """A screen that nobody sees; gives the name for $DISPLAY."""
    command = [found(["Xvfb"], ASK), "-displayfd", "1", "-screen", "0", SCREEN]
    with started([*command, "-nolisten", "tcp"], home=home) as program:
        yield ":" + program.says(r"(?m)^(\d+)\n")
