"""One page of the built site for the tests at each place, one for each of the other files."""

from __future__ import annotations

import pytest

from tests.screens.places import WIDE
from tests.screens.screen import axe_source, page_in, profile, served

AS_OPENED = """() => {
  document.documentElement.style.fontSize = "";
  document.activeElement.blur();
  window.scrollTo(0, 0);
}"""


@pytest.fixture(scope="session")
def site(dist):
    """The address of the built site."""
    with served(dist) as url:
        yield url


@pytest.fixture(scope="session")
def visitor(browser):
    """A profile without a model, which has the site stored once a page was opened there."""
    with profile(browser) as context:
        yield context


@pytest.fixture(scope="session")
def shared(visitor, site):
    """The site's page, opened once for the files whose tests go through the places."""
    with page_in(visitor, site) as screen:
        yield screen


@pytest.fixture(scope="module")
def of_file(visitor, site):
    """The same for the tests of one other file: a later visit, half the work of a first one."""
    with page_in(visitor, site) as screen:
        yield screen


@pytest.fixture
def screen(shared):
    """The page as a wide, light window with usual text that likes no motion."""
    return at_first(shared)


def at_first(shared):
    """Give the page the looks that each test begins with."""
    shared.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    shared.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    at_rest(shared)
    shared.errors.clear()
    return shared


def at_rest(shared):
    """Take focus and mouse off the page, scroll it back, and give its text the usual size."""
    shared.page.evaluate(AS_OPENED)
    shared.page.mouse.move(0, 0)


@pytest.fixture(scope="session")
def there(shared, place):
    """The page at a place, where it goes once for the tests of all files that only look at it."""
    at_first(shared).go(place.address)
    return shared


@pytest.fixture(scope="session")
def axe():
    """The accessibility checker's source."""
    return axe_source()
