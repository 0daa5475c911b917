"""A new version of the site on the same server."""

import shutil
import subprocess
import time

import pytest

from export.site import write_service_worker
from tests.browser.profiles import SAVES_DATA
from tests.browser.tab import PATIENCE_S
from tests.browser_path import CHROMIUM_FLAGS, browser_path

pytestmark = pytest.mark.browser

# A name that is no "localhost" to the page, and safe enough for a service worker.
REAL_HOST = "site.localhost"
ICON = "fetch('./icon.svg').then((answer) => answer.text())"
CONTROLLED = "performance.getEntriesByName('seethrough.controlled').length > 0"
STUB_BYTES = 4_000
NEW_ICON = "<svg xmlns='http://www.w3.org/2000/svg'/>"
MOST_VISITS = 4
# Drives the page from within, and tells the server by what it asks for.
DRIVER = """
const tell = (word) => fetch(`./told-${word}`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const { onUpdate, useUpdate } = await import("./site.js");
if (localStorage.isAsked) {
  await tell((await (await fetch("./icon.svg")).text()).length);
} else if (navigator.serviceWorker.controller) {
  await tell("old");
  await onUpdate(() => {
    setInterval(() => fetch("./LICENSE.txt").then((answer) => answer.text()), 20);
    localStorage.isAsked = "yes";
    useUpdate();
  });
  for (;;) {
    await (await navigator.serviceWorker.getRegistration()).update();
    await pause(500);
  }
}
"""


@pytest.fixture
def place(server, dist, tmp_path):
    """The site in a folder of its own, where a test can publish a new version."""
    place = tmp_path / "some" / "folder"
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns("*.bin", "*.onnx"))
    server.folder = tmp_path
    return place


def publish(place):
    """A version that differs in one small file."""
    (place / "icon.svg").write_text(NEW_ICON, encoding="utf-8")
    write_service_worker(place, [])


def test_update_fetches_only_what_changed(new_tab, server, place):
    """Only what changed of a new version is fetched; a later visit uses it, none is held up."""
    tab = new_tab(SAVES_DATA)
    tab.open(host=REAL_HOST)
    publish(place)
    server.asked.clear()
    tab.reload()
    tab.page.evaluate(
        """() => navigator.serviceWorker.getRegistration().then((registration) => {
          setInterval(() => { window.isNewHere = Boolean(registration.waiting); }, 50);
        })"""
    )
    tab.until("window.isNewHere")
    fetched = {path.rsplit("/", 1)[-1] for path in server.asked}
    icons = []
    while NEW_ICON not in icons and len(icons) < MOST_VISITS:
        tab.reload()
        icons.append(tab.page.evaluate(ICON))

    assert fetched == {"sw.js", "icon.svg"}
    assert icons[-1] == NEW_ICON
    assert tab.errors == []


def cut(place):
    """Leave a stub of each big file: the page does all that it does before Python."""
    for file in place.rglob("*"):
        if file.is_file() and file.parent != place and file.stat().st_size > STUB_BYTES:
            file.write_bytes(file.read_bytes()[:STUB_BYTES])
    write_service_worker(place, [])


def test_a_reload_on_this_machine_shows_what_was_built(new_tab, server, place):
    """On localhost the first reload after a build has the new version, offline the stored one."""
    cut(place)
    tab = new_tab(SAVES_DATA)
    tab.page.goto(server.url)
    tab.until(CONTROLLED)
    publish(place)
    icons = []
    for _visit in range(2):
        tab.page.reload()
        tab.until(CONTROLLED)
        icons.append(tab.page.evaluate(ICON))
        server.stop()

    assert icons == [NEW_ICON, NEW_ICON]
    assert tab.page.evaluate("crossOriginIsolated")


def told(server, word):
    """Wait until the page tells this word."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if server.times_asked(f"/told-{word}"):
            return
        time.sleep(0.1)
    pytest.fail(f"The page never told '{word}'. It asked for {server.asked[-20:]}")


@pytest.mark.long
def test_a_page_that_fetches_all_the_time_changes_too(server, place, tmp_path):
    """A page busy with requests gets the new version when it asks; no debugger is attached."""
    page = place / "index.html"
    script = '<script type="module" src="./driver.js"></script></head>'
    page.write_text(page.read_text("utf-8").replace("</head>", script, 1), "utf-8")
    (place / "driver.js").write_text(DRIVER, encoding="utf-8")
    write_service_worker(place, [])
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [browser_path(), "--headless=new", profile, *CHROMIUM_FLAGS, server.url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as browser:
        try:
            told(server, "old")
            publish(place)
            told(server, len(NEW_ICON))
        finally:
            browser.terminate()
