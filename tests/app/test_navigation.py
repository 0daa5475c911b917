"""Going to a place: what is shown, fetched, run, refused; and the address of what is shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.navigation import Navigation, address, settled
from seethrough.app.state import Tracing
from seethrough.core.cell import Cell
from seethrough.core.routes import OWN, Route
from seethrough.view.tours import THE_BLOCK
from tests.app.going import state_after
from tests.fake_engine import tiny_model
from tests.recorded import PROMPT, opened_with, recorded
from tests.steps import page_state, parse

if TYPE_CHECKING:
    from seethrough.app.state import AppState

MODEL = tiny_model()
MADE, SECOND = recorded(), recorded(name="second", prompt="an other", positions=(0, 1))


def fresh() -> Actions:
    """Actions over a page with two recordings; nothing is loaded."""
    return Actions(asyncio.run(opened_with(MADE, SECOND, models=(MODEL,))))


def went(*addresses: str, actions: Actions | None = None) -> AppState:
    """The state after going to some addresses from a fresh page, or from where `actions` are."""
    return state_after(actions or fresh(), *addresses)


def test_home_has_a_prediction() -> None:
    """The first page shows the first recording, without any model."""
    state = went("#/")

    assert state.route == Route()
    assert state.run.source == "recorded"
    assert [token.id for token in state.run.tokens] == list(MADE.ids)


def test_a_walk_has_a_subject_and_a_step() -> None:
    """An address that leaves them open gets the first recording and the first step."""
    state = went("#/walk")

    assert state.route == Route("walk", "thing", "input")
    assert state.text.prompt == PROMPT


def test_an_unknown_recording_is_another() -> None:
    """A recording that this build lacks falls back to one that it has."""
    assert went("#/walk/nothing/layers").route == Route("walk", "thing", "layers")


def test_a_subject_is_kept_between_views() -> None:
    """From a recording's walk to the block it is the same recording."""
    assert went("#/walk/second", "#/block").route.subject == "second"


def test_what_the_address_chooses() -> None:
    """Position, layer and head of the address are chosen, those that are not there are not."""
    state = went("#/block/thing?layer=1&head=1&pos=1")
    beyond = went("#/block/thing?layer=99&head=99&pos=99")

    assert (state.choice.layer, state.choice.head, state.choice.position) == (1, 1, 1)
    assert (beyond.choice.layer, beyond.choice.head) == (0, 0)
    assert beyond.choice.position == len(MADE.ids) - 1


def test_a_prompt_in_the_address_is_run() -> None:
    """A link with a prompt shows that prompt live."""
    state = went("#/walk/own/softmax?prompt=the%20thing")

    assert (state.run.source, state.text.prompt) == ("live", "the thing")
    assert state.run.top


def test_no_download_is_begun_by_a_link() -> None:
    """Where the model is not stored, a link only fills the prompt in."""
    actions = fresh()
    actions.store.replace(stored=frozenset())
    state = went("#/walk/own?prompt=the%20thing", actions=actions)

    assert (state.run.source, state.text.prompt, state.run.tokens) == ("", "the thing", ())


def test_a_link_runs_where_its_model_is_open_already() -> None:
    """A link costs no download once the model is loaded: then its prompt is run anywhere."""
    actions = fresh()
    actions.store.replace(stored=frozenset())
    asyncio.run(actions.load())
    state = went("#/walk/own?prompt=the%20thing", actions=actions)

    assert (state.run.source, state.text.prompt) == ("live", "the thing")


def test_own_text_after_a_recording_is_empty() -> None:
    """Turning from a recording to one's own text shows no recorded numbers, and keeps the text."""
    state = went("#/walk/thing", "#/walk/own")

    assert (state.run.source, state.run.tokens, state.run.top) == ("", (), ())
    assert state.text.prompt == PROMPT


def test_live_numbers_stay_between_steps() -> None:
    """Another step of one's own text runs nothing again."""
    actions = fresh()
    first = went("#/walk/own/softmax?prompt=the%20thing", actions=actions)
    second = went("#/walk/own/layers", actions=actions)

    assert second.run.top is first.run.top


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        ("#/walk/thing/layers?pos=0", True),
        ("#/walk/thing/layers?depth=idea", True),
        ("#/block/thing/contract", True),
        ("#/block/thing/inside", True),
        ("#/all/thing", True),
        ("#/walk/thing/softmax", False),
        ("#/walk/thing/input", False),
        ("#/block/thing/weights", False),
    ],
)
def test_a_sum_goes_where_its_number_is_not(address: str, stays: bool) -> None:  # noqa: FBT001
    """The open sum stays where its number is shown too, and closes at a step of other numbers."""
    actions = fresh()
    went("#/walk/thing/layers", actions=actions)
    actions.store.replace(sum=Tracing(Cell("blocks.1.hook_resid_mid", (0, 0))))

    assert (went(address, actions=actions).choice.sum is not None) is stays


def test_what_means_nothing_is_told() -> None:
    """A notice names the parts of an address that were left out."""
    state = went("#/walk/thing/tokenize?colour=red")

    assert state.chrome.notice is not None
    assert (state.chrome.notice.key, state.chrome.notice.fields) == (
        "route.ignored",
        {"fields": "“colour=red”"},
    )


