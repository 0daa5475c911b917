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
from seethrough.app.state import Choice, Run
from seethrough.core.assets import RECORDING
from seethrough.core.errors import DownloadError, SourceError, UnknownNameError
from seethrough.core.recording import stream_names
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import engine_of, served, tiny_model, true_logits
from tests.recorded import PROMPT, opened_with, recorded, retold, site_of

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


@pytest.mark.parametrize("rows", [3, [3], [{"kind": "recording"}], [{"more": 1}], None, []])
def test_a_list_that_cannot_be_read(rows: object) -> None:
    """A damaged row is a sentence."""
    site = site_of()
    place = "models/tiny-7/manifest.json"
    site.files[place] = json.dumps(json.loads(str(site.files[place])) | {"assets": rows})

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
    retold(site, RECORDING, **told)

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
