"""From a recorded walk to the engine, and recordings beside what the engine does."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.state import Sampling
from seethrough.core.errors import DownloadError
from seethrough.core.recording import stream_names
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import engine_of, served, tiny_model, true_logits
from tests.recorded import PROMPT, opened_with, recorded, site_of

MODEL, OTHER = tiny_model(), tiny_model(8)
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
MADE, SECOND = recorded(), recorded(name="second", prompt="an other", positions=(0, 1))
FOREIGN = recorded(OTHER, name="foreign")
CLOSE = 1e-4


def fresh() -> Actions:
    """Actions over a page with three recordings, one of the second model; nothing is loaded."""
    return Actions(asyncio.run(opened_with(MADE, SECOND, FOREIGN, models=(MODEL, OTHER))))


def shown(name: str = "thing") -> Actions:
    """Actions after a recording was opened."""
    actions = fresh()
    asyncio.run(actions.show_recording(name))
    return actions


async def until(is_true: object) -> None:
    """Let the other tasks go on until something is so."""
    assert callable(is_true)
    for _ in range(1000):
        if is_true():
            return
        await asyncio.sleep(0)
    pytest.fail("waited too long")


def test_going_live_keeps_the_place() -> None:
    """The same prompt on the real engine: same tokens, the layer, head and position chosen."""
    actions = shown()
    asyncio.run(actions.select_layer(1))
    actions.select_head(3)
    actions.select_position(0)

    asyncio.run(actions.go_live())

    state = actions.state
    assert (state.run.source, state.run.recorded, state.chrome.error, state.busy) == (
        "live",
        None,
        None,
        "",
    )
    assert [token.id for token in state.run.tokens] == list(IDS)
    picture = state.choice
    assert (picture.layer, picture.head, picture.position) == (1, 3, 0)
    captured, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    pattern = state.run.pattern(1)
    np.testing.assert_allclose(pattern, captured["blocks.1.attn.hook_pattern"], atol=CLOSE)
    stream = stream_names(MODEL.config.n_layers)
    assert not set(stream) & state.run.captured.positions.keys()
    shapes = [state.run.captured.arrays[name].shape for name in stream]
    assert shapes == [(len(IDS), 32)] * 3


def test_going_live_loads_the_recording_s_model() -> None:
    """Not the default one; the recording stays on the page while its model is fetched."""
    actions = shown("foreign")
    seen: list[tuple[str, str]] = []
    actions.store.subscribe(
        ("engine",), lambda state: seen.append((state.site.engine.stage, state.run.source))
    )

    asyncio.run(actions.go_live())

    assert engine_of(actions.service).loads == ["tiny-8"]
    assert ("download", "recorded") in seen
    assert actions.state.run.source == "live"
    assert actions.state.run.top[0].id == int(true_logits(OTHER, IDS).argmax())


def test_a_failed_load_leaves_the_recording() -> None:
    """The error is told, and everything recorded stays; live can be tried again."""
    actions = shown()
    engine_of(actions.service).fail_load = DownloadError("engine.network", path="a.bin")

    asyncio.run(actions.go_live())

    state = actions.state
    assert state.chrome.error
    assert (state.chrome.error.key, state.run.source, state.run.model) == (
        "engine.network",
        "recorded",
        "tiny-7",
    )
    assert state.run.stream_at(state.choice.position) is not None
    asyncio.run(actions.go_live())
    assert (actions.state.run.source, actions.state.chrome.error) == ("live", None)


def test_live_without_a_recording_does_nothing() -> None:
    """There is nothing to take over."""
    actions = fresh()

    asyncio.run(actions.go_live())

    assert (actions.state.run.tokens, actions.state.chrome.error, actions.state.busy) == (
        (),
        None,
        "",
    )


def test_a_continuation_of_a_recording_is_live() -> None:
    """Generating from a recorded walk runs its prompt here first."""
    actions = shown()

    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=3)))

    state = actions.state
    assert state.run.source == "live"
    assert [step.id for step in state.run.continuation] == [step.id for step in MADE.continuation]


def test_an_appended_token_of_a_recording_is_live() -> None:
    """The reader's own choice goes behind the recorded text, on the recording's model."""
    actions = shown("foreign")
    chosen = actions.state.run.top[2].id

    asyncio.run(actions.append(chosen))
    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=1)))

    assert (actions.state.run.source, actions.state.run.ids) == ("live", (*IDS, chosen))
    expected = int(true_logits(OTHER, (*IDS, chosen)).argmax())
    assert actions.state.run.continuation[0].id == expected


def test_a_recording_is_shown_while_a_model_loads() -> None:
    """A load goes on behind a recorded walk, and takes nothing off it when it ends."""

    async def scenario() -> None:
        actions = Actions(await opened_with(MADE, FOREIGN, models=(MODEL, OTHER)))
        engine = engine_of(actions.service)
        engine.wait = wait = asyncio.Event()
        load = asyncio.create_task(actions.load())
        await engine.started.wait()

        await actions.show_recording("foreign")
        await actions.select_layer(1)

        assert (actions.state.busy, actions.state.run.source) == ("load", "recorded")
        wait.set()
        await load
        state = actions.state
        assert (state.run.source, state.run.model, state.run.config) == (
            "recorded",
            "tiny-8",
            OTHER.config,
        )
        assert (state.choice.layer, state.busy, state.chrome.error) == (1, "", None)
        assert actions.service.is_loaded("tiny-7")

    asyncio.run(scenario())


def test_live_waits_for_a_load() -> None:
    """Asked for while the model loads, it starts when the model is there; a notice says so."""

    async def scenario() -> None:
        actions = Actions(await opened_with(MADE))
        engine = engine_of(actions.service)
        engine.wait = wait = asyncio.Event()
        load = asyncio.create_task(actions.load())
        await engine.started.wait()
        await actions.show_recording("thing")

        live = asyncio.create_task(actions.go_live())
        again = asyncio.create_task(actions.go_live())
        await until(lambda: actions.state.chrome.notice is not None)
        assert actions.state.chrome.notice
        assert actions.state.chrome.notice.key == "recording.load_waits"
        wait.set()
        await asyncio.gather(load, live, again)

        assert (actions.state.run.source, actions.state.chrome.notice) == ("live", None)
        assert len(engine.requests) == 1

    asyncio.run(scenario())


def test_live_is_dropped_when_the_reader_turns_away() -> None:
    """What waited for a load does not come back over a text of the reader's own."""

    async def scenario() -> None:
        actions = Actions(await opened_with(MADE))
        engine = engine_of(actions.service)
        engine.wait = wait = asyncio.Event()
        load = asyncio.create_task(actions.load())
        await engine.started.wait()
        await actions.show_recording("thing")
        live = asyncio.create_task(actions.go_live())
        await until(lambda: actions.state.chrome.notice is not None)

        actions.clear()
        wait.set()
        await asyncio.gather(load, live)

        state = actions.state
        assert (state.run.source, state.run.tokens, state.chrome.notice) == ("", (), None)
        assert engine.requests == []
        assert (state.run.model, state.run.config) == ("tiny-7", MODEL.config)

    asyncio.run(scenario())


