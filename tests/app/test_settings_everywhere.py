"""A setting's value is taken by the link, the form, the dial and the door, or by none of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.calls import Calls
from seethrough.app.navigation import Navigation
from seethrough.app.places import address
from seethrough.app.sampler import Sampler
from seethrough.app.settings import checked_sampling, written_sampling
from seethrough.app.state import Sampling
from seethrough.core.errors import InputError
from seethrough.core.routes import OWN, Route
from seethrough.core.settings import MAX_SEED, SETTINGS
from seethrough.view import prompt
from seethrough.view.node import to_html
from seethrough.view.steps.sample_dials import dial
from tests.fake_engine import CONFIG, opened, tiny_model
from tests.steps import page_state, parse
from tests.view.sample import Reading
from tests.view.walk_sample import walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState

SMALL = tiny_model(9, replace(CONFIG, d_vocab=300))
BIG = tiny_model(8, replace(CONFIG, d_vocab=400))
TAKEN = [
    ("temperature", "0.75"),
    ("temperature", "6"),
    ("temperature", "0.123456789"),
    ("temperature", "100"),
    ("top_p", "0.955"),
    ("top_p", "0.0001"),
    ("min_p", "0.005"),
    ("min_p", "0.7"),
    ("typical_p", "0.2"),
    ("repetition_penalty", "1.25"),
    ("repetition_penalty", "7.5"),
    ("no_repeat_ngram_size", "3"),
    ("top_k", "300"),
    ("seed", "1234567"),
    ("seed", str(MAX_SEED)),
]
REFUSED = [
    ("temperature", "-1"),
    ("temperature", "100.5"),
    ("top_p", "0"),
    ("top_p", "1.5"),
    ("min_p", "-0.1"),
    ("typical_p", "0"),
    ("repetition_penalty", "0"),
    ("no_repeat_ngram_size", "21"),
    ("top_k", "2.5"),
    ("seed", "-1"),
]


def by_form(name: str, written: str) -> float | None:
    """What the form of "All at once" makes of it; None where it is refused in words."""
    texts = {one: str(row.default) for one, row in SETTINGS.items()}
    try:
        read = written_sampling(lambda one: {**texts, name: written}[one])
        assert read is not None
        return checked_sampling(read, CONFIG)[name]
    except InputError:
        return None


def by_link(name: str, written: str) -> float | None:
    """What a link makes of it."""
    return parse(f"#/all/own?prompt=the&{name}={written}").settings.get(name)


def by_dial(name: str, written: str) -> float | None:
    """What the step "sample" makes of it; what it refuses it says."""
    store = asyncio.run(opened()).store
    store.state = walk_state()
    Sampler(store).set(name, written)
    refused = store.state.choice.throws.refused
    return None if refused is not None else store.state.sampling[name]


def by_door(name: str, written: str) -> float | None:
    """What a script's call makes of it."""

    async def scenario() -> bool:
        calls = Calls(await opened(SMALL))
        number = float(written)
        given = int(number) if number.is_integer() else number
        answer = await calls.reply("generate", ["the", {name: given, "max_new_tokens": 1}])
        return "value" in answer

    return float(written) if asyncio.run(scenario()) else None


WAYS = (by_form, by_link, by_dial, by_door)


@pytest.mark.parametrize(("name", "written"), TAKEN)
def test_taken_everywhere(name: str, written: str) -> None:
    """Every way takes the very value."""
    assert [way(name, written) for way in WAYS] == [float(written)] * len(WAYS)


@pytest.mark.parametrize(("name", "written"), REFUSED)
def test_refused_everywhere(name: str, written: str) -> None:
    """No way takes it, each says so in words."""
    assert [way(name, written) for way in WAYS] == [None] * len(WAYS)


def form_of(state: AppState) -> Reading:
    """The form of "All at once"."""
    return Reading(to_html(prompt.form(state, has_sampling=True)))


def control(reading: Reading, name: str) -> dict[str, str | None]:
    """The attributes of a named control."""
    return next(
        one for _, one in reading.elements if name in {one.get("name"), one.get("data-name")}
    )


@pytest.mark.parametrize(("name", "written"), TAKEN)
def test_controls_have_the_value_whole(name: str, written: str) -> None:
    """Form and dial show every digit, and call nothing invalid that is taken."""
    state = walk_state().but(sampling=Sampling({name: float(written)}))
    row = SETTINGS[name]
    assert row.dial is not None
    for shown in (
        control(form_of(state), name),
        control(Reading(to_html(dial(state, name, row.dial))), name),
    ):
        assert shown["value"] == written
        assert float(shown["min"] or 0) <= float(written)
        assert float(written) <= float(shown.get("max") or "inf")
        assert shown["type"] == "range" or shown["step"] == ("1" if row.is_whole else "any")


@pytest.mark.parametrize("name", SETTINGS)
def test_one_range(name: str) -> None:
    """The form's limits are the setting's own, and the browser's own bubble never comes."""
    row, reading = SETTINGS[name], form_of(page_state())
    shown = control(reading, name)

    assert float(shown["min"] or "nan") == row.least
    assert shown.get("max") == (None if row.most is None else f"{row.most:.0f}")
    assert any("novalidate" in one for tag, one in reading.elements if tag == "form")


def test_a_seed_with_many_digits_is_drawn_as_it_stands() -> None:
    """The field says 1234567, the address too, and what the form reads of it draws the same."""
    state = walk_state().but(sampling=Sampling(seed=1234567))
    field = control(form_of(state), "seed")["value"]

    assert field == "1234567"
    assert by_form("seed", field) == 1234567
    assert "seed=1234567" in address(state.but(route=Route("all", OWN)))


def test_another_model_takes_what_it_can_have() -> None:
    """Top-k beyond the new model's vocabulary cuts nothing, a notice says so, and it generates."""

    async def scenario() -> tuple[AppState, AppState]:
        actions = Actions(await opened(BIG, SMALL))
        settings = Sampling(temperature=1.0, top_k=350, seed=5, max_new_tokens=3)
        await actions.run("the", chat=False)
        await actions.generate("the", chat=False, settings=settings)
        await actions.switch(SMALL.manifest.id)
        switched = actions.state
        await actions.generate("the", chat=False, settings=switched.sampling)
        return switched, actions.state

    switched, written = asyncio.run(scenario())
    assert switched.sampling == Sampling(temperature=1.0, seed=5, max_new_tokens=3)
    assert switched.chrome.notice is not None
    assert switched.chrome.notice.key == "settings.fitted"
    assert switched.chrome.notice.fields == {"name": "top_k", "got": 350, "last": 300}
    assert written.chrome.error is None
    assert len(written.run.continuation) == 3


def test_a_link_s_own_sentence_stays() -> None:
    """Where a link sets too much, the notice speaks of the link."""

    async def scenario() -> AppState:
        actions = Actions(await opened(SMALL))
        await Navigation(actions).go(parse("#/all/own?prompt=the&temperature=1&top_k=1000"))
        return actions.state

    state = asyncio.run(scenario())
    assert state.sampling["top_k"] == 0
    assert state.chrome.notice is not None
    assert state.chrome.notice.key == "route.no_top_k"
