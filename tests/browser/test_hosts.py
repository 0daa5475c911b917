"""Hosts with odd types, character sets and policies, and pages that no host sent."""

from __future__ import annotations

import pytest

from seethrough.core.messages import text
from tests.browser.hosts import host, nginx
from tests.browser.profiles import SAVES_DATA
from tests.browser.server import FOLDER
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser

LAN = "plain-http.test"
FAILED = "document.documentElement.dataset.boot === 'failed'"
# What browsers do where a reader blocks all cookies; a frame of another site gets the same.
REFUSED = """
for (const name of ["indexedDB", "localStorage", "sessionStorage", "caches", "BroadcastChannel"]) {
  const refuse = () => { throw new DOMException("The operation is insecure.", "SecurityError"); };
  Object.defineProperty(window, name, { get: refuse, configurable: true });
}
"""
LATIN = "; charset=iso-8859-1"
# The rules of hosts, and what the page says of each: its name, what it forbids, what it must be.
POLICIES = [
    ("script-src 'self'", ("script-src", "eval", "script-src 'self' 'wasm-unsafe-eval'")),
    ("require-trusted-types-for 'script'", ("require-", "trusted", "one without this rule")),
    ("connect-src 'none'", ("connect-src", "sw.js", "connect-src 'self'")),
]


@pytest.fixture(scope="module")
def plain(browser):
    """A profile without service workers, shared by pages that fail or are told at once."""
    context = browser.new_context(service_workers="block")
    context.add_init_script(SAVES_DATA)
    yield context
    context.close()


def told(plain, server, url=""):
    """A page of a host that cannot start, once it says why; the tab and its sentence."""
    tab = Tab(plain.new_page(), server)
    tab.page.goto(url or server.url)
    tab.until(FAILED)
    return tab.text("#message p")


@pytest.mark.model
@pytest.mark.long
def test_debians_nginx_by_a_lan_name(browser, root, tmp_path):
    """On Debian's nginx as it comes, over plain http and by a LAN name, the page runs a prompt."""
    with nginx(root, tmp_path) as port:
        context = browser.new_context()
        tab = Tab(context.new_page(), server=None)
        tab.page.goto(f"http://{LAN}:{port}/{FOLDER}/#/all/own")
        tab.wait_for_start()
        answer = tab.ask("seethrough.next('January, February, March,', {k: 1})")
        status = tab.ask("seethrough.ready")

        assert answer["top"][0]["text"] == " and"
        assert status["threads"] == 1
        assert "one thread" in tab.text("#boot-notice")
        context.close()


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", None])
def test_scripts_of_a_wrong_type(plain, root, kind):
    """Where scripts have no script's type, the page names one, its type and what to do."""
    with host(root, types={".js": kind}) as server:
        said = told(plain, server)

    assert said == text("boot.wrong_type", path="boot.js", type=kind or "")


def test_scripts_that_no_browser_may_sniff(plain, root):
    """Where no script runs at all, a line of the page itself says what it may be."""
    with host(
        root, types={".js": "text/plain"}, headers={"X-Content-Type-Options": "nosniff"}
    ) as s:
        page = plain.new_page()
        page.goto(s.url)
        hidden = page.is_visible("#unscripted")
        page.evaluate("document.getAnimations().forEach((one) => one.finish())")

        assert not hidden
        assert page.is_visible("#unscripted")
        assert page.inner_text("#unscripted") == text("boot.unscripted")


def test_a_character_set_of_the_hosts_own(browser, root):
    """What a host says of its files' characters changes no sign of the page."""
    types = {
        ".html": f"text/html{LATIN}",
        ".css": f"text/css{LATIN}",
        ".js": f"text/javascript{LATIN}",
    }
    context = browser.new_context(java_script_enabled=False)
    page, said = context.new_page(), []
    for answers in ({}, {"types": types}):
        with host(root, **answers) as server:
            page.goto(server.url)
            said.append(page.inner_text("body"))
    context.close()

    assert said[0] == said[1]
    assert "\u00b7" in said[1]


