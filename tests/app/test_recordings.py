from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export import record
from seethrough.app import generate
from seethrough.app.actions import Actions
from seethrough.app.recordings import run_of
from seethrough.app.state import Choice, Run, Sampling
from seethrough.core.errors import DownloadError, SourceError, UnknownNameError
from seethrough.core.recording import stream_names
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import engine_of, served, tiny_model, true_logits
from tests.recorded import PROMPT, opened_with, recorded, site_of

if TYPE_CHECKING:
    from tests.fake_engine import FakeSite

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


def test_the_list_is_read_before_any_download() -> None:
    """Each recording of each model is told with its prompt and size; no file of it is fetched."""
    site = site_of(MADE, SECOND, FOREIGN, models=(MODEL, OTHER))
    service = served(site)
    asyncio.run(service.open())

    cards = service.store.state.site.recordings
    assert [(card.id, card.model, card.prompt, card.chat) for card in cards] == [
        ("thing", "tiny-7", PROMPT, False),
        ("second", "tiny-7", "an other", False),
        ("foreign", "tiny-8", PROMPT, False),
    ]
    path = "models/tiny-7/recordings/thing.safetensors"
    assert cards[0] == replace(
        cards[0], n_tokens=len(IDS), size_bytes=len(site.files[path]), path=path
    )
    assert path not in site.fetched


def test_a_build_without_recordings_has_none() -> None:
    """An older list, or a model that was not recorded, is no error."""
    service = asyncio.run(opened_with())

    assert service.store.state.site.recordings == ()


@pytest.mark.parametrize("rows", [3, [3], [{"id": "a"}], [{"more": 1}], None])
def test_a_list_that_cannot_be_read(rows: object) -> None:
    """A damaged row is a sentence."""
    site = site_of()
    site.files["models.json"] = (
        str({"models": [{"id": "tiny-7", "path": "models/tiny-7/", "recordings": rows}]})
        .replace("'", '"')
        .replace("None", "null")
    )

    with pytest.raises(SourceError) as caught:
        asyncio.run(served(site).open())
    assert caught.value.key == "manifest.unreadable"


def test_a_recording_needs_no_model() -> None:
    """Everything that a live run shows is there, and no call reached the engine."""
    state = shown().state

    assert (state.run.source, state.run.recorded, state.run.model) == (
        "recorded",
        state.run.recorded,
        "tiny-7",
    )
    assert (state.text.prompt, state.text.chat, state.run.config) == (PROMPT, False, MODEL.config)
    assert [token.id for token in state.run.tokens] == list(IDS)
    logits = true_logits(MODEL, IDS).astype(np.float64)
    probs = np.exp(logits) / np.exp(logits).sum()
    assert [item.id for item in state.run.top] == np.argsort(-logits)[:10].tolist()
    for item in state.run.top:
        assert item.prob == pytest.approx(probs[item.id], abs=CLOSE)
    assert [step.id for step in state.run.continuation] == [step.id for step in MADE.continuation]
    assert (state.run.stop, state.run.elapsed_ms, state.busy) == ("max_new_tokens", 0.0, "")
    assert engine_of(shown().service).requests == []
    assert engine_of(shown().service).loads == []


def test_its_pictures_are_the_run_s() -> None:
    """The stream of the recorded positions and the pattern of the first layer, exactly."""
    state = shown().state
    captured, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    stream = stream_names(MODEL.config.n_layers)

    assert {state.run.captured.positions[name] for name in stream} == {(3, 4)}
    assert state.choice.position == len(IDS) - 1
    assert state.run.stream_at(0) is None
    for position in (3, 4):
        there = state.run.stream_at(position)
        assert there is not None
        np.testing.assert_array_equal(there, [captured[name][position] for name in stream])
        np.testing.assert_array_equal(there[0], captured["hook_embed"][position])
    np.testing.assert_array_equal(state.run.pattern(0), captured["blocks.0.attn.hook_pattern"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (0, 0, 0)),
        ({"layer": 1, "head": 2, "position": 0}, (1, 2, 0)),
        ({"layer": 29, "head": 31, "position": 999}, (1, 3, 4)),
        ({"layer": -1, "head": -1, "position": -1}, (0, 0, 0)),
    ],
)
def test_the_changes_are_pure(asked: dict[str, int], expected: tuple[int, int, int]) -> None:
    """Layer, head and position of an address, kept inside the model; the build calls it too."""
    run = run_of(MADE, MODEL.config)

    choice = Choice(**asked).carried(Run(), run, keeps_position=True)
    assert (choice.layer, choice.head, choice.position) == expected
    assert (run.pattern(choice.layer) is None) == (choice.layer == 1)
    last = Choice(**asked).carried(Run(), run)
    assert (last.layer, last.head, last.position) == (*expected[:2], 4)


