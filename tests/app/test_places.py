"""Everything chosen stands in the address: a link shows the same, and says what is not there."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.app.actions import Actions
from seethrough.app.branches import Branches
from seethrough.app.navigation import Navigation
from seethrough.app.places import address, has_cell, is_told
from seethrough.app.sampler import Sampler
from seethrough.app.state import TALLY, AppState, Message, Sampling, Throws, Tracing
from seethrough.core.cell import Cell
from seethrough.core.fields import MAX_WRITTEN, all_fields
from seethrough.core.tokens import LIMIT, STOPPED
from seethrough.view import message
from tests.app.going import state_after
from tests.fake_engine import engine_of, tiny_model
from tests.recorded import opened_with, recorded
from tests.steps import page_state, parse

MODEL = tiny_model()
MADE = recorded()
OWN_LOOP = "#/walk/own/loop?prompt=the%20thing"
SETTINGS = Sampling(temperature=0.7, top_k=12, top_p=0.9, min_p=0.05, seed=6, max_new_tokens=5)


def fresh() -> Actions:
    """Actions over a page with a recording; nothing is loaded."""
    return Actions(asyncio.run(opened_with(MADE, models=(MODEL,))))


def went(*addresses: str, actions: Actions | None = None) -> AppState:
    """The state after going to some addresses from a fresh page, or from where `actions` are."""
    return state_after(actions or fresh(), *addresses)


def ids(state: AppState) -> tuple[int, ...]:
    """The new tokens of a state."""
    return tuple(step.id for step in state.run.steps)


def written() -> Actions:
    """A page on which five tokens were drawn behind a text, two of them made part of it."""
    actions = fresh()
    went(OWN_LOOP, actions=actions)

    async def write() -> None:
        await actions.generate("the thing", chat=False, settings=SETTINGS)
        await Branches(actions).go_to(2)

    asyncio.run(write())
    assert len(actions.state.run.steps) == 5
    return actions


def told(state: AppState) -> list[str]:
    """The keys of a notice's sentences."""
    return (
        [one.key for one in (state.chrome.notice, *state.chrome.notice.more)]
        if state.chrome.notice
        else []
    )


def test_a_link_has_what_was_written() -> None:
    """Opened anew, the address has the very tokens, settings and probabilities."""
    first = written().state
    again = went(address(first))

    assert (ids(again), len(again.run.written), again.run.stop) == (ids(first), 2, LIMIT)
    assert [token.id for token in again.run.tokens] == [token.id for token in first.run.tokens]
    assert again.sampling == SETTINGS
    assert [step.prob for step in again.run.steps] == [step.prob for step in first.run.steps]
    assert [step.candidates for step in again.run.steps] == [
        step.candidates for step in first.run.steps
    ]
    assert again.run.branches == ()
    assert address(again) == address(first)


def test_tokens_of_a_link_are_not_drawn() -> None:
    """Tokens that no setting would draw are shown as they are, with their probability and rank."""
    state = went(f"{OWN_LOOP}&written=3,3,0&stop=stopped")

    assert (ids(state), state.run.stop) == ((3, 3, 0), STOPPED)
    assert all(0 < step.prob < 1 and step.candidates for step in state.run.steps)
    assert any(step.rank > 0 for step in state.run.steps)


def test_back_takes_nothing_away() -> None:
    """An address with the beginning of what is written leaves the rest of it there."""
    actions = written()
    before = actions.state
    few = ",".join(map(str, ids(before)[:3]))
    after = went(f"{OWN_LOOP}&written={few}", OWN_LOOP, actions=actions)

    assert after.run.steps is before.run.steps or ids(after) == ids(before)
    assert after.run.tokens is before.run.tokens


def test_another_text_is_a_way_beside() -> None:
    """An address with other tokens behind the same text shows them; the old way is kept."""
    actions = written()
    before = ids(actions.state)
    state = went(f"{OWN_LOOP}&written=1,2", actions=actions)

    assert ids(state) == (1, 2)
    assert before in [branch.ids for branch in state.run.branches]


