"""Nothing is wider than the window, nothing is cut, in every size and language."""

import json

import pytest

from tests.screens.places import AT_EACH_PLACE, LANGUAGES, NARROW, NARROWEST, SIZES, WIDE
from tests.screens.screen import told

pytestmark = [pytest.mark.browser, pytest.mark.long]


@AT_EACH_PLACE
def test_nothing_is_wider_than_the_window(screen, place):
    """No page scrolls sideways: not at 320 px, nor with text of twice the size."""
    screen.go(place.address)
    found = {}
    for size in (WIDE, NARROW, NARROWEST):
        screen.look(size)
        found[size[0]] = screen.ask("wide")
    for size in SIZES:
        screen.look(size)
        screen.zoom_text(200)
        found[f"{size[0]} at 200 %"] = screen.ask("wide") + screen.ask("clipped")
        screen.zoom_text(100)

    assert not told(found), told(found)


@pytest.mark.parametrize("language", LANGUAGES)
@AT_EACH_PLACE
def test_all_text_can_be_read(screen, place, language):
    """No text is cut, leaves its box or lies on another: longer, accented or mirrored."""
    screen.go(place.address, language)
    found = {}
    for size in SIZES:
        screen.look(size)
        found[size[0]] = [*screen.ask("wide"), *screen.ask("clipped"), *screen.ask("overlapping")]

    assert not told(found), told(found)


@pytest.fixture(scope="module")
def names(dist):
    """What stands on the page as it came with the models: titles, licences, where they are from."""
    manifests = [
        json.loads(file.read_text("utf-8")) for file in dist.glob("models/*/manifest.json")
    ]
    kept = [(one["title"], one["licence"], *one["origin"].values()) for one in manifests]
    return [str(name) for names in kept for name in names]


@AT_EACH_PLACE
def test_every_word_is_from_the_catalogue(screen, names, place):
    """In the accented language no plain word is left, but for names, numbers and tokens."""
    screen.go(place.address, "qps")
    found = screen.ask("untranslated", names)

    assert not found, "\n".join(found)
