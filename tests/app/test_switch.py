"""Changing to another model: the prompt and the place stay, the numbers are the new model's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.core.errors import DownloadError, SourceError
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import FakeSite, engine_of, opened, served, tiny_model, true_logits
from tests.recorded import opened_with, recorded

MODEL, OTHER = tiny_model(), tiny_model(8)
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
CLOSE = 1e-4  # float32 sums in another order


def fresh() -> Actions:
    """Actions over a page that has just opened."""
    return Actions(asyncio.run(opened(MODEL, OTHER)))


def ran() -> Actions:
    """Actions after one prompt was run."""
    actions = fresh()
    asyncio.run(actions.run(PROMPT, chat=False))
    return actions


def recorded_walk() -> Actions:
    """Actions on a page that shows a recording of the first model."""
    actions = Actions(asyncio.run(opened_with(recorded(MODEL), models=(MODEL, OTHER))))
    asyncio.run(actions.show_recording("thing"))
    return actions


def test_opening_lists_what_the_build_lacks() -> None:
    """Known models that are not here come with their facts and the command that adds them."""
    site = FakeSite(MODEL)
    row = {"id": "far", "title": "Far", "n_params": 10, "n_layers": 2, "licence": "mit"}
    row |= {"origin": "a hub", "command": "python3 build.py build --models far"}
    listing = json.loads(str(site.files["models.json"]))
    site.files["models.json"] = json.dumps({**listing, "absent": [row]})
    service = served(site)

    asyncio.run(service.open())

    (absent,) = service.store.state.site.absent
    assert (absent.title, absent.n_params, absent.download_bytes) == ("Far", 10, None)
    assert absent.command.endswith("--models far")
    assert [card.id for card in service.store.state.site.models] == ["tiny-7"]


@pytest.mark.parametrize("rows", [3, ["a"], [{"id": "a"}], [{"other": 1}], {"id": "a"}])
def test_a_damaged_list_of_what_the_build_lacks(rows: object) -> None:
    """It is refused with a sentence, as the rest of models.json is."""
    site = FakeSite(MODEL)
    site.files["models.json"] = json.dumps({"models": [], "absent": rows})

    with pytest.raises(SourceError) as caught:
        asyncio.run(served(site).open())
    assert caught.value.key == "manifest.unreadable"


def test_a_switch_keeps_prompt_and_place() -> None:
    """The other model runs the same text; layer, head and position are where they were."""
    actions = ran()
    asyncio.run(actions.select_layer(1))
    actions.select_head(2)
    actions.select_position(1)

    asyncio.run(actions.switch("tiny-8"))

    state = actions.state
    assert (state.run.model, state.run.source, state.text.prompt, state.chrome.error) == (
        "tiny-8",
        "live",
        PROMPT,
        None,
    )
    assert (state.choice.layer, state.choice.head, state.choice.position) == (1, 2, 1)
    captured, _ = forward(OTHER.config, from_arrays(OTHER.arrays), IDS)
    expected = captured["blocks.1.attn.hook_pattern"]
    np.testing.assert_allclose(state.run.pattern(1), expected, atol=CLOSE)
    asyncio.run(actions.switch("tiny-7"))
    assert actions.state.run.top[0].id == int(true_logits(MODEL, IDS).argmax())


def test_a_switch_to_a_smaller_model_falls_back() -> None:
    """A layer and a head that the other model lacks become its last ones."""
    config = replace(MODEL.config, n_layers=1, n_heads=2, n_key_value_heads=1, d_model=16)
    small = tiny_model(9, config)
    actions = Actions(asyncio.run(opened(MODEL, small)))
    asyncio.run(actions.run(PROMPT, chat=False))
    asyncio.run(actions.select_layer(1))
    actions.select_head(3)

    asyncio.run(actions.switch("tiny-9"))

    state = actions.state
    assert (state.choice.layer, state.choice.head, state.chrome.error) == (0, 1, None)
    assert [token.id for token in state.run.tokens] == list(IDS)


def test_a_switch_to_a_model_without_messages_runs_plain_text() -> None:
    """Where the other model has no chat template, the text is run as it is; a notice says so."""
    plain = tiny_model(8).changed(chat=None)
    actions = Actions(asyncio.run(opened(MODEL, plain)))
    asyncio.run(actions.run(PROMPT, chat=True))

    asyncio.run(actions.switch("tiny-8"))

    state = actions.state
    assert (state.text.prompt, state.text.chat, state.chrome.error, actions.state.run.ids) == (
        PROMPT,
        False,
        None,
        IDS,
    )
    assert state.chrome.notice
    assert (state.chrome.notice.key, state.chrome.notice.fields) == (
        "input.no_chat",
        {"model": "Tiny 8"},
    )


def test_a_switch_before_any_run_only_loads() -> None:
    """Nothing was shown, so nothing is run; the same model again runs nothing anew."""
    actions = fresh()
    asyncio.run(actions.switch("tiny-8"))
    assert (actions.state.site.engine.stage, actions.state.run.tokens) == ("ready", ())

    asyncio.run(actions.run(PROMPT, chat=False))
    asyncio.run(actions.switch("tiny-8"))
    assert len(engine_of(actions.service).requests) == 1


def test_a_failed_switch_keeps_the_prompt() -> None:
    """The sentence is told; trying again runs the same text with the model that failed."""
    actions = ran()
    actions.select_head(2)
    engine_of(actions.service).fail_load = DownloadError("engine.network", path="a.bin")

    asyncio.run(actions.switch("tiny-8"))
    assert actions.state.chrome.error
    assert (actions.state.text.prompt, actions.state.run.tokens) == (PROMPT, ())

    asyncio.run(actions.switch("tiny-8"))
    assert actions.state.run.ids == IDS
    assert actions.state.choice.head == 2


def test_a_text_of_one_s_own_is_run_by_the_open_model() -> None:
    """Not by the model of the recording that is shown, which would be fetched for it."""
    actions = recorded_walk()
    asyncio.run(actions.load("tiny-8"))

    asyncio.run(actions.run("an", chat=False))

    state = actions.state
    assert engine_of(actions.service).loads == ["tiny-8"]
    assert (state.run.source, state.run.model, state.run.config) == ("live", "tiny-8", OTHER.config)
    ids = OTHER.tokenizer.encode("an")
    assert state.run.top[0].id == int(true_logits(OTHER, ids).argmax())


def test_switching_from_a_recording_runs_its_prompt() -> None:
    """Choosing another model is choosing its numbers: for the same text, at the same place."""
    actions = recorded_walk()
    asyncio.run(actions.select_layer(1))
    actions.select_head(3)
    actions.select_position(0)

    asyncio.run(actions.switch("tiny-8"))

    state, picture = actions.state, actions.state.choice
    assert (state.run.source, state.run.recorded, state.run.model) == ("live", None, "tiny-8")
    assert (state.text.prompt, [token.id for token in state.run.tokens]) == (PROMPT, list(IDS))
    assert (picture.layer, picture.head, picture.position) == (1, 3, 0)
    assert state.run.top[0].id == int(true_logits(OTHER, IDS).argmax())


def test_loading_the_recording_s_own_model_leaves_it() -> None:
    """Only another model's numbers are asked for by a switch; these are of this one."""
    actions = recorded_walk()

    asyncio.run(actions.switch("tiny-7"))

    assert (actions.state.run.source, actions.state.site.engine.stage) == ("recorded", "ready")


