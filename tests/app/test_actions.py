from __future__ import annotations

import asyncio

import numpy as np
import pytest

from seethrough.app import run as run_module
from seethrough.app import runner
from seethrough.app.state import AppState, Sampling
from seethrough.core.recording import stream_names
from seethrough.core.reference import forward, from_arrays
from tests.app.acting import IDS, MODEL, PROMPT, fresh, ran
from tests.fake_engine import engine_of, true_logits

CLOSE = 1e-4  # float32 sums in another order


def shown(state: AppState) -> tuple[object, ...]:
    """What a reader sees of the last run."""
    return (
        state.text.prompt,
        state.run.tokens,
        state.run.top,
        state.run.continuation,
        state.run.stop,
        state.sampling,
    )


def test_run_shows_tokens_and_candidates() -> None:
    """The ids with their text; the ten best next tokens with the reference's numbers."""
    state = ran("the<|im_end|>").state

    assert [
        (token.id, token.text, token.visible, token.is_special) for token in state.run.tokens
    ] == [
        (116, "t", "t", False),
        (258, "he", "he", False),
        (299, "<|im_end|>", "<|im_end|>", True),
    ]
    logits = true_logits(MODEL, (116, 258, 299)).astype(np.float64)
    probs = np.exp(logits) / np.exp(logits).sum()
    assert [item.id for item in state.run.top] == np.argsort(-logits)[:10].tolist()
    for item in state.run.top:
        assert item.logit == pytest.approx(logits[item.id], abs=CLOSE)
        assert item.prob == pytest.approx(probs[item.id], abs=CLOSE)
    assert (state.run.elapsed_ms, state.busy, state.chrome.error, state.chrome.notice) == (
        1.5,
        "",
        None,
        None,
    )


def test_run_shows_the_reference_s_pictures() -> None:
    """The residual stream of every layer and the pattern of the chosen one, number by number."""
    state = ran().state

    expected, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    stream = ["blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre", "blocks.1.hook_resid_post"]
    for position in range(len(IDS)):
        there = state.run.stream_at(position)
        assert there is not None
        true = [expected[name][position] for name in stream]
        np.testing.assert_allclose(there, true, atol=CLOSE)
    pattern = state.run.pattern(0)
    assert pattern is not None
    np.testing.assert_allclose(pattern, expected["blocks.0.attn.hook_pattern"], atol=CLOSE)
    assert state.choice.position == len(IDS) - 1


def test_run_loads_the_default_model() -> None:
    """Pressing Run first is enough."""
    actions = ran()

    assert engine_of(actions.service).loads == ["tiny-7"]
    assert actions.state.run.model == "tiny-7"


def test_run_in_chat_shows_the_template() -> None:
    """The template's tokens are shown as what the model gets."""
    state = ran(chat=True).state

    assert state.text.chat
    assert [token.text for token in state.run.tokens][:2] == ["<|im_start|>", "u"]


def test_long_inputs_are_pictured_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the pictures hold the first positions, and the numbers all of them."""
    for module in (run_module, runner):
        monkeypatch.setattr(module, "PICTURE_TOKENS", 3)

    actions = ran()
    state = actions.state

    stream = [state.run.captured.arrays[name] for name in stream_names(2)]
    pattern = state.run.pattern(0)
    assert pattern is not None
    assert [array.shape for array in stream] == [(3, 32)] * 3
    assert pattern.shape == (4, 3, 3)
    assert state.choice.position == 2
    assert len(state.run.tokens) == len(IDS)
    assert state.run.top[0].id == int(true_logits(MODEL, IDS).argmax())
    sizes = [
        (request.n_past, len(request.tokens)) for request in engine_of(actions.service).requests
    ]
    assert sizes == [(0, 3), (3, len(IDS) - 3)]


def test_tokens_that_come_fast_are_drawn_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is shown at once, those of one drawing's time together, and none is left out."""
    monkeypatch.setattr(runner, "BETWEEN", 1000.0)
    actions = fresh()
    lengths: list[int] = []
    actions.store.subscribe(
        ("continuation",), lambda state: lengths.append(len(state.run.continuation))
    )
    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=4)))

    assert lengths[-2:] == [1, 4]


