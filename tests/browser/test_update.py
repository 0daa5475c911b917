"""A new version of the site on the same server."""

import shutil

import pytest

from export.site import write_service_worker
from tests.browser.conftest import SAVES_DATA

pytestmark = pytest.mark.browser

NEW_ICON = "<svg xmlns='http://www.w3.org/2000/svg'/>"
MOST_VISITS = 4


def test_update_fetches_only_what_changed(new_tab, server, dist, tmp_path):
    """Only what changed of a new version is fetched; a later visit uses it, none is held up."""
    place = tmp_path / "some" / "folder"
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns("*.bin", "*.onnx"))
    server.folder = tmp_path
    tab = new_tab(SAVES_DATA)
    tab.open()
    (place / "icon.svg").write_text(NEW_ICON, encoding="utf-8")
    write_service_worker(place, [])
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
        icons.append(tab.page.evaluate("fetch('./icon.svg').then((answer) => answer.text())"))

    assert fetched == {"sw.js", "icon.svg"}
    assert icons[-1] == NEW_ICON
    assert tab.errors == []