def test_a_failed_switch_leaves_the_recording() -> None:
    """Where the other model cannot be had, what was shown stays; a retry is for that model."""
    actions = recorded_walk()
    engine_of(actions.service).fail_load = DownloadError("engine.network", path="a.bin")

    asyncio.run(actions.switch("tiny-8"))
    assert actions.state.chrome.error
    assert (actions.state.run.source, actions.state.site.engine.model) == ("recorded", "tiny-8")

    asyncio.run(actions.switch(actions.state.site.engine.model))
    assert (actions.state.run.source, actions.state.run.model) == ("live", "tiny-8")


def test_what_is_asked_during_the_load_goes_first() -> None:
    """A prompt that is run while the other model loads is run, and not written over."""
    actions = ran()

    async def both() -> None:
        switching = asyncio.create_task(actions.switch("tiny-8"))
        await asyncio.sleep(0)
        assert actions.state.busy == "load"
        await asyncio.gather(switching, actions.run("an", chat=False))

    asyncio.run(both())

    assert actions.state.text.prompt == "an"
    assert actions.state.run.ids == tuple(OTHER.tokenizer.encode("an"))
    assert actions.state.run.model == "tiny-8"


def test_a_switch_runs_what_stands_there() -> None:
    """An emptied field does not matter: the prompt whose numbers are shown is run again."""
    actions = ran()
    actions.store.replace(prompt="")

    asyncio.run(actions.switch("tiny-8"))

    assert actions.state.run.ids == IDS
    assert actions.state.chrome.error is None
