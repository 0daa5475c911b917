"""A new version of the site on the same server."""

import shutil

import pytest

from export.site import write_service_worker

pytestmark = pytest.mark.browser


def test_update_fetches_only_what_changed(new_tab, server, dist, tmp_path):
    """Only what changed of a new version is fetched; it is used from the next visit on."""
    place = tmp_path / "some" / "folder"
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns("*.bin", "*.onnx"))
    server.folder = tmp_path
    tab = new_tab()
    tab.open()
    (place / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
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
    tab.reload()
    icon = tab.page.evaluate("fetch('./icon.svg').then((response) => response.text())")

    assert fetched == {"sw.js", "icon.svg"}
    assert icon == "<svg xmlns='http://www.w3.org/2000/svg'/>"
    assert tab.errors == []
