from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from seethrough.app.state import EngineStatus
from seethrough.core.reference import Knobs, forward, from_arrays
from tests.app.asking import IDS, MODEL, OTHER, PROMPT, ask
from tests.fake_engine import engine_of, opened, true_logits

CLOSE = 1e-4  # float32 sums in another order


def test_opening_lists_the_models() -> None:
    """The cards come from the manifests, in order; nothing is downloaded yet."""
    service = asyncio.run(opened(MODEL, OTHER))

    cards = service.store.state.site.models
    assert [card.id for card in cards] == ["tiny-7", "tiny-8"]
    assert cards[0].download_bytes == MODEL.manifest.download_bytes
    assert (cards[0].n_params, cards[0].n_layers) == (MODEL.manifest.n_params, 2)
    assert (cards[0].licence, cards[0].origin, cards[0].has_chat) == (
        "Apache-2.0",
        "made up",
        True,
    )
    assert service.store.state.site.engine.stage == "idle"
    assert engine_of(service).loads == []


def test_ready_before_and_after_a_load() -> None:
    """`ready` tells the models at once, and what runs once one is loaded."""
    before = ask(lambda service: service.ready())
    after = ask(lambda service: service.load())

    assert before["models"][1] == {
        "id": "tiny-8",
        "title": "Tiny 8",
        "download_bytes": OTHER.manifest.download_bytes,
    }
    assert (before["model"], before["backend"], before["threads"]) == (None, "numpy", 1)
    assert (after["model"], after["backend"], after["threads"]) == ("tiny-7", "numpy", 1)


def test_a_load_tells_the_store_each_stage() -> None:
    """Download in bytes, session, ready; the model's name stands there from the start."""
    service = asyncio.run(opened(MODEL, OTHER))
    told: list[tuple[str, str]] = []
    service.store.subscribe(
        ("engine", "model"), lambda state: told.append((state.run.model, state.site.engine.stage))
    )

    asyncio.run(service.load("tiny-8"))

    stages = list(dict.fromkeys(stage for model, stage in told if model == "tiny-8"))
    assert stages[-3:] == ["download", "session", "ready"]
    assert service.store.state.run.config == OTHER.config
    assert service.store.state.site.engine == EngineStatus(
        stage="ready", backend="numpy", threads=1, session_ms=12.5, mode="exact", model="tiny-8"
    )


def test_the_default_model_is_loaded_when_it_is_needed() -> None:
    """The first question loads the default model, and only once."""
    service = asyncio.run(opened(OTHER, MODEL))

    asyncio.run(service.tokenize("the"))
    asyncio.run(service.next("the"))
    asyncio.run(service.load())

    assert engine_of(service).loads == ["tiny-8"]


def test_concurrent_questions_share_one_load() -> None:
    """Who asks while a model loads waits for that load; answers are as if asked in turn."""

    async def scenario() -> None:
        service = await opened(MODEL)
        first, tokens, second = await asyncio.gather(
            service.next(PROMPT, 3), service.tokenize(PROMPT), service.next("an", 3)
        )
        assert engine_of(service).loads == ["tiny-7"]
        assert first == await service.next(PROMPT, 3)
        assert [token["id"] for token in tokens] == list(IDS)
        assert second["ids"] == MODEL.tokenizer.encode("an")

    asyncio.run(scenario())


def test_another_model_replaces_the_first() -> None:
    """Loading a second model answers with its numbers and clears what the first one showed."""
    service = asyncio.run(opened(MODEL, OTHER))
    asyncio.run(service.next(PROMPT))

    asyncio.run(service.load("tiny-8"))
    answer = asyncio.run(service.next(PROMPT, 1))

    best = true_logits(OTHER, IDS)
    assert answer["top"][0]["id"] == int(best.argmax())
    assert answer["top"][0]["logit"] == pytest.approx(best.max(), abs=CLOSE)


def test_tokenize() -> None:
    """Ids with the text that the vocabulary decodes each to; parts of a letter are U+FFFD."""
    tokens = ask(lambda service: service.tokenize("thé<|im_end|>"))

    assert [token["text"] for token in tokens] == ["t", "h", "�", "�", "<|im_end|>"]
    assert [token["id"] for token in tokens] == MODEL.tokenizer.encode("thé<|im_end|>")


def test_next_is_the_reference_s() -> None:
    """The k best logits in order, with probabilities over the whole vocabulary."""
    answer = ask(lambda service: service.next(PROMPT, 5))

    logits = true_logits(MODEL, IDS).astype(np.float64)
    probs = np.exp(logits) / np.exp(logits).sum()
    best = np.argsort(-logits)[:5]
    assert answer["ids"] == list(IDS)
    assert [row["id"] for row in answer["top"]] == best.tolist()
    for row in answer["top"]:
        assert row["logit"] == pytest.approx(logits[row["id"]], abs=CLOSE)
        assert row["prob"] == pytest.approx(probs[row["id"]], abs=CLOSE)
        assert row["text"] == MODEL.tokenizer.decode([row["id"]])