def test_what_it_lacks_is_chosen_all_the_same() -> None:
    """Another layer's pattern is not there and the reader is not stopped; back again it is."""
    actions = shown()
    first = actions.state.run.pattern(0)
    assert first is not None

    asyncio.run(actions.select_layer(1))
    assert (actions.state.choice.layer, actions.state.run.pattern(1)) == (1, None)
    actions.select_position(0)
    actions.select_head(2)
    assert actions.state.run.stream_at(actions.state.choice.position) is None
    asyncio.run(actions.select_layer(0))

    picture = actions.state.choice
    assert (picture.layer, picture.head, picture.position) == (0, 2, 0)
    np.testing.assert_array_equal(actions.state.run.pattern(0), first)
    assert (actions.state.chrome.error, actions.state.busy) == (None, "")
    assert engine_of(actions.service).requests == []


def test_choosing_what_is_shown_draws_nothing() -> None:
    """An address that names the place where the reader is costs no picture."""
    actions = shown()
    before = actions.state

    asyncio.run(actions.select_layer(before.choice.layer))
    actions.select_head(before.choice.head)
    actions.select_position(before.choice.position)

    assert actions.state is before


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


def test_a_recording_is_fetched_once() -> None:
    """Coming back to it costs nothing."""
    site = site_of(MADE, SECOND)
    service = served(site)
    asyncio.run(service.open())
    for name in ("thing", "second", "thing"):
        asyncio.run(service.recording(name))

    assert sum("recordings/" in path for path in site.fetched) == 2


def ask(site: FakeSite, name: str) -> object:
    """Open a site and one of its recordings."""
    service = served(site)
    asyncio.run(service.open())
    return asyncio.run(service.recording(name))


def test_a_recording_that_cannot_be_had_is_a_sentence() -> None:
    """Unknown, missing, altered: what is wrong, and what was shown stays."""
    site = site_of(MADE, SECOND)
    (path,) = [path for path in site.files if path.endswith("thing.safetensors")]

    with pytest.raises(UnknownNameError, match=r"no recorded walk 'thin'\. It has: 'thing'"):
        ask(site, "thin")
    whole = site.files[path]
    assert isinstance(whole, bytes)
    site.files[path] = whole[:-1] + b"!"
    with pytest.raises(DownloadError, match="SHA-256 differs"):
        ask(site, "thing")
    del site.files[path]
    with pytest.raises(DownloadError, match="404"):
        ask(site, "thing")


def test_another_export_s_recording_is_refused() -> None:
    """Its hash is the list's, and yet its numbers are not of this model's files."""
    site = site_of(replace(MADE, graph_sha256="1" * 64))

    with pytest.raises(SourceError, match="was not made with these files"):
        ask(site, "thing")


@pytest.mark.parametrize(
    "told", [{"prompt": "an other"}, {"chat": True}, {"n_tokens": 3}, {"id": "thong"}], ids=str
)
def test_a_list_that_tells_of_another_walk(told: dict[str, object]) -> None:
    """Its hash and model fit, and yet it is not what the reader chose by its text."""
    site = site_of(MADE)
    listing = json.loads(str(site.files["models.json"]))
    listing["models"][0]["recordings"][0].update(told)
    site.files["models.json"] = json.dumps(listing)

    with pytest.raises(SourceError, match="holds another walk than the list says"):
        ask(site, str(told.get("id", "thing")))


def test_an_error_leaves_what_was_shown() -> None:
    """A recording that cannot be opened takes nothing off the page."""
    actions = shown()
    before = actions.state

    asyncio.run(actions.show_recording("nothing such"))

    assert actions.state.chrome.error
    assert actions.state.chrome.error.key == "recording.unknown"
    assert actions.state.run.recorded is before.run.recorded
    asyncio.run(actions.show_recording("second"))
    assert actions.state.chrome.error is None


def test_another_model_leaves_the_recording() -> None:
    """What is recorded is the recording's model's; the engine's own is told beside it."""
    actions = shown()

    asyncio.run(actions.load("tiny-8"))

    state = actions.state
    assert (state.run.source, state.run.model, state.run.config) == (
        "recorded",
        "tiny-7",
        MODEL.config,
    )
    assert (state.site.engine.model, state.site.engine.stage) == ("tiny-8", "ready")


def test_the_words_for_an_end_are_the_page_s() -> None:
    """The recorder, which may not import the app, uses the same two."""
    assert (record.END, record.LIMIT) == (generate.END, generate.LIMIT)


async def until(is_true: object) -> None:
    """Let the other tasks go on until something is so."""
    assert callable(is_true)
    for _ in range(1000):
        if is_true():
            return
        await asyncio.sleep(0)
    pytest.fail("waited too long")
