"""Addresses: what they mean, what they fall back to, and that they survive the round trip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.keys import KEYS, action_of, shown
from seethrough.core.routes import (
    OWN,
    STAGES,
    Route,
    address_of,
    address_of_place,
    stage_beside,
    stage_of,
)
from tests.steps import STEPS, SUBJECTS, VIEWS, parse, step_beside


@pytest.mark.parametrize("address", ["", "#", "#/"])
def test_nothing_is_home(address: str) -> None:
    """An empty address is the first page."""
    assert parse(address).route == Route()


def test_a_whole_address() -> None:
    """View, subject, step and what is chosen there are read."""
    place = parse("#/block/january?layer=3&head=2&pos=5&lang=cs", languages=("en", "cs"))

    assert place.route == Route("block", "january")
    assert (place.layer, place.head, place.position, place.language) == (3, 2, 5, "cs")
    assert place.ignored == ()


def test_a_prompt_travels() -> None:
    """A prompt with any characters is read as it was written."""
    place = parse("#/walk/own/loop?prompt=1%20%2B%201%20%3D%0A%F0%9F%98%80&chat=1")

    assert place.prompt == "1 + 1 =\n😀"
    assert place.chat is True


@pytest.mark.parametrize(
    ("address", "ignored"),
    [
        ("#/walk/january/nonsense", ("nonsense",)),
        ("#/walk/january/layers/more", ("more",)),
        ("#/map/january", ("january",)),
        ("#/block?layer=-1", ("layer",)),
        ("#/block?layer=1e3&head=", ("layer", "head")),
        ("#/block?pos=99999999", ("pos",)),
        ("#/all?lang=xx", ("lang",)),
        ("#/all?colour=red", ("colour",)),
        ("#/all?" + "x" * 100, ("x" * 60 + "…",)),
    ],
)
def test_nonsense_is_named(address: str, ignored: tuple[str, ...]) -> None:
    """What means nothing is left out and named."""
    place = parse(address, languages=("en",))

    assert place.ignored == ignored
    assert (place.layer, place.head, place.position, place.language) == (None,) * 4


def test_a_step_in_the_place_of_a_subject_is_the_first_walk_s() -> None:
    """A link need not name a text: its step is shown of whatever stands there."""
    assert parse("#/walk/layers").route == Route("walk", "", "layers")
    assert parse("#/walk/layers").ignored == ()
    assert parse("#/walk/layers/loop").route == Route("walk", "layers", "loop")


@pytest.mark.parametrize("address", ["#/train/run", "#/lesson"])
def test_a_view_of_two_parts(address: str) -> None:
    """The room of training has its place below training's, and one address that is written."""
    place = parse(address)

    assert place.route == Route("lesson")
    assert place.ignored == ()
    assert address_of(place.route) == "#/train/run"


def test_an_unknown_view_is_missing() -> None:
    """An address that leads nowhere keeps what was asked for, to be shown."""
    assert parse("#/nowhere/at/all").route == Route("missing", "nowhere/at/all")


@given(st.text())
def test_any_address_is_parsed(address: str) -> None:
    """No address breaks the page."""
    assert parse(address).route.view in {*VIEWS, "missing"}


@given(
    st.sampled_from(SUBJECTS), st.text(min_size=1).filter(str.strip), st.sampled_from(list(STEPS))
)
def test_a_route_survives_its_address(view: str, subject: str, step: str) -> None:
    """A subject with any name is the same after being written and read."""
    route = Route(view, subject, step if view == "walk" else "")
    if not subject.isascii() and any("\ud800" <= letter <= "\udfff" for letter in subject):
        return

    assert parse(address_of(route)).route == route


def test_steps_have_ends() -> None:
    """Before the first and after the last step there is none."""
    first, last = Route("walk", OWN, next(iter(STEPS))), Route("walk", OWN, list(STEPS)[-1])

    assert step_beside(first, -1) is None
    assert step_beside(last, 1) is None
    assert step_beside(first, len(STEPS) - 1) == last
    assert step_beside(Route("walk", OWN), 1) == step_beside(first, 1)


def test_keys_are_one_table() -> None:
    """Each key does one thing, in either case, and is shown as on a keyboard."""
    keys = [key for group in KEYS.values() for key in group]

    assert len(set(keys)) == len(keys)
    assert action_of("R") == action_of("r") == "replay"
    assert action_of(" ") == "play"
    assert action_of("ArrowRight") == "step-next"
    assert action_of("Enter") == ""
    assert [shown("ArrowLeft"), shown("t"), shown("?")] == ["←", "T", "?"]


def test_the_places_of_a_step_in_slow_motion() -> None:
    """Each has an address of its own, with the depth; one that there is not is told."""
    place = parse("#/train/step/loss?depth=numbers")

    assert place.route == Route("slow", "", "loss")
    assert place.depth == "numbers"
    assert place.ignored == ()
    assert address_of_place(place) == "#/train/step/loss?depth=numbers"
    assert parse("#/train/step/gain").ignored == ("gain",)
    assert stage_of(parse("#/train/step").route) == STAGES[0]
    assert stage_beside(Route("slow"), -1) is None
    assert stage_beside(Route("slow"), 1) == Route("slow", "", STAGES[1])
    assert stage_beside(Route("slow", "", STAGES[-1]), 1) is None
