"""Every field of an address: what it means, what it falls back to, and that it comes back."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.against import Against
from seethrough.core.beam_plan import BeamPlan
from seethrough.core.cell import Cell
from seethrough.core.ending_plan import EndingPlan
from seethrough.core.fields import MAX_ID, MAX_WRITTEN, OF_A_TEXT, STOPS, all_fields
from seethrough.core.moved import Moved
from seethrough.core.routes import OWN, Place, Route, address_of_place
from seethrough.core.second import Second
from seethrough.core.settings import MAX_NEW, MAX_SEED, MOST_RUN, SETTINGS, Sampling
from tests.steps import STEPS, SUBJECTS, parse

LANGUAGES = ("en", "qps")
HERE = "#/walk/own/sample?prompt=a&"
# A value of each field that means something.
GOOD = {
    "chat": "1",
    "model": "tiny",
    "written": "5,0,7",
    "taken": "0",
    "stop": "stopped",
    "pos": "4",
    "layer": "3",
    "head": "2",
    "off": "3.2,11.0",
    "beside": "layer:7,head:5",
    "moved": "3,-2",
    "neuron": "1520",
    "word": "1",
    "compare": "77",
    "step": "2",
    "mean": "1",
    "special": "off",
    "cell": "blocks.3.attn.hook_pattern%5B2,5,4%5D",
    "temperature": "0.7",
    "top_k": "40",
    "top_p": "0.9",
    "min_p": "0.05",
    "typical_p": "0.9",
    "repetition_penalty": "1.3",
    "no_repeat_ngram_size": "3",
    "seed": "9007199254740992",
    "max_new_tokens": "48",
    "beams": "4,8,0.5",
    "endings": "3,40",
    "against": "settings,6,temperature:1.5,top_k:40",
    "column": "2",
    "dart": "6",
    "tally": "1",
    "depth": "idea",
    "lang": "qps",
    "only": "recordings",
}
# The same of the map.
ON_MAP = {
    "of": "unembedding",
    "layout": "pca",
    "at": "0.25000,0.50000,12.50",
    "token": "3",
    "hide": "inside,bytes",
    "q": "dog",
    "words": "months",
    "pick": "3,1,2",
    "axis": "4,5",
    "sum": "6,7,8",
    "colour": "length",
    "without": "0,2",
    "tour": "months",
    "walk": "january",
    "path": "5",
}
NONSENSE = (
    "",
    "x",
    "-1",
    "nan",
    "inf",
    "1e999",
    "9" * 400,
    "١",
    "1_0",
    " 1",
    "0x10",
    "<b>",
    "1,2,",
)
# What of that means something after all: any text is a prompt or a model's name.
FREE = {"prompt", "model"}
NUMBERS = st.integers(0, 999_999)
HEADS = st.tuples(st.integers(0, 9_999), st.integers(0, 9_999))
SET = {
    "temperature": st.floats(0, 100),
    "top_k": st.integers(0, MAX_ID),
    "top_p": st.floats(0, 1, exclude_min=True),
    "min_p": st.floats(0, 1),
    "typical_p": st.floats(0, 1, exclude_min=True),
    "repetition_penalty": st.floats(0, 10, exclude_min=True),
    "no_repeat_ngram_size": st.integers(0, MOST_RUN),
    "seed": st.integers(0, MAX_SEED),
    "max_new_tokens": st.integers(1, MAX_NEW),
}


OTHER = {name: values for name, values in SET.items() if name != "max_new_tokens"}
AGAINST = st.one_of(
    st.builds(
        lambda n, some: Against("settings", n, Sampling({"temperature": 1.0, **some})),
        st.integers(1, 24),
        st.fixed_dictionaries({}, optional=OTHER),
    ),
    st.builds(lambda n, words: Against("prompt", n, prompt=words), st.integers(1, 24), st.text()),
    st.builds(lambda n, name: Against("model", n, model=name), st.integers(1, 24), st.text()),
)


def places() -> st.SearchStrategy[Place]:
    """Any place of one's own text that the page can be at."""
    values = {
        "prompt": st.text(),
        "chat": st.booleans(),
        "model": st.none() | st.text(min_size=1),
        "stop": st.sampled_from(("", *STOPS)),
        **dict.fromkeys(
            ("position", "layer", "head", "neuron", "word", "chosen_step"), st.none() | NUMBERS
        ),
        "compared": st.none() | st.integers(0, MAX_ID),
        "cell": st.none() | st.builds(Cell, st.just("logits"), st.tuples(NUMBERS, NUMBERS)),
        "settings": st.fixed_dictionaries({}, optional=SET),
        "off": st.none() | st.frozensets(HEADS, min_size=1, max_size=16),
        "second": st.none() | st.builds(Second, NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS),
        "moved": st.none() | st.builds(Moved, NUMBERS, st.integers(-99, 99)),
        "beam_plan": st.none()
        | st.builds(
            BeamPlan,
            st.integers(1, 8),
            st.integers(1, 32),
            st.sampled_from((-9.5, 0.0, 1.0)),
        ),
        "ending_plan": st.none() | st.builds(EndingPlan, st.integers(1, 24), st.integers(1, 200)),
        "against": st.none() | AGAINST,
        "column": st.none() | NUMBERS,
        "dart": st.none() | NUMBERS,
        "is_tallied": st.booleans(),
        "is_mean": st.booleans(),
        "hides_special": st.booleans(),
        "language": st.none() | st.sampled_from(LANGUAGES),
    }
    ids = st.lists(st.integers(0, MAX_ID), min_size=1, max_size=MAX_WRITTEN)
    written = ids.flatmap(lambda some: st.tuples(st.just(tuple(some)), st.integers(0, len(some))))
    routes = st.builds(Route, st.just("walk"), st.just(OWN), st.sampled_from(STEPS))
    return st.builds(
        lambda route, way, told: Place(
            route, **told, **({"written": way[0], "taken": way[1]} if way else {})
        ),
        routes,
        st.none() | written,
        st.fixed_dictionaries(values),
    )


