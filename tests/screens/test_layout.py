"""Nothing is wider than the window, nothing is cut, in every size and language.

A place is gone through once for all that is asked of it: a change of its language, size or text
takes longer than a look at it.
"""

import json

import pytest

from tests.screens.conftest import at_first
from tests.screens.places import AT_EACH_PLACE, ENGLISH, LANGUAGES, NARROW, NARROWEST, SIZES, WIDE
from tests.screens.screen import told

pytestmark = [pytest.mark.browser, pytest.mark.long]

READ = ("wide", "clipped", "overlapping")
LARGE = "at 200 %"
WORDS = "untranslated"
ACCENTED, MIRRORED = LANGUAGES[1:]


@pytest.fixture(scope="session")
def names(dist):
    """What stands on the page as it came with the models: titles, licences, where they are from."""
    manifests = [
        json.loads(file.read_text("utf-8")) for file in dist.glob("models/*/manifest.json")
    ]
    kept = [(one["title"], one["licence"], *one["origin"].values()) for one in manifests]
    return [str(name) for names in kept for name in names]


@pytest.fixture(scope="session")
def found(there, names, place):
    """What is found at a place, by language, look and check."""
    screen = at_first(there)
    found = {ENGLISH: in_english(screen)}
    for language in LANGUAGES[1:]:
        found[language] = looked_at(screen, names, place, language)
    return found


def looked_at(screen, names, place, language):
    """What is found at a place in another language."""
    screen.go(place.address, language)
    found = {}
    for size in SIZES if language == MIRRORED else SIZES[::-1]:  # begins where the last one ended
        screen.look(size)
        found[size[0]] = asked(screen, READ)
    if language == ACCENTED:
        found[WIDE[0]][WORDS] = screen.ask(WORDS, names)
    return found


def in_english(screen):
    """The sizes, the narrowest too, and the large text, in the order that changes least."""
    found = {}
    screen.look(WIDE)
    found[WIDE[0]] = asked(screen, READ)
    screen.zoom_text(200)
    found[f"{WIDE[0]} {LARGE}"] = asked(screen, READ[:2])
    screen.look(NARROW)
    found[f"{NARROW[0]} {LARGE}"] = asked(screen, READ[:2])
    screen.zoom_text(100)
    found[NARROW[0]] = asked(screen, READ)
    screen.look(NARROWEST)
    found[NARROWEST[0]] = asked(screen, READ[:1])
    return found


def asked(screen, checks):
    """What each check finds now."""
    return {check: screen.ask(check) for check in checks}


def of(looks, checks):
    """The same of some checks alone, as a list of each look."""
    return {
        look: [one for check in checks for one in kinds.get(check, ())]
        for look, kinds in looks.items()
    }


@AT_EACH_PLACE
def test_nothing_is_wider_than_the_window(found):
    """No page scrolls sideways: not at 320 px, nor with text of twice the size."""
    looks = found[ENGLISH]
    large = {look: kinds for look, kinds in looks.items() if LARGE in str(look)}
    wrong = {**of(looks, ("wide",)), **of(large, READ)}

    assert len(looks) == len(SIZES) * 2 + 1
    assert not told(wrong), told(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
@AT_EACH_PLACE
def test_all_text_can_be_read(found, language):
    """No text is cut, leaves its box or lies on another: longer, accented or mirrored."""
    wrong = of({size[0]: found[language][size[0]] for size in SIZES}, READ)

    assert not told(wrong), told(wrong)


@AT_EACH_PLACE
def test_every_word_is_from_the_catalogue(found):
    """In the accented language no plain word is left, but for names, numbers and tokens."""
    wrong = found[ACCENTED][WIDE[0]][WORDS]

    assert not wrong, "\n".join(wrong)