def test_a_load_that_fails_starts_nothing() -> None:
    """What waited for it is dropped, and only the load's own sentence stays."""

    async def scenario() -> None:
        actions = Actions(await opened_with(MADE))
        engine = engine_of(actions.service)
        engine.wait = wait = asyncio.Event()
        engine.fail_load = DownloadError("engine.network", path="a.bin")
        load = asyncio.create_task(actions.load())
        await engine.started.wait()
        run = asyncio.create_task(actions.run("an", chat=False))
        await until(lambda: actions.state.chrome.notice is not None)
        wait.set()
        await asyncio.gather(load, run)

        state = actions.state
        assert state.chrome.error
        assert (state.chrome.error.key, state.chrome.notice, state.busy) == (
            "engine.network",
            None,
            "",
        )
        assert state.text.prompt == "an"
        assert (engine.requests, engine.loads) == ([], ["tiny-7"])

    asyncio.run(scenario())


def test_a_recording_takes_the_place_of_a_run() -> None:
    """A continuation is stopped, and nothing of it lands in the recorded walk."""

    async def scenario() -> None:
        actions = Actions(await opened_with(MADE, SECOND))
        await actions.run("an", chat=False)
        settings = Sampling(max_new_tokens=40)
        going = asyncio.create_task(actions.generate("an", chat=False, settings=settings))
        await until(lambda: len(actions.state.run.continuation) == 2)

        await actions.show_recording("thing")
        await going

        state = actions.state
        assert (state.run.source, state.busy, state.chrome.notice) == ("recorded", "", None)
        assert [step.id for step in state.run.continuation] == [
            step.id for step in MADE.continuation
        ]

    asyncio.run(scenario())


def test_the_last_recording_asked_for_wins() -> None:
    """Two clicks, one after the other: the slower file does not push the newer one away."""

    async def scenario() -> None:
        site = site_of(MADE, SECOND)
        service = served(site)
        await service.open()
        actions = Actions(service)
        site.wait = asyncio.Event()
        first = asyncio.create_task(actions.show_recording("thing"))
        await until(lambda: len(site.fetched) == 3)
        second = asyncio.create_task(actions.show_recording("second"))
        await until(lambda: len(site.fetched) == 4)
        site.wait.set()
        await asyncio.gather(second, first)

        assert actions.state.run.recorded
        assert actions.state.run.recorded.id == "second"

    asyncio.run(scenario())