def test_the_same_tokens_with_another_input() -> None:
    """Where only the input's end differs, the address's input is shown."""
    actions = written()
    state = went(address(actions.state).replace("taken=2", "taken=4"), actions=actions)

    assert (len(state.run.written), len(state.run.continuation)) == (4, 1)


@pytest.mark.parametrize(
    ("more", "keys"),
    [
        ("written=9999999", ["route.no_ids"]),
        ("written=" + ",".join(["1"] * 64), ["route.too_many_ids"]),
        ("written=1&step=4", ["route.no_step"]),
        ("written=1,x", ["route.ignored"]),
    ],
)
def test_tokens_that_cannot_be_written(more: str, keys: list[str]) -> None:
    """Ids beyond the vocabulary, or more than the model has positions for: said, none written."""
    state = went(f"{OWN_LOOP}&{more}")

    assert told(state) == keys
    assert state.run.tokens
    assert len(state.run.steps) == (keys == ["route.no_step"])
    assert state.chrome.error is None


def test_tokens_of_a_model_that_is_not_here() -> None:
    """Ids of another model are other tokens: they are left out with it, and both are named."""
    state = went(f"{OWN_LOOP}&model=tiny-9&written=1,2")

    assert ids(state) == ()
    assert state.chrome.notice is not None
    assert state.chrome.notice.fields == {"fields": "“model=tiny-9”, “written=1,2”"}


def test_a_link_while_a_model_loads() -> None:
    """A prompt of an address that comes during a load is run at its end, with its tokens."""

    async def scenario() -> Actions:
        actions = Actions(await opened_with(MADE, models=(MODEL,)))
        engine = engine_of(actions.service)
        engine.wait = wait = asyncio.Event()
        load = asyncio.create_task(actions.load())
        await engine.started.wait()
        going = asyncio.create_task(Navigation(actions).go(parse(f"{OWN_LOOP}&written=3,1")))
        await asyncio.sleep(0)
        wait.set()
        await asyncio.gather(load, going)
        return actions

    state = asyncio.run(scenario()).state
    assert (state.text.prompt, ids(state), state.busy) == ("the thing", (3, 1), "")


def test_the_dart_and_its_settings() -> None:
    """The step "sample" shows the same dart of the same settings, counted or not."""
    actions = fresh()
    Sampler(actions.store)
    settings = "temperature=0.7&top_k=12&top_p=0.9&min_p=0.05&seed=6"
    link = f"#/walk/thing/sample?{settings}&dart=4&tally=1&depth=numbers"
    state = went(link, actions=actions)

    assert state.sampling == SETTINGS.but(max_new_tokens=24)
    assert state.choice.throws == Throws(4, TALLY)
    assert address(state) == link


def test_settings_as_ever_are_left_out() -> None:
    """An address says only what differs, and the depth, which each reader has another of."""
    assert address(went("#/walk/thing/sample")) == "#/walk/thing/sample?depth=numbers"
    assert address(went("#/all/thing")) == "#/all/thing?pos=4&layer=0&head=0"


def test_a_number_in_the_address() -> None:
    """The cell whose sum is open is in the address of every tour's page, and of no other page."""
    state = went("#/walk/thing/layers?pos=1")
    traced = state.but(sum=Tracing(Cell("blocks.1.attn.hook_z", (1, 0, 2))))

    assert address(traced).endswith("?pos=1&cell=blocks.1.attn.hook_z%5B1,0,2%5D&depth=numbers")
    for page in ("#/block/thing", "#/all/thing"):
        told = address(traced.but(route=parse(page).route))
        assert "&cell=blocks.1.attn.hook_z%5B1,0,2%5D" in told
    for page in ("#/home", "#/about"):
        assert "cell" not in address(traced.but(route=parse(page).route))


