"""The search for heads that matter: one pass a head, true answers, stopped when asked."""

from __future__ import annotations

import asyncio

import pytest

from seethrough.app import searching
from seethrough.app.actions import Actions
from seethrough.core.heads import every_head
from seethrough.core.routes import Route
from seethrough.view.block import search
from seethrough.view.node import to_html
from tests.app.test_heads import probs_without
from tests.fake_engine import engine_of, opened, tiny_model

MODEL = tiny_model()
PROMPT = "the thing and"
HEADS = every_head(MODEL.config)


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model has few heads."""
    monkeypatch.setattr(searching, "AT_ONCE", 2)


async def page() -> Actions:
    """A page that ran the prompt and shows the step with the search, filled."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    actions.store.replace(route=Route("block", "own", "mix"))
    await actions.fetcher.fill()
    return actions


def test_every_head_is_asked_about_once() -> None:
    """A pass for each head, the answers are the reference's; a second search asks nothing."""

    async def scenario() -> None:
        actions = await page()
        before = len(engine_of(actions.service).requests)
        await actions.searching.search()
        state = actions.state
        assert len(engine_of(actions.service).requests) - before == len(HEADS)
        assert not state.choice.is_searching
        for head in HEADS:
            exact = probs_without(frozenset({head}))
            for one in state.run.without[frozenset({head})]:
                assert one.prob == pytest.approx(exact[one.id], abs=1e-5)
        await actions.searching.search()
        assert len(engine_of(actions.service).requests) - before == len(HEADS)

    asyncio.run(scenario())


def test_what_changes_most_stands_first() -> None:
    """The table is ordered by how much the answer's chance changes, and its heads can be chosen."""

    async def scenario() -> None:
        actions = await page()
        await actions.searching.search()
        run = actions.state.run
        answer = run.top[0]
        found = search.effects_of(run)
        changes = [
            abs(answer.prob - probs_without(frozenset({one.head}))[answer.id])
            for one in found
            if one.after is not None
        ]
        assert {one.head for one in found} == set(HEADS)
        assert changes == sorted(changes, reverse=True)
        html = to_html(*search.parts(actions.state))
        assert html.count('data-action="select-place"') == min(search.N_SHOWN, len(HEADS))
        assert f"{len(HEADS)} of {len(HEADS)} heads asked about" in html

    asyncio.run(scenario())


def test_it_can_be_stopped_and_gone_on_with() -> None:
    """Stopped, what was found stays and is offered to go on; another run ends it too."""

    async def scenario() -> None:
        actions = await page()
        engine = engine_of(actions.service)
        engine.wait, engine.started = asyncio.Event(), asyncio.Event()
        work = asyncio.create_task(actions.searching.search())
        await engine.started.wait()
        assert 'data-action="stop-search"' in to_html(*search.parts(actions.state))
        actions.searching.stop()
        engine.wait.set()
        await work
        assert len(actions.state.run.without) == 2
        assert not actions.state.choice.is_searching
        assert 'data-action="search-heads"' in to_html(*search.parts(actions.state))
        await actions.searching.search()
        assert len(actions.state.run.without) == len(HEADS)
        await actions.run("an other", chat=False)
        assert not actions.state.choice.is_searching
        assert search.effects_of(actions.state.run) == []

    asyncio.run(scenario())
