"""What the steps behind the weights ask the engine for: a pass for a layer, none for a head."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from seethrough.app.actions import Actions
from seethrough.app.fetcher import lacking_in
from seethrough.app.places import not_there
from seethrough.app.tours import wanted_by
from seethrough.core.depth import IDEA, NUMBERS
from seethrough.core.routes import Route
from seethrough.view.block.expand import wants as expand_wants
from seethrough.view.layout import PANELS
from tests.app.walked import Page, site
from tests.fake_engine import engine_of, opened, tiny_model
from tests.steps import parse

MODEL = tiny_model()
PROMPT = "the thing and"
STEPS = ("mix", "expand", "contract")


async def page_at(step: str) -> Actions:
    """A page that ran the prompt and shows a step, filled."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    actions.store.replace(route=Route("block", "own", step))
    await actions.fetcher.fill()
    return actions


async def passes(actions: Actions, *, layer: int | None = None, **choice: object) -> int:
    """Choose something and fill; how many forward passes that took."""
    before = len(engine_of(actions.service).requests)
    if layer is not None:
        await actions.select_layer(layer)
    actions.store.replace(**choice)
    await actions.fetcher.fill()
    state = actions.state
    assert not lacking_in(state.run, wanted_by(state.site.tours, state))
    assert state.chrome.error is None
    return len(engine_of(actions.service).requests) - before


@pytest.mark.parametrize("step", STEPS)
def test_a_head_or_a_neuron_costs_no_pass(step: str) -> None:
    """Another head or neuron is drawn from what is here; a layer once; a return asks nothing."""

    async def scenario() -> None:
        actions = await page_at(step)
        assert await passes(actions, head=1) == 0
        assert await passes(actions, neuron=7) == 0
        assert await passes(actions, layer=1) <= 2  # the final norm's state is one of its own
        assert actions.state.choice.layer == 1
        assert await passes(actions, layer=0) == 0
        assert await passes(actions, depth=IDEA) == 0

    asyncio.run(scenario())


def test_a_layer_does_not_wait_for_its_words() -> None:
    """What vectors push is asked for once the layer is drawn: it reads the whole unembedding."""

    async def scenario() -> None:
        state = (await page_at("expand")).state
        assert expand_wants(state).pushes
        assert not expand_wants(state.but(asked_layer=1)).pushes

    asyncio.run(scenario())


@pytest.mark.parametrize("depth", [IDEA, NUMBERS])
@pytest.mark.parametrize("step", STEPS)
def test_a_recording_says_what_it_lacks(step: str, depth: str) -> None:
    """Of a recorded walk a step draws what there is, and the rest is one click away."""

    async def scenario() -> str:
        page = Page(site())
        await page.service.open()
        await page.navigation.go(parse(f"#/block/thing/{step}"))
        page.actions.store.replace(depth=depth)
        await page.actions.fetcher.fill()
        state = page.state
        assert state.chrome.error is None
        assert state.step is not None
        return PANELS[state.step.place_at(depth)].render(state)

    assert 'data-action="live"' in asyncio.run(scenario())


def test_a_neuron_in_an_address() -> None:
    """One that is there is chosen; one beyond the layer is named, and the strongest is shown."""

    async def scenario() -> None:
        state = (await page_at("expand")).state
        there = parse("#/block/own/expand?neuron=3")
        beyond = replace(there, neuron=MODEL.config.d_mlp)
        assert there.neuron == 3
        assert [message.key for message in not_there(there, state)] == []
        assert [message.key for message in not_there(beyond, state)] == ["route.no_neuron"]

    asyncio.run(scenario())