def test_what_else_is_chosen() -> None:
    """The word of step 2, the compared token of step 5 and the step of the loop come back."""
    compared = f"#/walk/thing/logits?compare={MADE.top[2].id}"
    live = "#/walk/own/logits?prompt=the%20thing&compare=5"

    for link in ("#/walk/thing/tokenize?pos=0&word=1", compared, live, "#/walk/thing/loop?step=1"):
        assert address(went(link)) == f"{link}&depth=numbers"


@pytest.mark.parametrize(
    ("link", "key", "says"),
    [
        ("#/block/thing?layer=99", "route.no_layer", "has layers 0 to 1."),
        ("#/block/thing?head=77", "route.no_head", "head 77, which is not there"),
        ("#/walk/thing/embed?pos=500", "route.no_position", "token 500"),
        ("#/walk/thing/tokenize?word=50", "route.no_word", "word 50"),
        ("#/walk/thing/loop?step=50", "route.no_step", "new token 50"),
        ("#/walk/thing/logits?compare=9999999", "route.no_compared", "9999999"),
        ("#/walk/thing/sample?top_k=9999999", "route.no_top_k", "top_k to 9999999"),
        ("#/walk/thing/embed?cell=hook_embed[99,0]", "route.no_cell", "hook_embed[99,0]"),
        ("#/walk/thing/embed?cell=blocks.9.hook_resid_mid[0,0]", "route.no_cell", "blocks.9."),
        ("#/walk/thing/embed?cell=secrets[0]", "route.no_cell", "secrets[0]"),
        ("#/walk/nothing/embed", "route.no_subject", "no recorded walk"),
    ],
)
def test_what_is_not_there_is_said(link: str, key: str, says: str) -> None:
    """A layer, head, token or number that is not there falls back, in a plain sentence."""
    state = went(link)

    assert told(state) == [key]
    assert says in message.render(state)
    assert state.chrome.error is None
    assert (state.choice.layer, state.choice.head) == (0, 0)
    assert state.choice.position == len(state.run.tokens) - 1
    assert state.sampling == Sampling()


def test_nonsense_in_every_field_at_once() -> None:
    """All of it falls back and is named, in one notice of several sentences."""
    link = "#/block/nothing?layer=99&head=77&pos=500&cell=x&temperature=nan&seed=-1&colour=red"
    state = went(link)
    what = ("ignored", "no_layer", "no_head", "no_position", "no_subject")

    assert sorted(told(state)) == sorted(f"route.{name}" for name in what)
    assert state.chrome.notice is not None
    assert state.chrome.notice.fields == {
        "fields": "“cell=x”, “temperature=nan”, “seed=-1”, “colour=red”"
    }
    assert message.render(state).count("which is not there") == 3


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("prompt=the&model=no-such-model", "“model=no-such-model”"),
        ("prompt=the&model=no-such&written=1,2", "“model=no-such”, “written=1,2”"),
        ("prompt=the&temperature=-1", "“temperature=-1”"),
        ("prompt=the&chat=maybe", "“chat=maybe”"),
        ("prompt=the&lang=xx", "“lang=xx”"),
        ("prompt=the&%3Cb%3E=%3Ci%3E&layer", "“<b>=<i>”, “layer”"),
        ("prompt=the&stop=" + "x" * 99, "“stop=" + "x" * 55 + "…”"),
        ("model=tiny-8", "“model=tiny-8”"),
    ],
)
def test_what_means_nothing_is_named_with_its_value(query: str, named: str) -> None:
    """A reader sees what of the link was left out, as the link has it; a model's name too."""
    notice = went(f"#/all/own?{query}").chrome.notice

    assert notice is not None
    assert (notice.key, notice.fields) == ("route.ignored", {"fields": named})


def test_a_number_that_is_there() -> None:
    """A cell is looked up in the shown model and text."""
    state = went("#/walk/thing/embed")

    assert has_cell(parse("#/walk/thing/embed?cell=hook_embed[0,0]"), state)
    assert not has_cell(parse("#/walk/thing/embed"), state)
    assert not has_cell(parse("#/walk/thing/embed?cell=hook_embed[0,0]"), AppState())


