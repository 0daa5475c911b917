"""Engines that let the page store nothing, and hosts that let it run no Python."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from seethrough.core.messages import text
from tests.browser.hosts import host
from tests.browser.server import FOLDER, Server
from tests.browser_path import CHROMIUM_FLAGS, browser_path
from tests.engines.chromium import Chromium
from tests.engines.engine import Visit
from tests.engines.firefox import firefox
from tests.engines.webkit import webkit

pytestmark = [pytest.mark.browser, pytest.mark.long]

ALL = {"default_content_setting_values": {"cookies": 2}}
OF_OTHERS = {"block_third_party_cookies": True, "cookie_controls_mode": 1}
FRAME = "<!doctype html><iframe src='{url}#/all/own' width=1200 height=800></iframe>"
BOOT = "document.documentElement.dataset.boot"
# Without service workers: one would answer with the site's own policy.
UNSERVED = {
    "firefox": lambda home: firefox(home, dom__serviceWorkers__enabled=False),
    "webkit": lambda home: webkit(home, "--features=-ServiceWorkers"),
}


@contextmanager
def chromium(playwright, home, profile):
    """The whole browser with settings of a profile; one without a window heeds none of them."""
    (home / "Default").mkdir()
    (home / "Default" / "Preferences").write_text(json.dumps({"profile": profile}))
    context = playwright.chromium.launch_persistent_context(
        str(home), executable_path=browser_path(), args=CHROMIUM_FLAGS
    )
    yield context
    context.close()


@pytest.fixture
def server(dist, tmp_path):
    """The site in a sub-folder."""
    place = tmp_path / "root" / FOLDER
    place.parent.mkdir(parents=True)
    place.symlink_to(dist, target_is_directory=True)
    running = Server(tmp_path / "root")
    yield running
    running.stop()


def walked(engine, server):
    """What the page says of its storage, once a recorded walk is open."""
    visit = Visit(engine, server)
    visit.open_at("#/walk/january/tokenize?depth=numbers")
    visit.until("document.querySelector('#step-tokenize')?.innerText.includes('February')")
    return visit.text("#boot-notice p")


def test_all_cookies_blocked_in_chromium(playwright, server, tmp_path):
    """Where a reader blocks all cookies the page starts, and says what it cannot keep."""
    with chromium(playwright, tmp_path, ALL) as context:
        assert walked(Chromium(context.new_page()), server) == text("boot.no_storage")


def test_all_cookies_blocked_in_firefox(server, tmp_path):
    """The same in Firefox, which refuses channels between pages, too."""
    with firefox(tmp_path, network__cookie__cookieBehavior=2) as engine:
        assert walked(engine, server) == text("boot.no_storage")


def test_all_cookies_blocked_in_webkit(server, tmp_path):
    """WebKitGTK without cookies stores all the same: the page starts, and says nothing of it."""
    with webkit(tmp_path, "--cookies-policy=never") as engine:
        assert walked(engine, server) in {"", text("boot.no_shared_memory")}


def test_a_frame_of_another_site(playwright, server, tmp_path):
    """In a learning platform's frame, other sites' cookies blocked, the page starts and says so."""
    (server.folder / "platform.html").write_text(FRAME.format(url=server.url))
    with chromium(playwright, tmp_path, OF_OTHERS) as context:
        page = context.new_page()
        page.goto(f"http://localhost:{server.server_port}/platform.html")
        frame = page.frames[1]
        frame.wait_for_function(f"['ready', 'failed'].includes({BOOT})")

        assert frame.evaluate(BOOT) == "ready"
        assert frame.inner_text("#boot-notice") == text("boot.no_storage")


@pytest.mark.parametrize("opened", UNSERVED.values(), ids=UNSERVED)
def test_a_policy_that_forbids_python(opened, server, tmp_path):
    """Where a host's policy lets no page make functions or WebAssembly, its rule is named."""
    policy = {"Content-Security-Policy": "script-src 'self'"}
    with host(server.folder, headers=policy) as strict, opened(tmp_path) as engine:
        visit = Visit(engine, strict)
        engine.open(strict.url)
        visit.becomes(BOOT, "failed")

        assert not visit.value("'serviceWorker' in navigator")
        said = visit.text("#message p")
        told = {"directive": "script-src", "blocked": "eval", "needed": "\0"}
        start, _, _ = text("boot.policy", **told).partition("\0")
        assert said.startswith(start)
        assert "script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval' blob:" in said
