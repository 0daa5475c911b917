"""What a screen reader goes by: headings, landmarks, live regions, language and title."""

from itertools import pairwise

import pytest

from tests.screens.places import AT_EACH_PLACE, ENGLISH, LANGUAGES, PLACES

pytestmark = pytest.mark.browser

SPOKEN = """() => {
  const live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]";
  const stage = document.querySelector("#status .stage").lastChild.textContent.trim();
  return {
    message: Boolean(document.getElementById("message").closest(live)),
    stage: [...document.querySelectorAll(live)].some((one) => one.textContent.includes(stage)),
  };
}"""


@AT_EACH_PLACE
def test_headings_are_an_outline(there):
    """Every page has one h1, the first heading, and no heading skips a level."""
    levels = [level for level, _ in there.ask("headings")]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@AT_EACH_PLACE
def test_landmarks_are_there(there):
    """Every page has one header, one main part, one footer, and navigation."""
    found = there.ask("landmarks")

    assert (found["header"], found["main"], found["footer"]) == (1, 1, 1)
    assert found["nav"] >= 1


@AT_EACH_PLACE
def test_what_changes_is_told(there):
    """On every page a live region holds the messages, and one says what the engine does."""
    said = there.page.evaluate(SPOKEN)

    assert said["message"]
    assert said["stage"]


def test_each_page_has_a_title_of_its_own(screen):
    """The title changes with the address, and going back brings the old one back."""
    titles = {}
    for place in PLACES:
        screen.go(place.address)
        titles[place.name] = screen.page.title()
    screen.page.go_back()
    screen.settle()

    assert len(set(titles.values())) == len(titles), titles
    assert screen.page.title() == titles[PLACES[-2].name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_and_direction_are_told(screen, language):
    """`<html lang dir>` follow the language of the address, and go back with it."""
    screen.go("#/about", language)
    root = "[document.documentElement.lang, document.documentElement.dir || 'ltr']"
    direction = "rtl" if language == "qps-mirrored" else "ltr"

    assert screen.page.evaluate(root) == [language, direction]
    screen.go("#/about?lang=en")
    assert screen.page.evaluate(root) == [ENGLISH, "ltr"]
