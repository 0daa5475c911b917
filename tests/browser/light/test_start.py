"""The start: isolation, threads, offline, bytes, and what the page says when it cannot start."""

import pytest

from tests.browser.conftest import opened_site

pytestmark = pytest.mark.browser

PROMPT = "January, February, March,"


@pytest.fixture(scope="module")
def first(browser, light):
    """A first visit, and in the same profile the later ones, in the order of the tests."""
    with opened_site(browser, light.root) as tab:
        yield tab


def test_isolated_after_one_reload(first):
    """The page gets isolated and as many threads as there are, with one automatic reload."""
    threads = first.ask("seethrough.load()")["threads"]

    assert first.page.evaluate("crossOriginIsolated")
    assert first.visits == 2
    assert threads == first.page.evaluate("Math.min(4, navigator.hardwareConcurrency)")
    assert first.errors == []
    assert first.strangers == []


def test_second_visit_is_silent(first):
    """A second visit fetches nothing but a look for a newer service worker."""
    first.ask("seethrough.load()")
    first.server.asked.clear()
    first.reload()
    first.ask("seethrough.load()")

    assert {path.rsplit("/", 1)[-1] for path in first.server.asked} <= {"sw.js"}


def test_works_offline(first, best):
    """After one visit, with the network cut, each address of the page runs a new prompt live."""
    first.ask("seethrough.next('The', {k: 1})")
    first.server.stop()
    answers = []
    for path in ("", "index.html", "?from=a-link"):
        first.open(path)
        answers.append(first.ask(f"seethrough.next('{PROMPT}', {{k: 1}})"))

    assert [answer["top"][0]["id"] for answer in answers] == [best] * 3
    assert first.page.evaluate("crossOriginIsolated")
    assert first.strangers == []


PRESSES_EARLY = """
addEventListener("DOMContentLoaded", () => {
  if (sessionStorage.pressed) return;
  sessionStorage.pressed = document.documentElement.dataset.boot ?? "before Python";
  document.querySelector("#tools [data-action=shortcuts]").click();
  const theme = document.querySelector("[data-action=set-theme]");
  theme.value = "dark";
  theme.dispatchEvent(new Event("change", { bubbles: true }));
});
"""


def test_what_is_pressed_before_python_is_done(new_tab):
    """A press and a choice on the first slide are done once Python is there, over the reload."""
    tab = new_tab(PRESSES_EARLY)
    tab.open("")
    tab.until("document.querySelector('#shortcuts').open")
    tab.until("document.documentElement.dataset.theme === 'dark'")

    assert tab.page.evaluate("sessionStorage.pressed") == "before Python"
    assert tab.visits == 2
    assert tab.page.evaluate("document.querySelector('[aria-busy]')") is None
    assert tab.errors == []


def test_no_service_worker(new_tab, best):
    """Without a service worker the page runs in one thread and says so."""
    tab = new_tab(service_workers="block")
    tab.open()
    answer = tab.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")
    status = tab.ask("seethrough.load()")

    assert answer["top"][0]["id"] == best
    assert status["threads"] == 1
    assert "one thread" in tab.text("#boot-notice")
    assert tab.visits == 1


def test_plain_http(plain, shards, best):
    """On plain http (no store, locks or crypto.subtle) everything still runs, and is checked."""
    tab = plain
    tab.server.faults[shards[0]] = "altered"
    refused = tab.ask("seethrough.load()")
    tab.server.faults.clear()
    answer = tab.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")
    rows = tab.ask("seethrough.weight('blocks.0.attn.W_Q', [0])")

    assert not tab.page.evaluate("isSecureContext || 'serviceWorker' in navigator")
    assert refused["key"] == "engine.altered"
    assert answer["top"][0]["id"] == best
    assert any(rows["data"])
    assert "one thread" in tab.text("#boot-notice")


def test_no_simd(new_tab):
    """A browser without WebAssembly SIMD gets a sentence, and Python is not even fetched."""
    tab = new_tab("WebAssembly.validate = () => false;")
    tab.open()
    answer = tab.ask("seethrough.ready")

    assert "SIMD" in tab.text("#message")
    assert answer["key"] == "boot.no_simd"
    assert answer["message"] == tab.text("#message")
    assert tab.server.times_asked("pyodide.asm.wasm") == 0


@pytest.mark.parametrize(
    "name", ["pyodide.asm.wasm", "core.js", "seethrough.zip", "pyodide.js", "main.py"]
)
def test_missing_site_file(new_tab, server, name):
    """When a file of the site is missing, a sentence names it, and calls are refused with it."""
    server.faults[name] = "missing"
    tab = new_tab()
    tab.open()
    answer = tab.ask("seethrough.next('The')")

    assert name in tab.text("#message")
    is_common = name.endswith(".js")
    assert answer["key"] == ("boot.missing" if is_common else "boot.not_served")
    # What comes while Python starts is looked at after the one reload; no page loops.
    assert tab.visits == (2 if name.endswith((".wasm", ".zip")) else 1)
