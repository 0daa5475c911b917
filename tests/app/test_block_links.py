"""Links into a layer to what is not there, heads of another model, and leaving in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.fetcher import lacking_in
from seethrough.app.navigation import Navigation
from seethrough.app.places import address
from seethrough.app.tours import wanted_by
from seethrough.core.pushes import WRITTEN_BY
from seethrough.view.layout import PANELS
from seethrough.view.tours import THE_BLOCK, TOURS
from tests.app.going import state_after
from tests.app.walked import until
from tests.fake_engine import FakeEngine, engine_of, opened, tiny_model
from tests.steps import parse

if TYPE_CHECKING:
    from seethrough.app.state import AppState

MODEL = tiny_model()
SMALLER = tiny_model(
    9, replace(MODEL.config, n_layers=1, n_heads=2, n_key_value_heads=1, d_model=16)
)
PROMPT = "prompt=the%20thing%20and"
HERE = f"#/block/own/{{}}?{PROMPT}&depth=numbers"
NOT_THERE = {
    "layer=99": "route.no_layer",
    "layer=2": "route.no_layer",
    "head=4": "route.no_head",
    "head=77777": "route.no_head",
    "neuron=99999": "route.no_neuron",
    "pos=64": "route.no_position",
    "off=1.9": "route.no_heads",
    "layer=-1": "route.ignored",
    "head=x": "route.ignored",
    "neuron=1e3": "route.ignored",
}


def went(*links: str) -> AppState:
    """The state after going to some addresses from a page that has just opened."""
    actions = Actions(asyncio.run(opened(MODEL, SMALLER)))
    actions.store.replace(tours=TOURS)
    state_after(actions, *links)
    asyncio.run(actions.fetcher.fill())
    return actions.state


def told(state: AppState) -> list[str]:
    """The keys of a notice's sentences."""
    notice = state.chrome.notice
    return [] if notice is None else [one.key for one in (notice, *notice.more)]


def assert_whole(state: AppState) -> None:
    """The step is drawn with all that it wants, and nothing went wrong."""
    assert state.chrome.error is None
    assert not lacking_in(state.run, wanted_by(state.site.tours, state))
    assert state.step is not None
    assert PANELS[state.step.place_at(state.depth)].render(state)


@pytest.mark.parametrize("field", NOT_THERE)
@pytest.mark.parametrize("step", ["scores", "expand", "inside"])
def test_what_is_not_there_is_said_and_the_step_drawn(step: str, field: str) -> None:
    """A layer, head, neuron or token too far, or no number at all: one sentence, a whole step."""
    state = went(f"{HERE.format(step)}&{field}")

    assert told(state) == [NOT_THERE[field]]
    assert state.route.step == step
    assert (state.choice.layer, state.choice.head, state.choice.neuron) == (0, 0, None)
    assert state.choice.off == frozenset()
    assert_whole(state)
    assert went(address(state)).choice.place == state.choice.place


@pytest.mark.parametrize("name", ["nothing", "Scores", "%3Cimg%3E", "layers"])
def test_a_step_that_is_not_there(name: str) -> None:
    """A link to a step that this tour does not have begins the tour, and names the step."""
    state = went(HERE.format(name))

    assert state.route.step == THE_BLOCK.first
    assert told(state) == ["route.ignored"]
    assert_whole(state)


def test_everything_at_once() -> None:
    """Each thing that is not there has its sentence; what is there is still chosen."""
    state = went(f"{HERE.format('mix')}&layer=1&head=9&neuron=9999&off=0.0,5.5&pos=1")

    assert sorted(told(state)) == ["route.no_head", "route.no_heads", "route.no_neuron"]
    assert (state.choice.layer, state.choice.head, state.choice.position) == (1, 0, 1)
    assert_whole(state)


@pytest.mark.parametrize("view", ["walk/own/layers", "block/own/mix"])
def test_heads_of_another_model_in_a_link(view: str) -> None:
    """Heads that the named model lacks stay on, and the sentence names them."""
    state = went(f"#/{view}?{PROMPT}&model=tiny-9&off=0.1,1.3")

    assert state.run.model == "tiny-9"
    assert told(state) == ["route.no_heads"]
    assert state.choice.off == frozenset()
    assert "off=" not in address(state)
    assert_whole(state)


