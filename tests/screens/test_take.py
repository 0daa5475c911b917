"""The pictures' list and their sheet."""

from tests.screens.places import PLACES
from tests.screens.take import picture_name, sheet
from tests.steps import VIEWS, parse


def test_every_view_has_a_picture():
    """No view is left out, and an address that is none is among the places."""
    views = {parse(place.address).route.view for place in PLACES}

    assert views == {*VIEWS, "missing"}


def test_pictures_have_names_of_their_own():
    """Each place has one name, which makes a file name with the width and the look."""
    names = {picture_name(place.name, 390, "dark") for place in PLACES}

    assert len(names) == len(PLACES)
    assert "walk-january-softmax-390-dark.png" in names


def test_sheet_shows_every_picture():
    """The sheet has each picture once, with its name."""
    page = sheet(["a-390-dark.png", "b-1440-light.png"])

    assert page.count("<img") == 2
    assert page.count("a-390-dark.png") == 3