def test_every_field_of_a_place_has_a_name() -> None:
    """No attribute of a place is left out of its address, and each name stands once."""
    known = all_fields()
    named = {field.attribute for field in known}

    assert named == {item.name for item in fields(Place)} - {"route", "ignored", "said"}
    assert len({field.name for field in known}) == len(known)
    assert set(GOOD) | set(ON_MAP) | {"prompt"} == {field.name for field in known}
    assert SET.keys() == SETTINGS.keys()


@pytest.mark.parametrize("name", GOOD)
def test_each_field_comes_back(name: str) -> None:
    """A value that means something is read, written in the same letters, and not ignored."""
    query = f"prompt=a&{name}={GOOD[name]}"
    address = f"#/walk/own/sample?{query}"
    place = parse(address, languages=LANGUAGES)
    written = address_of_place(place)

    assert place.ignored == ()
    assert written == (address if name != "taken" else "#/walk/own/sample?prompt=a")


@pytest.mark.parametrize("name", ON_MAP)
def test_each_field_of_the_map_comes_back(name: str) -> None:
    """On the map it is read and written in the same letters; elsewhere it means nothing."""
    address = f"#/map?{name}={ON_MAP[name]}"

    assert parse(address).ignored == ()
    assert address_of_place(parse(address)) == address
    assert parse(f"{HERE}{name}={ON_MAP[name]}").ignored == (name,)


# What any letters may be: of a search nothing is wrong, a walk that is not there is told later.
@pytest.mark.parametrize("name", [name for name in ON_MAP if name not in {"q", "walk"}])
def test_nonsense_in_each_field_of_the_map(name: str) -> None:
    """What means nothing is named, and says as little as if it were not there."""
    wrong = [value for value in NONSENSE if not (name == "token" and value.isdecimal())]
    nothing = Place(Route("map"), ignored=(name,))

    assert [value for value in wrong if parse(f"#/map?{name}={value}") != nothing] == []


