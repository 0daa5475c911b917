"""Heads worth a look in a live run, and the answer without some: asked once, of the reference."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.fetcher import lacking_in
from seethrough.app.tours import wanted_by
from seethrough.core import hooks
from seethrough.core.depth import IDEA
from seethrough.core.heads import BY_HAND, BY_SCORE, Marked, head_scale
from seethrough.core.hooks import hook_name
from seethrough.core.reference import Knobs, forward, from_arrays
from seethrough.core.routes import Route
from seethrough.core.tokens import Candidate
from tests.app.going import state_after
from tests.fake_engine import engine_of, opened, served, tiny_model
from tests.recorded import parts, recorded, site_of

MODEL = tiny_model()
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
HERE = Route("walk", "own", "layers")
LAST = len(IDS) - 1


async def at_the_idea() -> Actions:
    """A page that ran the prompt and shows the idea of step 4, filled."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    actions.store.replace(route=HERE, depth=IDEA)
    await actions.fetcher.fill()
    return actions


def probs_without(off: frozenset[tuple[int, int]]) -> np.ndarray:
    """The reference's next-token probabilities with some heads at zero, in float64."""
    knobs = Knobs(head_scale=head_scale(MODEL.config, off))
    captured, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS, knobs=knobs)
    exact = captured[hooks.LOGITS][-1].astype(np.float64)
    return np.exp(exact - exact.max()) / np.exp(exact - exact.max()).sum()


def test_a_live_run_marks_the_heads_that_add_most() -> None:
    """At the idea of step 4 the heads are chosen by what they add, and their patterns brought."""

    async def scenario() -> None:
        actions = await at_the_idea()
        state = actions.state
        marked = state.run.marked
        assert marked is not None
        assert (marked.by, len(marked.heads)) == (BY_SCORE, 3)
        assert marked.together == marked.heads
        assert all(state.run.pattern(layer) is not None for layer, _ in marked.heads)
        captured, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
        rows = [
            captured[hook_name(hooks.PATTERN, at)][:, -1] for at in range(MODEL.config.n_layers)
        ]
        assert marked.resting == pytest.approx((np.stack(rows).argmax(axis=2) == 0).mean())
        assert state.run.lens is not None
        assert not lacking_in(state.run, wanted_by(state.site.tours, state))

    asyncio.run(scenario())


def test_a_head_that_is_off_is_asked_for_once() -> None:
    """One run with that head at zero is the reference's answer; on and off again asks no more."""

    async def scenario() -> None:
        actions = await at_the_idea()
        engine = engine_of(actions.service)
        off = frozenset({(1, 2)})
        before = len(engine.requests)
        for _ in range(3):
            actions.switch_heads(off)
            await actions.fetcher.fill()

        assert actions.state.choice.off == off
        (asked,) = engine.requests[before:]
        np.testing.assert_array_equal(asked.knobs["head_scale"], head_scale(MODEL.config, off))
        exact = probs_without(off)
        top = actions.state.run.without[off]
        assert [item.id for item in top] == np.argsort(-exact, kind="stable")[: len(top)].tolist()
        assert [item.prob for item in top] == pytest.approx(
            [exact[item.id] for item in top], abs=1e-6
        )

    asyncio.run(scenario())


def test_some_heads_are_switched_together() -> None:
    """Off with those that are off already; on again where all of them are off."""

    async def scenario() -> None:
        actions = await at_the_idea()
        actions.switch_heads(frozenset({(0, 0)}))
        actions.switch_heads(frozenset({(0, 0), (1, 1)}))
        assert actions.state.choice.off == {(0, 0), (1, 1)}
        actions.switch_heads(frozenset({(0, 0)}))
        assert actions.state.choice.off == {(1, 1)}
        await actions.run("an other", chat=False)
        assert not actions.state.choice.off

    asyncio.run(scenario())


def test_numbers_and_other_steps_ask_for_no_heads() -> None:
    """Heads are marked at the idea of step 4 alone."""

    async def scenario() -> None:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        for route in (HERE, Route("walk", "own", "logits"), Route("block", "own")):
            actions.store.replace(route=route)
            await actions.fetcher.fill()
        assert actions.state.run.marked is None

    asyncio.run(scenario())


def test_a_recording_asks_nothing_for_its_heads() -> None:
    """Its marked heads and answers are its own; no engine is there, and none is asked."""
    off = frozenset({(0, 1)})
    marked = Marked(((0, 1), (0, 2)), (), BY_HAND, 0.5)
    without = {off: (Candidate(5, "a", "a", 1.0, 0.5),)}
    made = replace(recorded(), marked=marked, without=without)
    actions = Actions(served(site_of(made, parted={"thing": parts(MODEL, made)})))

    async def scenario() -> None:
        await actions.service.open()

    asyncio.run(scenario())
    state = state_after(actions, "#/walk/thing/layers?depth=idea&off=0.1")

    assert state.run.marked == marked
    assert state.run.without[state.choice.off] == without[off]
    assert not engine_of(actions.service).requests


def test_an_address_says_which_heads_are_off() -> None:
    """A link restores them; heads that the model lacks are named in a notice."""

    async def scenario() -> Actions:
        return await at_the_idea()

    actions = asyncio.run(scenario())
    here = "#/walk/own/layers?prompt=the%20thing%20and&depth=idea"
    assert state_after(actions, f"{here}&off=1.2,0.3").choice.off == {(1, 2), (0, 3)}
    state = state_after(actions, f"{here}&off=1.9")
    assert state.chrome.notice is not None
    assert state.chrome.notice.key == "route.no_heads"