def test_all_probabilities_add_up() -> None:
    """With k at the whole vocabulary nothing is missing from 1."""
    answer = ask(lambda service: service.next(PROMPT, 300))

    assert sum(row["prob"] for row in answer["top"]) == pytest.approx(1, abs=1e-5)


def test_chat_asks_with_the_template() -> None:
    """In chat the whole input is the template's, and the numbers follow from it."""
    answer = ask(lambda service: service.next(PROMPT, 1, chat=True))

    assert len(answer["ids"]) > len(IDS)
    assert answer["top"][0]["id"] == int(true_logits(MODEL, answer["ids"]).argmax())


def test_capture_is_the_reference_s() -> None:
    """Hooks come for every position, logits too; a name asked for twice comes once."""
    names = ["blocks.1.attn.hook_pattern", "logits", "blocks.1.attn.hook_pattern"]

    captured = ask(lambda service: service.capture(PROMPT, names))

    expected, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    assert list(captured) == names[:2]
    for name in captured:
        np.testing.assert_allclose(captured[name], expected[name], atol=CLOSE)


def test_capture_with_knobs() -> None:
    """Plain nested lists, as they come from JavaScript, change the run and not the next one."""
    lists = [[0, 1, 1, 1], [1, 1, 1, 1]]

    async def scenario() -> None:
        service = await opened(MODEL)
        before = await service.next(PROMPT, 1)
        captured = await service.capture(PROMPT, ["logits"], knobs={"head_scale": lists})
        expected, _ = forward(
            MODEL.config,
            from_arrays(MODEL.arrays),
            IDS,
            knobs=Knobs(head_scale=np.array(lists, np.float32)),
        )
        np.testing.assert_allclose(captured["logits"], expected["logits"], atol=CLOSE)
        assert await service.next(PROMPT, 1) == before

    asyncio.run(scenario())


def test_generate_tells_ids_text_and_reason() -> None:
    """The greedy continuation by default; its text is all new ids decoded together."""
    answer = ask(lambda service: service.generate(PROMPT, max_new_tokens=4))

    assert len(answer["ids"]) == 4
    assert answer["ids"][0] == int(true_logits(MODEL, IDS).argmax())
    assert answer["text"] == MODEL.tokenizer.decode(answer["ids"])
    assert answer["stop"] == "max_new_tokens"


def test_generate_repeats_by_seed() -> None:
    """The same seed gives the same continuation, whatever the cache held."""
    options = {"max_new_tokens": 6, "temperature": 2.0, "top_k": 50, "top_p": 0.95, "seed": 3}

    async def scenario() -> None:
        service = await opened(MODEL)
        first = await service.generate(PROMPT, **options)
        await service.next("an")
        assert await service.generate(PROMPT, **options) == first

    asyncio.run(scenario())


@pytest.mark.parametrize("name", [entry.name for entry in MODEL.manifest.tensors])
def test_weight_rows_are_the_model_s(name: str) -> None:
    """Rows of every tensor, whatever its layout, are the numbers that the model computes with."""
    rows = [0, 3, 3, 1]

    got = ask(lambda service: service.weight(name, rows))

    np.testing.assert_array_equal(got, MODEL.arrays[name][rows])
    assert got.dtype == np.float32


def test_weight_whole_and_one_row() -> None:
    """Without rows the whole tensor; a single number is one row."""
    whole = ask(lambda service: service.weight("blocks.0.mlp.W_out"))
    one = ask(lambda service: service.weight("W_E", 299))

    np.testing.assert_array_equal(whole, MODEL.arrays["blocks.0.mlp.W_out"])
    np.testing.assert_array_equal(one, MODEL.arrays["W_E"][299:])


def test_a_whole_float_is_a_row() -> None:
    """JavaScript has one kind of number: 2.0 is a row."""
    got = ask(lambda service: service.weight("W_E", [2.0]))

    np.testing.assert_array_equal(got, MODEL.arrays["W_E"][[2]])


def test_answers_are_plain_values() -> None:
    """What a script gets can be written as JSON."""
    answers = [
        ask(lambda service: service.ready()),
        ask(lambda service: service.next(PROMPT)),
        ask(lambda service: service.tokenize(PROMPT)),
        ask(lambda service: service.generate(PROMPT, max_new_tokens=2)),
    ]

    assert json.loads(json.dumps(answers)) == answers
