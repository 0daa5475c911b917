"""The search with beams on the page: the door's own answer, round by round, stopped when asked."""

from __future__ import annotations

import asyncio

import pytest

from seethrough.app.actions import Actions
from seethrough.app.calls import Calls
from seethrough.app.decoding import rules_of
from seethrough.app.navigation import address
from seethrough.core.beam_plan import BeamPlan
from seethrough.core.errors import InputError
from seethrough.core.routes import Route
from tests.fake_engine import engine_of, opened, tiny_model
from tests.recorded import opened_with, recorded

MODEL = tiny_model()
PROMPT = "the thing and"
PLAN = BeamPlan(3, 4, 0.5)


async def page(plan: BeamPlan = PLAN) -> Actions:
    """A page that ran the prompt and shows the step."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    actions.store.replace(route=Route("decode", "own", "beams"), beam_plan=plan)
    return actions


@pytest.mark.parametrize("plan", [BeamPlan(), PLAN, BeamPlan(1, 3, -1), BeamPlan(8, 2, 0)], ids=str)
def test_it_finds_what_the_door_finds(plan: BeamPlan) -> None:
    """The same ways with the same scores as `beam`, and every round is kept to be drawn."""

    async def scenario() -> None:
        actions = await page(plan)
        await actions.during("generate", actions.beaming.search())
        searched = actions.state.run.searched
        assert searched is not None
        options = {"beams": plan.n_beams, "max_new_tokens": plan.n_tokens}
        more = {"length_penalty": plan.penalty}
        told = await Calls(actions.service).reply("beam", [PROMPT, {**options, **more}])
        best = told["value"]["beams"]
        assert [list(way.ids) for way in searched.search.finished] == [one["ids"] for one in best]
        for way, one in zip(searched.search.finished, best, strict=True):
            assert way.score(plan.penalty) == pytest.approx(one["score"], abs=1e-5)
        assert searched.plan == plan
        assert 0 < len(searched.search.rounds) <= plan.n_tokens
        ids = {grown.way.ids[-1] for found in searched.search.rounds for grown in found}
        assert searched.words.keys() == ids
        assert actions.state.busy == ""

    asyncio.run(scenario())


def test_each_round_shows_while_it_goes_on() -> None:
    """After each round the tree is there as far as it is; each way costs one column a round."""

    async def scenario() -> None:
        actions = await page()
        seen: list[int] = []
        actions.store.subscribe(
            ("searched",),
            lambda state: seen.append(len(state.run.searched.search.rounds)),
        )
        before = len(engine_of(actions.service).requests)
        await actions.during("generate", actions.beaming.search())
        assert seen == [1, 2, 3, 4]
        columns = [len(one.tokens) for one in engine_of(actions.service).requests[before:]]
        assert columns == [1] * (1 + 3 * 3)

    asyncio.run(scenario())


def test_stopped_what_was_found_stays() -> None:
    """A stop ends it behind a pass, with a notice; the tree is there as far as it went."""

    async def scenario() -> None:
        actions = await page()

        def stop(_state: object) -> None:
            actions.cancel()

        actions.store.subscribe(("searched",), stop)
        await actions.during("generate", actions.beaming.search())
        state = actions.state
        assert state.run.searched is not None
        assert len(state.run.searched.search.rounds) == 1
        assert state.chrome.notice is not None
        assert state.chrome.notice.key == "engine.cancelled"
        assert state.busy == ""

    asyncio.run(scenario())


def test_a_recording_is_run_live_first() -> None:
    """From a recorded walk the search opens its model and goes on behind its text."""

    async def scenario() -> None:
        actions = Actions(await opened_with(recorded(), models=(MODEL,)))
        await actions.show_recording("thing")
        await actions.during("generate", actions.beaming.search())
        run = actions.state.run
        assert run.source == "live"
        assert run.searched is not None
        assert run.searched.search.finished

    asyncio.run(scenario())


def test_another_run_has_none() -> None:
    """What was searched belongs to its text; the plan stays."""

    async def scenario() -> None:
        actions = await page()
        await actions.during("generate", actions.beaming.search())
        await actions.run("an other", chat=False)
        assert actions.state.run.searched is None
        assert actions.state.choice.beam_plan == PLAN

    asyncio.run(scenario())


def test_the_address_says_how_it_searches() -> None:
    """A plan is in the link, and a link brings it; the usual one is not said."""

    async def scenario() -> None:
        actions = await page()
        assert "beams=3,4,0.5" in address(actions.state)
        actions.store.replace(beam_plan=BeamPlan())
        assert "beams" not in address(actions.state).partition("?")[2]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("name", "written", "key"),
    [
        ("n_beams", "0", "beam.plan"),
        ("n_beams", "9", "beam.plan"),
        ("n_beams", "2.5", "page.whole"),
        ("n_tokens", "33", "beam.plan"),
        ("n_tokens", "", "page.number"),
        ("penalty", "11", "beam.plan"),
        ("penalty", "inf", "page.number"),
        ("penalty", "one", "page.number"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(name: str, written: str, key: str) -> None:
    """Each refusal is a sentence, and the plan stays as it was."""
    actions = asyncio.run(page())

    with pytest.raises(InputError) as refused:
        actions.beaming.set(name, written)

    assert refused.value.key == key
    assert actions.state.choice.beam_plan == PLAN
    actions.beaming.set("n_beams", "5")
    assert actions.state.choice.beam_plan == BeamPlan(5, 4, 0.5)


def test_there_is_always_room_for_one_token() -> None:
    """At the end of the model's context the search still asks for one."""
    n_ctx = MODEL.config.n_ctx

    assert rules_of(MODEL.manifest, n_ctx, 2, 6, 1.0).max_new == 1
    assert rules_of(MODEL.manifest, n_ctx - 4, 2, 6, 1.0).max_new == 4