def test_a_link_waits_for_the_reader() -> None:
    """Where a download has to be asked for, the address keeps all that it chose."""
    actions = fresh()
    actions.store.replace(stored=frozenset())
    navigation = Navigation(actions)
    link = f"{OWN_LOOP}&written=3,1&seed=4&step=0&depth=idea"

    async def go() -> None:
        await navigation.go(parse(link))
        waiting = address(actions.state, navigation.promised)
        assert (waiting, actions.state.run.tokens) == (parse_again(link), ())
        await navigation.run("the thing", chat=False)

    asyncio.run(go())
    assert ids(actions.state) == (3, 1)
    assert address(actions.state, navigation.promised) == parse_again(link)
    assert navigation.promised is None


def parse_again(link: str) -> str:
    """An address in the order that the page writes."""
    return link.replace("&seed=4&step=0", "&step=0&seed=4")


def test_another_prompt_breaks_the_promise() -> None:
    """What the reader runs instead of a link's prompt has nothing of the link behind it."""
    actions = fresh()
    actions.store.replace(stored=frozenset())
    navigation = Navigation(actions)

    async def go() -> None:
        await navigation.go(parse(f"{OWN_LOOP}&written=3,1"))
        await navigation.run("and the", chat=False)

    asyncio.run(go())
    assert (ids(actions.state), navigation.promised) == ((), None)
    assert address(actions.state) == "#/walk/own/loop?prompt=and%20the&depth=numbers"


def test_the_address_is_whole_while_its_prompt_runs() -> None:
    """A reload in the midst of a link's run loses nothing of the link."""
    actions, seen = fresh(), set()
    navigation = Navigation(actions)
    actions.store.subscribe(
        ("busy", "tokens", "continuation"),
        lambda state: seen.add(address(state, navigation.promised)),
    )
    link = f"{OWN_LOOP}&written=3,1,2&taken=1&depth=numbers"
    asyncio.run(navigation.go(parse(link)))

    assert seen == {link}


def test_long_texts_are_told_in_part() -> None:
    """An address carries the first 64 new tokens, and the page knows that it is a part."""
    state = written().state
    many = state.but(continuation=state.run.steps[:1] * 100)

    assert is_told(state)
    assert not is_told(many)
    assert len(parse(address(many)).written or ()) == MAX_WRITTEN
    assert "stop" not in address(many)


def test_more_sentences_stand_behind_the_first() -> None:
    """A message of several sentences is one paragraph, each sentence text and no markup."""
    told_twice = Message(
        "route.ignored", {"fields": "<b>"}, (Message("route.no_step", {"got": 7}),)
    )
    shown = message.render(page_state(notice=told_twice))

    assert "&lt;b&gt;. Correct the link" in shown
    assert "with what is shown. The address asks for new token 7" in shown
    assert shown.count("<p") == 1


VALUES = st.one_of(
    st.integers(0, 9).map(str),
    st.integers(0, 10**18).map(str),
    st.floats(0, 1).map(repr),
    st.lists(st.integers(0, 400), max_size=5).map(lambda some: ",".join(map(str, some))),
    st.sampled_from(["hook_embed[1,2]", "blocks.1.attn.hook_z[0,0,9]", "logits[4,7]", "stopped"]),
    st.text(max_size=8).map(quote),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["walk/own", "walk/thing", "block/own", "all/own", "all/thing", "walk/no"]),
    st.sampled_from(["", "/layers", "/sample", "/loop"]),
    st.dictionaries(st.sampled_from([field.name for field in all_fields()]), VALUES),
)
def test_no_address_breaks_the_page(path: str, step: str, values: dict[str, str]) -> None:
    """Whatever a stranger writes, the page is at a place whose own address is stable."""
    actions = fresh()
    Sampler(actions.store)
    query = "&".join(f"{name}={value}" for name, value in values.items())
    state = went(f"#/{path}{step}?{query}", actions=actions)
    again = went(address(state))

    assert state.busy == again.busy == ""
    if state.chrome.error is None:
        assert address(again) == address(state)
        assert ids(again) == ids(state)