@pytest.mark.parametrize(("policy", "parts"), POLICIES, ids=("eval", "types", "connect"))
def test_a_policy_that_forbids_python(plain, root, policy, parts):
    """Where the host's policy forbids what Python needs, its rule and what it must be are told."""
    with host(root, headers={"Content-Security-Policy": policy}) as server:
        said = told(plain, server)

    assert [part for part in parts if part not in said] == []


@pytest.mark.long
def test_a_policy_that_forbids_workers(browser, root):
    """Where a policy forbids workers, walks are there, and one sentence says why no model runs."""
    with host(root, headers={"Content-Security-Policy": "worker-src 'none'"}) as server:
        context = browser.new_context()
        tab = Tab(context.new_page(), server)
        tab.open("#/walk/january/tokenize?depth=numbers")
        tab.until("document.querySelector('#step-tokenize')?.innerText.includes('February')")
        tab.page.click("[data-action=live]")
        tab.until("document.querySelector('#message').innerText !== ''")
        needed = "worker-src 'self' blob:"
        told = {"directive": "worker-src", "blocked": f"{server.url}sw.js", "needed": needed}

        assert tab.text("#message p").endswith(text("engine.policy", **told))
        assert tab.text("#boot-notice") == ""
        assert "Press Run" not in tab.text("body")
        context.close()


@pytest.mark.parametrize(
    ("ending", "type"),
    [
        ("wasm", "application/wasm"),
        ("whl", "application/octet-stream"),
        ("zip", "application/octet-stream"),
        ("json", "application/json"),
    ],
)
def test_an_ending_that_the_host_does_not_serve(plain, root, ending, type):  # noqa: A002 - as the sentence has it
    """Where a host answers 404 for all files of an ending, that is named, and the type it lacks."""
    with host(root, unknown=f".{ending}") as server:
        said = told(plain, server)
    start, _, end = text(
        "boot.not_served", status=404, path="\0", ending=ending, type=type
    ).partition("\0")

    assert said.startswith(start)
    assert said.endswith(end)
    assert said.removesuffix(end).endswith(f".{ending}")


def test_a_page_that_is_a_file(plain, dist):
    """A page opened as a file says why it cannot run, and how to serve it."""
    said = told(plain, None, (dist / "index.html").as_uri())

    assert said == text("boot.from_file")


def test_a_frame_that_is_cut_off(plain, root):
    """In a sandboxed frame of its own origin the page says so, with its address."""
    with host(root) as server:
        page = plain.new_page()
        page.set_content(f"<iframe sandbox='allow-scripts' src='{server.url}'></iframe>")
        line = page.frame_locator("iframe").locator("#message p")
        line.wait_for()

        assert line.inner_text() == text("boot.sandboxed", address=server.url)


def test_a_start_that_does_not_move_on(plain, root):
    """A file that never comes is no reason for silence: half a minute later the page says so."""
    with host(root) as server:
        server.faults["sw.js"] = lambda _handler: server.forgotten.wait()
        tab = Tab(plain.new_page(), server)
        tab.page.clock.install()
        tab.page.goto(server.url)
        while not server.times_asked("sw.js"):
            tab.page.wait_for_timeout(50)
        tab.page.clock.run_for(31_000)
        tab.until("document.querySelector('#message .is-notice')")

        assert tab.text("#message p") == text("boot.stalled", seconds=30)
        assert tab.text("#message [data-action=reload]") == text("boot.retry")
        server.forgotten.set()


def test_storage_refused(plain, root):
    """Where nothing can be stored Python starts all the same; the page says what is lost."""
    with host(root) as server:
        page = plain.new_page()
        page.add_init_script(REFUSED)
        tab = Tab(page, server)
        tab.watch()
        tab.open("#/walk/january/tokenize?depth=numbers")

        assert tab.page.evaluate("document.documentElement.dataset.boot") == "ready"
        assert tab.text("#boot-notice p") == text("boot.no_storage")
        assert "February" in tab.text("#step-tokenize")
        assert tab.errors == []