def test_generate_appends_token_by_token() -> None:
    """Each new token is shown as it comes, with probability and rank; then why it stopped."""
    actions = fresh()
    lengths: list[int] = []
    actions.store.subscribe(
        ("continuation",), lambda state: lengths.append(len(state.run.continuation))
    )
    settings = Sampling(temperature=1.2, seed=5, max_new_tokens=4)

    asyncio.run(actions.generate(PROMPT, chat=False, settings=settings))

    state = actions.state
    assert lengths[-4:] == [1, 2, 3, 4]
    assert (state.run.stop, state.sampling, state.busy) == ("max_new_tokens", settings, "")
    sequence = IDS
    for token in state.run.continuation:
        logits = true_logits(MODEL, sequence).astype(np.float64)
        probs = np.exp(logits) / np.exp(logits).sum()
        assert token.prob == pytest.approx(probs[token.id], abs=CLOSE)
        assert token.rank == int((probs > probs[token.id]).sum())
        assert token.text == MODEL.tokenizer.decode([token.id])
        sequence = (*sequence, token.id)


def test_generating_again_starts_over() -> None:
    """A second continuation of the same prompt replaces the first and runs no prompt again."""
    actions = ran()
    settings = Sampling(max_new_tokens=3)
    asyncio.run(actions.generate(PROMPT, chat=False, settings=settings))
    first = actions.state.run.continuation
    before = actions.state.choice

    asyncio.run(actions.generate(PROMPT, chat=False, settings=settings))

    assert [token.id for token in actions.state.run.continuation] == [token.id for token in first]
    assert actions.state.choice is before


def test_generate_runs_a_new_prompt_first() -> None:
    """What is continued is what is shown."""
    actions = ran()

    asyncio.run(actions.generate("an", chat=False, settings=Sampling(max_new_tokens=1)))

    ids = MODEL.tokenizer.encode("an")
    assert [token.id for token in actions.state.run.tokens] == ids
    assert actions.state.run.continuation[0].id == int(true_logits(MODEL, ids).argmax())


def test_append_puts_a_candidate_behind_the_text() -> None:
    """The chosen token stands last, and everything shown is of the longer input."""
    actions = ran()
    chosen = actions.state.run.top[3].id

    asyncio.run(actions.append(chosen))

    longer = (*IDS, chosen)
    state = actions.state
    assert actions.state.run.ids == longer
    assert state.run.top[0].id == int(true_logits(MODEL, longer).argmax())
    assert [len(state.run.captured.arrays[name]) for name in stream_names(2)] == [len(longer)] * 3
    assert state.run.continuation == ()


def test_generate_keeps_what_was_appended() -> None:
    """A continuation goes on from the text with the reader's own choices in it."""
    actions = ran()
    chosen = actions.state.run.top[3].id
    asyncio.run(actions.append(chosen))

    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=1)))

    longer = (*IDS, chosen)
    assert actions.state.run.ids == longer
    assert actions.state.run.continuation[0].id == int(true_logits(MODEL, longer).argmax())


def test_appending_stops_at_the_last_position() -> None:
    """One token more than the model has room for is a sentence; what was shown stays."""
    actions = ran("!" * 63)
    before = shown(actions.state)

    asyncio.run(actions.append(3))

    assert actions.state.chrome.error
    assert actions.state.chrome.error.key == "input.too_many_tokens"
    assert shown(actions.state) == before


def test_append_before_any_run_does_nothing() -> None:
    """There is no text to put a token behind."""
    actions = fresh()

    asyncio.run(actions.append(3))

    assert (actions.state.run.tokens, actions.state.chrome.error, actions.state.busy) == (
        (),
        None,
        "",
    )


def test_a_run_is_one_forward_pass() -> None:
    """Pictures and candidates come of the same pass; of a long input nothing is computed twice."""
    actions = fresh()
    asyncio.run(actions.load())
    engine = engine_of(actions.service)

    asyncio.run(actions.run(PROMPT, chat=False))

    assert [(request.n_past, len(request.tokens)) for request in engine.requests] == [(0, len(IDS))]


def test_a_chosen_layer_and_head_stay_for_the_next_prompt() -> None:
    """A new prompt is drawn where the reader was looking; the last token is chosen."""
    actions = ran()
    asyncio.run(actions.select_layer(1))
    actions.select_head(3)
    actions.select_position(0)
    assert (actions.state.choice.head, actions.state.choice.position) == (3, 0)

    asyncio.run(actions.run("an", chat=False))

    picture = actions.state.choice
    assert (picture.layer, picture.head) == (1, 3)
    assert picture.position == len(MODEL.tokenizer.encode("an")) - 1


def test_a_layer_beyond_the_model_is_its_last() -> None:
    """A choice that the model has no layer or head for falls on its last one."""
    actions = fresh()
    asyncio.run(actions.load())
    asyncio.run(actions.select_layer(29))
    actions.select_head(31)

    asyncio.run(actions.run(PROMPT, chat=False))

    assert (actions.state.choice.layer, actions.state.choice.head) == (1, 3)
    assert actions.state.chrome.error is None
