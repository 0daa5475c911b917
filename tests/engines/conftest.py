"""The site in three engines: a server and a window for each."""

from __future__ import annotations

import pytest

from tests.browser.server import FOLDER, Server
from tests.engines.chromium import chromium
from tests.engines.engine import Visit
from tests.engines.firefox import firefox
from tests.engines.webkit import webkit


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def engine(request, tmp_path_factory):
    """Each engine in turn; one that is not on this machine is skipped, with what to install."""
    if request.param == "chromium":
        opened = chromium(request.getfixturevalue("whole_browser"))
    else:
        make = {"firefox": firefox, "webkit": webkit}[request.param]
        opened = make(tmp_path_factory.mktemp(request.param))
    with opened as ready:
        yield ready


@pytest.fixture(scope="module")
def visit(engine, dist, tmp_path_factory):
    """A window on the site, served from a sub-folder; the page is not opened yet."""
    root = tmp_path_factory.mktemp("root")
    place = root / FOLDER
    place.parent.mkdir(parents=True)
    place.symlink_to(dist, target_is_directory=True)
    server = Server(root)
    yield Visit(engine, server)
    server.stop()
