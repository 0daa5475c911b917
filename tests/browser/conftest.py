"""The built site on a plain server, and pages: first visits, later ones, one that is loaded."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from tests.browser.profiles import MODELS, SAVES_DATA, SITE, KeptPage, KeptWithout, Profile
from tests.browser.server import FOLDER, Server
from tests.browser.tab import KEEP_WORKERS, SEES_NUMBERS, Tab


@pytest.fixture(scope="session")
def root(dist, tmp_path_factory):
    """A web root that has the site in a sub-folder."""
    folder = tmp_path_factory.mktemp("root")
    place = folder / FOLDER
    place.parent.mkdir(parents=True)
    place.symlink_to(dist, target_is_directory=True)
    return folder


@pytest.fixture
def server(root):
    """A server of its own, so that faults and counts are this test's."""
    with_faults = Server(root)
    yield with_faults
    with_faults.stop()


@pytest.fixture
def new_tab(browser, server):
    """Make tabs in a browser profile of their own: `new_tab(init="script", **context_options)`.

    They see the numbers of a step; with `is_first` what a first visit sees.
    """
    contexts = []

    def make(init="", *, is_first=False, **options: object):
        context = browser.new_context(**options)
        contexts.append(context)
        context.add_init_script(KEEP_WORKERS + ("" if is_first else SEES_NUMBERS) + init)
        tab = Tab(context.new_page(), server)
        tab.watch()
        return tab

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tab(new_tab):
    """A first visit: a page with Python up and no model loaded."""
    opened = new_tab(SAVES_DATA)
    opened.open()
    return opened


@pytest.fixture(scope="session")
def visited(browser, root):
    """The profile of a reader who was here before and has no model."""
    profile = Profile(browser, root, SITE)
    yield profile
    profile.close()


@pytest.fixture(scope="session")
def equipped(browser, root):
    """The profile of one who keeps the model too, once a page has loaded it."""
    profile = Profile(browser, root, SITE, MODELS)
    yield profile
    profile.close()


@pytest.fixture
def new_page(visited):
    """Makes pages of a later visit, the site stored and no model: `new_page(init="script")`."""
    visited.begin()
    tabs = []

    def make(init=""):
        tabs.append(visited.page(init))
        return tabs[-1]

    yield make
    for tab in tabs:
        tab.page.close()


@pytest.fixture
def again(new_page):
    """A later visit: a page with Python up, the site stored and no model."""
    opened = new_page(SAVES_DATA)
    opened.open()
    return opened


@pytest.fixture
def chart(again):
    """The map, opened by its address, without a model; all that stands beneath it is here."""
    again.open("#/map")
    again.until("document.querySelector('#chart-lost p') !== null")
    again.until("document.querySelector('#rows-local svg') !== null")
    return again


@pytest.fixture(scope="session")
def kept_without(visited):
    """See `KeptWithout`."""
    kept = KeptWithout(visited)
    yield kept
    kept.close()


@pytest.fixture
def unloaded(kept_without):
    """A later visit's page without a model, shared by tests: what they leave undone stays so."""
    return kept_without.begin()


@contextmanager
def opened_site(browser, root, host="127.0.0.1"):
    """A page of the site in a folder of its own server, with Python up."""
    context = browser.new_context()
    context.add_init_script(KEEP_WORKERS + SEES_NUMBERS)
    tab = Tab(context.new_page(), Server(root))
    tab.watch()
    tab.open(host=host)
    yield tab
    context.close()
    tab.server.stop()  # another one, where a test stopped the first


@pytest.fixture(scope="session")
def kept_page(equipped):
    """See `KeptPage`."""
    kept = KeptPage(equipped)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def loaded(kept_page):
    """The page with the model loaded, for a file's tests that only ask, or set what they need."""
    return kept_page.begin()


@pytest.fixture(scope="session")
def shards(dist):
    """The names of the default model's shards."""
    listing = json.loads((dist / "models.json").read_text(encoding="utf-8"))
    default = next(model for model in listing["models"] if model["default"])
    manifest = json.loads((dist / default["path"] / "manifest.json").read_text(encoding="utf-8"))
    return [asset["path"] for asset in manifest["assets"] if asset["kind"] == "weights"]