@pytest.mark.parametrize("at", ["0.5,0.5", "0.5,0.5,0.9", "2,0,1", "0,0,201", "0,0,nan", "0,0,1,1"])
def test_a_window_is_on_the_map(at: str) -> None:
    """A window outside the picture, too wide or too narrow is none."""
    assert parse(f"#/map?at={at}").ignored == ("at",)


@pytest.mark.parametrize("name", [name for name in GOOD if name not in FREE])
def test_nonsense_in_each_field(name: str) -> None:
    """What means nothing is named, and the field says as little as if it were not there."""
    nothing = Place(Route("walk", OWN, "sample"), prompt="a", ignored=(name,))
    understood = {
        value: place
        for value in NONSENSE
        if (place := parse(f"{HERE}{name}={value}", languages=LANGUAGES)) != nothing
    }

    assert understood == {}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("temperature=100.1", "temperature"),
        ("top_p=0", "top_p"),
        ("top_p=1.01", "top_p"),
        ("min_p=1.5", "min_p"),
        ("typical_p=0", "typical_p"),
        ("repetition_penalty=0", "repetition_penalty"),
        ("no_repeat_ngram_size=2.5", "no_repeat_ngram_size"),
        ("seed=9007199254740993", "seed"),
        ("max_new_tokens=0", "max_new_tokens"),
        ("max_new_tokens=4097", "max_new_tokens"),
        ("top_k=2.5", "top_k"),
        ("written=" + ",".join(["1"] * 65), "written"),
        ("written=1&taken=2", "taken"),
        ("taken=1", "taken"),
        ("stop=end_token", "stop"),
        ("cell=hook_embed", "cell"),
        ("cell=hook_embed[1,2,3,4]", "cell"),
        ("cell=h\u0661[1]", "cell"),
        ("chat=yes", "chat"),
    ],
)
def test_out_of_range(field: str, name: str) -> None:
    """Numbers out of their range and lists that are too long are named like nonsense."""
    assert parse(HERE + field).ignored == (name,)


@pytest.mark.parametrize("name", sorted(OF_A_TEXT))
def test_a_recording_has_its_own_text(name: str) -> None:
    """What only one's own text has is named where the address is of a recorded walk."""
    value = GOOD.get(name, "a")

    assert parse(f"#/walk/january/loop?{name}={value}").ignored == (name,)


def test_a_page_without_numbers_has_no_choice() -> None:
    """On a page that shows no input only the language means something."""
    place = parse("#/about?layer=3&cell=logits[1,2]&lang=en", languages=LANGUAGES)

    assert place.ignored == ("layer", "cell")
    assert place.language == "en"


def test_many_fields_of_nonsense_are_few_in_the_notice() -> None:
    """An address of a thousand strange fields does not fill the page."""
    assert len(parse("#/all?" + "&".join(f"f{n}=1" for n in range(1000))).ignored) == 12


ODD = st.text(st.characters(exclude_categories=[]))


@given(ODD)
def test_any_text_is_an_address(address: str) -> None:
    """No text breaks the page, lone surrogates and broken escapes neither."""
    for whole in (address, f"#/walk/own/loop?{address}", f"{HERE}written={address}"):
        parse(whole, languages=LANGUAGES)


@given(st.sampled_from(SUBJECTS), st.dictionaries(st.sampled_from(sorted(GOOD)), ODD))
def test_an_address_is_stable(view: str, values: dict[str, str]) -> None:
    """The address of what was understood is understood as the same, nothing of it ignored."""
    query = "&".join(f"{name}={value}" for name, value in values.items())
    once = address_of_place(parse(f"#/{view}/own?prompt=x&{query}", languages=LANGUAGES))
    again = parse(once, languages=LANGUAGES)

    assert again.ignored == ()
    assert address_of_place(again) == once


@given(places())
def test_a_place_survives_its_address(place: Place) -> None:
    """Every field of every place is the same after being written and read."""
    assert parse(address_of_place(place), languages=LANGUAGES) == place
