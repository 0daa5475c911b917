"""Another layer: drawn as soon as its numbers are here, and only then."""

from __future__ import annotations

import asyncio

import numpy as np

from seethrough.app.actions import Actions
from seethrough.app.state import AppState, Message, Sampling
from seethrough.core.errors import CancelledRunError, EngineError
from seethrough.core.reference import forward, from_arrays
from seethrough.core.routes import Route
from tests.fake_engine import engine_of, opened, tiny_model

MODEL = tiny_model()
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
CLOSE = 1e-4  # float32 sums in another order


def ran() -> Actions:
    """Actions after one prompt was run."""
    actions = Actions(asyncio.run(opened(MODEL)))
    asyncio.run(actions.run(PROMPT, chat=False))
    return actions


def at_all(actions: Actions) -> Actions:
    """The same where every picture is drawn, the chosen layer's among them."""
    actions.store.replace(route=Route("all", "own"))
    return actions


def test_select_layer_draws_its_pattern() -> None:
    """The old layer's picture stays, under its own number, until the reference's new one comes."""
    actions = at_all(ran())
    seen: list[tuple[int, int | None]] = []
    actions.store.subscribe(
        ("choice",), lambda state: seen.append((state.choice.layer, state.choice.asked_layer))
    )

    asyncio.run(actions.select_layer(1))

    assert seen == [(0, 1), (1, None)]
    expected, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    pattern = actions.state.run.pattern(1)
    assert pattern is not None
    np.testing.assert_allclose(pattern, expected["blocks.1.attn.hook_pattern"], atol=CLOSE)


def test_a_layer_that_fails_is_not_chosen() -> None:
    """The picture stays what it was, under its own number, and the reader is told."""
    actions = at_all(ran())
    before = actions.state.run.pattern(0)
    engine_of(actions.service).fail_run = EngineError("engine.not_loaded")

    asyncio.run(actions.select_layer(1))

    state = actions.state
    assert (state.choice.layer, state.choice.asked_layer) == (0, None)
    assert before is not None
    assert state.run.pattern(0) is before
    assert state.chrome.error


def test_a_layer_chosen_in_a_continuation_is_drawn_after_it() -> None:
    """The reader is told that it waits; the notice goes when it has come."""
    actions = at_all(ran())
    notices: list[object] = []

    def choose(state: AppState) -> None:
        if len(state.run.continuation) == 2:
            asyncio.get_running_loop().create_task(actions.select_layer(1))

    actions.store.subscribe(("continuation",), choose)
    actions.store.subscribe(("notice",), lambda state: notices.append(state.chrome.notice))
    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=6)))

    state = actions.state
    told = [(item.key, item.fields) for item in notices if isinstance(item, Message)]
    assert told == [("recording.layer_waits", {"layer": 1})]
    assert (len(state.run.continuation), state.choice.layer, state.choice.asked_layer) == (
        6,
        1,
        None,
    )
    assert (state.chrome.notice, state.chrome.error, state.busy) == (None, None, "")
    expected, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    pattern = state.run.pattern(1)
    np.testing.assert_allclose(pattern, expected["blocks.1.attn.hook_pattern"], atol=CLOSE)


def test_the_last_layer_asked_for_wins() -> None:
    """While the engine gives one layer, another is asked for: the first one is never drawn."""
    actions = at_all(ran())
    drawn: list[int] = []
    actions.store.subscribe(("layer",), lambda state: drawn.append(state.choice.layer))

    async def hurry() -> None:
        engine = engine_of(actions.service)
        engine.wait, engine.started = asyncio.Event(), asyncio.Event()
        gate = engine.wait
        first = asyncio.create_task(actions.select_layer(1))
        await engine.started.wait()
        again = asyncio.create_task(actions.select_layer(0))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, again)

    asyncio.run(hurry())

    assert drawn == []
    assert (actions.state.choice.layer, actions.state.choice.asked_layer) == (0, None)


def test_a_stopped_layer_is_not_chosen() -> None:
    """Stop while it is asked for: no message, the old layer stays; asked again it is drawn."""
    actions = at_all(ran())
    engine_of(actions.service).fail_run = CancelledRunError("engine.cancelled")

    asyncio.run(actions.select_layer(1))

    state = actions.state
    assert (state.choice.layer, state.choice.asked_layer, state.chrome.error) == (0, None, None)
    asyncio.run(actions.select_layer(1))
    assert actions.state.choice.layer == 1


def test_a_layer_that_waited_in_vain_is_told_no_more() -> None:
    """The engine fails at it after a continuation: that is said, and not that it comes yet."""
    actions = at_all(ran())
    engine = engine_of(actions.service)

    def choose(state: AppState) -> None:
        if len(state.run.continuation) == 2:
            engine.fail_run = EngineError("engine.session", reason="no memory")
        elif len(state.run.continuation) == 1:
            asyncio.get_running_loop().create_task(actions.select_layer(1))

    actions.store.subscribe(("continuation",), choose)
    told: list[Message | None] = []
    actions.store.subscribe(("notice",), lambda state: told.append(state.chrome.notice))
    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=2)))

    state = actions.state
    assert [notice.key for notice in told if notice is not None] == ["recording.layer_waits"]
    assert (state.choice.layer, state.choice.asked_layer, state.chrome.notice) == (0, None, None)
    assert state.chrome.error is not None
    assert state.chrome.error.key == "engine.session"


def test_another_model_ends_the_wait() -> None:
    """Another model is opened meanwhile: neither the wait nor its notice stands after it."""
    actions = at_all(Actions(asyncio.run(opened(MODEL, tiny_model(8)))))
    asyncio.run(actions.run(PROMPT, chat=False))

    async def load_another() -> None:
        load = asyncio.create_task(actions.load("tiny-8"))
        await asyncio.sleep(0)
        await actions.select_layer(1)
        await load

    asyncio.run(load_another())

    state = actions.state
    assert (state.choice.asked_layer, state.chrome.notice, state.busy) == (None, None, "")