def test_heads_that_are_off_do_not_follow_to_another_model() -> None:
    """Another model's heads of these numbers are others: all are on, in the address, too."""
    actions = Actions(asyncio.run(opened(MODEL, SMALLER)))
    actions.store.replace(tours=TOURS)
    state = state_after(actions, f"#/walk/own/layers?{PROMPT}&depth=idea&off=0.1,1.3")
    assert state.choice.off == {(0, 1), (1, 3)}
    asyncio.run(actions.switch("tiny-9"))
    asyncio.run(actions.fetcher.fill())

    assert actions.state.choice.off == frozenset()
    assert "off=" not in address(actions.state)
    assert_whole(actions.state)


class SlowRows(FakeEngine):
    """An engine whose weights come when `gate` opens; `is_asked` says that one waits."""

    gate: asyncio.Event | None = None
    is_asked = False

    async def read_bytes(self, ranges: tuple[tuple[int, int], ...]) -> tuple[bytes, ...]:
        """As it is, behind the gate."""
        if self.gate is not None:
            self.is_asked = True
            await self.gate.wait()
        return await super().read_bytes(ranges)


@pytest.mark.parametrize("where", ["mix", "expand", "contract"])
@pytest.mark.parametrize(
    "leaves_to", [HERE.format("qkv"), "#/walk/own/softmax?prompt=an%20other", "#/about"]
)
def test_leaving_while_weights_are_on_their_way(where: str, leaves_to: str) -> None:
    """What comes late of a step that was left changes nothing there, and says nothing."""

    async def scenario() -> None:
        engine = SlowRows(MODEL)
        actions = Actions(await opened(MODEL, engine=engine))
        actions.store.replace(tours=TOURS)
        navigation = Navigation(actions)
        await navigation.go(parse(HERE.format("qkv")))
        await actions.fetcher.fill()
        engine.gate = asyncio.Event()
        await navigation.go(parse(HERE.format(where)))
        filling = asyncio.create_task(actions.fetcher.fill())
        await until(lambda: engine.is_asked)
        going = asyncio.create_task(navigation.go(parse(leaves_to)))
        await asyncio.sleep(0)
        engine.gate.set()
        engine.gate = None
        await asyncio.gather(filling, going)
        await actions.fetcher.fill()
        state = actions.state
        assert state.route == parse(leaves_to).route
        assert (state.chrome.error, state.chrome.notice, state.busy) == (None, None, "")
        assert not lacking_in(state.run, wanted_by(state.site.tours, state))
        await navigation.go(parse(HERE.format(where)))
        await actions.fetcher.fill()
        assert_whole(actions.state)
        told = {cell.name.rpartition(".")[2] for cell in actions.state.run.pushes}
        assert (where != "expand") or WRITTEN_BY.rpartition(".")[2] in told

    asyncio.run(scenario())


def test_leaving_for_another_text_keeps_no_push_of_the_first() -> None:
    """What vectors of one text push is never told of another's."""

    async def scenario() -> None:
        engine = SlowRows(MODEL)
        actions = Actions(await opened(MODEL, engine=engine))
        actions.store.replace(tours=TOURS)
        navigation = Navigation(actions)
        await navigation.go(parse(HERE.format("contract")))
        engine.gate = asyncio.Event()
        filling = asyncio.create_task(actions.fetcher.fill())
        await until(lambda: engine.is_asked)
        engine.gate.set()
        engine.gate = None
        await actions.run("an other", chat=False)
        await filling
        fresh = Actions(await opened(MODEL))
        fresh.store.replace(tours=TOURS)
        await Navigation(fresh).go(parse("#/block/own/contract?prompt=an%20other&depth=numbers"))
        for one in (actions, fresh):
            await one.fetcher.fill()
        assert actions.state.run.ids == fresh.state.run.ids
        assert actions.state.run.pushes == fresh.state.run.pushes
        assert engine_of(actions.service) is engine

    asyncio.run(scenario())