def test_a_language_by_address() -> None:
    """An address may choose the language; it is then part of every address."""
    state = went("#/about?lang=qps")

    assert state.language == "qps"
    assert address(state) == "#/about?lang=qps"


def test_the_address_shows_the_same() -> None:
    """The address of what is shown, opened anew, shows the same."""
    first = went("#/block/second?layer=1&head=1&pos=0")
    again = went(address(first))

    assert again.route == first.route
    assert (
        address(again)
        == address(first)
        == (f"#/block/second/{THE_BLOCK.first}?pos=0&layer=1&head=1&depth=numbers")
    )


def test_the_address_of_a_live_prompt() -> None:
    """A live prompt is in the address, with its mode; a lone surrogate does no harm."""
    state = page_state(route=Route("all", OWN), source="live", prompt="a b\ud83d&c")

    assert address(state).startswith("#/all/own?prompt=a%20b%3F%26c")


def test_without_recordings_it_is_ones_own() -> None:
    """A build without recordings walks through the reader's own text."""
    assert settled(Route("walk"), page_state()) == Route("walk", OWN, "input")


def test_the_last_place_wins() -> None:
    """Two places in quick succession end at the second, whole."""
    actions = fresh()
    navigation = Navigation(actions)

    async def go() -> None:
        await asyncio.gather(
            *(navigation.go(parse(f"#/walk/{name}")) for name in ("thing", "second"))
        )

    asyncio.run(go())
    assert actions.state.route.subject == "second"
    assert actions.state.run.recorded is not None
    assert actions.state.run.recorded.id == "second"


def test_numbers_and_name_change_together() -> None:
    """At no moment does a recording's name stand over another one's numbers."""
    actions = fresh()
    seen: list[tuple[str, str]] = []
    actions.store.subscribe(
        ("route", "recorded"),
        lambda state: seen.append(
            (state.route.subject, state.run.recorded.id if state.run.recorded else "")
        ),
    )
    went("#/walk/thing", actions=actions)
    seen.clear()
    went("#/walk/second", actions=actions)

    assert seen[-1] == ("second", "second")
    assert ("second", "thing") not in seen


def test_a_recording_that_cannot_be_had() -> None:
    """A recording whose file is gone is an error in a sentence, with no other one's numbers."""
    actions = fresh()
    went("#/walk/thing", actions=actions)
    actions.store.replace(
        recordings=tuple(replace(card, path="gone") for card in actions.state.site.recordings)
    )
    state = went("#/walk/second", actions=actions)

    assert state.chrome.error is not None
    assert (state.route.subject, state.run.tokens, state.run.top) == ("second", (), ())


def two_models() -> Actions:
    """Actions over a page with two models; nothing is loaded."""
    return Actions(asyncio.run(opened_with(MADE, models=(MODEL, tiny_model(8)))))


def test_a_link_names_its_model() -> None:
    """What another model than the page's default made has that model in its address, and back."""
    link = "#/all/own?prompt=the%20thing&model=tiny-8&pos=1&layer=0&head=0"
    state = went(link, actions=two_models())

    assert state.run.model == "tiny-8"
    assert address(state) == link
    assert parse(link).model == "tiny-8"
    assert "model" not in address(went("#/all/own?prompt=the", actions=two_models()))


def test_a_link_without_a_model_means_the_default() -> None:
    """The same prompt under both addresses is run with each model in turn."""
    actions = two_models()
    models = [
        went(f"#/all/own?prompt=the{more}", actions=actions).run.model
        for more in ("&model=tiny-8", "", "&model=tiny-8")
    ]

    assert models == ["tiny-8", "tiny-7", "tiny-8"]


def test_an_unknown_model_is_named() -> None:
    """A link to a model that this build lacks runs the default one, and says so."""
    state = went("#/all/own?prompt=the&model=tiny-9", actions=two_models())

    assert state.run.model == "tiny-7"
    assert state.chrome.notice is not None
    assert state.chrome.notice.fields == {"fields": "“model=tiny-9”"}


def test_a_link_may_wish_for_recordings_only() -> None:
    """It is said and kept, runs nothing, and is no part of the address; undone it stays undone."""
    actions, asked = fresh(), "#/walk/own/softmax?prompt=the%20thing"
    state = went(f"{asked}&only=recordings", actions=actions)
    notice = state.chrome.notice

    assert state.site.is_recordings_only
    assert notice is not None
    assert notice.key == "ready.by_link"
    assert state.run.source == ""
    assert "only" not in address(state, parse(f"{asked}&only=recordings"))
    actions.store.replace(is_recordings_only=False, notice=None)
    state = went(asked, actions=actions)
    assert (state.site.is_recordings_only, state.run.source) == (False, "live")


def test_a_wish_that_is_known_is_not_told_again() -> None:
    """Who opens such a link in that mode hears nothing of it; any page may carry the wish."""
    assert went("#/glossary?only=recordings").site.is_recordings_only
    actions = fresh()
    actions.store.replace(is_recordings_only=True)
    assert went("#/?only=recordings", actions=actions).chrome.notice is None
