from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.app.state import EngineStatus, Sampling
from seethrough.core import hooks
from seethrough.core.errors import (
    CancelledRunError,
    DownloadError,
    EngineError,
    InputError,
    SeethroughError,
    SourceError,
    UnknownNameError,
)
from seethrough.core.reference import Knobs, forward, from_arrays
from tests.fake_engine import FakeSite, engine_of, opened, served, tiny_model, true_logits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service

MODEL, OTHER = tiny_model(), tiny_model(8)
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
CLOSE = 1e-4  # float32 sums in another order


def ask(question: Callable[[Service], Awaitable[Any]]) -> Any:  # noqa: ANN401 - each answers its own
    """Ask a freshly opened service one thing."""

    async def scenario() -> Any:  # noqa: ANN401
        return await question(await opened(MODEL, OTHER))

    return asyncio.run(scenario())


def error_of(question: Callable[[Service], Awaitable[Any]], kind: type[SeethroughError]) -> str:
    """The key of the error that a question ends in."""
    with pytest.raises(kind) as caught:
        ask(question)
    assert "{" not in str(caught.value)
    return caught.value.key


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


@pytest.mark.parametrize("rows", [[300], [-1], [0.5], [float("nan")], ["1"], [None], 300])
def test_a_row_that_is_not_there(rows: Any) -> None:  # noqa: ANN401 - anything may be asked for
    """Rows are whole numbers within the tensor."""
    assert error_of(lambda service: service.weight("W_E", rows), InputError) == "weights.row"


def test_a_whole_float_is_a_row() -> None:
    """JavaScript has one kind of number: 2.0 is a row."""
    got = ask(lambda service: service.weight("W_E", [2.0]))

    np.testing.assert_array_equal(got, MODEL.arrays["W_E"][[2]])


@pytest.mark.parametrize(
    ("question", "kind", "key", "said"),
    [
        (
            lambda service: service.load("tiny-77"),
            UnknownNameError,
            "models.unknown",
            "'tiny-7'",
        ),
        (
            lambda service: service.capture("a", ["blocks.0.attn.hook_patern"]),
            UnknownNameError,
            "hooks.unknown_near",
            "Did you mean 'blocks.0.attn.hook_pattern'",
        ),
        (
            lambda service: service.capture("a", ["zzz"]),
            UnknownNameError,
            "hooks.unknown",
            "in tiny-7 (it has 48)",
        ),
        (
            lambda service: service.weight("blocks.0.attn.W_q"),
            UnknownNameError,
            "weights.unknown_near",
            "'blocks.0.attn.W_Q'",
        ),
        (
            lambda service: service.capture("a", ["logits"], knobs={"head_scal": 1}),
            UnknownNameError,
            "knobs.unknown",
            "'head_scale'",
        ),
    ],
)
def test_a_misspelt_name_is_told_the_near_ones(
    question: Callable[[Service], Awaitable[Any]],
    kind: type[SeethroughError],
    key: str,
    said: str,
) -> None:
    """Unknown models, hooks, weights and knobs answer with what exists."""
    with pytest.raises(kind) as caught:
        ask(question)
    assert caught.value.key == key
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"temperature": -1}, "sampling.temperature"),
        ({"temperature": "warm"}, "input.number"),
        ({"temperature": True}, "input.number"),
        ({"top_k": 301}, "input.whole"),
        ({"top_k": 1.5}, "input.whole"),
        ({"top_k": float("nan")}, "input.whole"),
        ({"top_p": 0}, "sampling.top_p"),
        ({"seed": -1}, "input.whole"),
        ({"seed": 2**53 + 2}, "input.whole"),
        ({"max_new_tokens": 0}, "input.whole"),
        ({"max_new_tokens": 4097}, "input.whole"),
    ],
)
def test_a_setting_out_of_range(options: dict[str, Any], key: str) -> None:
    """The same limits hold for a script and for the page's form, and the engine never runs."""

    async def scenario() -> None:
        service = await opened(MODEL)
        with pytest.raises(InputError) as script:
            await service.generate(PROMPT, **options)
        with pytest.raises(InputError) as form:
            await service.continue_ids(IDS, Sampling(**options), lambda _: None)
        assert script.value.key == form.value.key == key
        assert engine_of(service).requests == []

    asyncio.run(scenario())


@pytest.mark.parametrize("k", [0, 301, 2.5, "ten", None])
def test_k_is_a_number_of_tokens(k: Any) -> None:  # noqa: ANN401 - anything may be asked for
    """From one token to the whole vocabulary."""
    key = error_of(lambda service: service.next(PROMPT, k), InputError)

    assert key in {"input.whole", "input.number"}


def test_broken_characters_are_replaced() -> None:
    """Half a surrogate pair, which no tokeniser has bytes for, becomes U+FFFD."""
    assert ask(lambda service: service.next("a\ud800", 1))["ids"] == MODEL.tokenizer.encode("a�")
    tokens = ask(lambda service: service.tokenize("\udc00"))
    assert [token["id"] for token in tokens] == MODEL.tokenizer.encode("�")


def test_an_altered_tokenizer_is_refused() -> None:
    """A tokenizer.json that is not the manifest's is a failed load, and nothing is loaded."""
    site = FakeSite(MODEL)
    site.files["models/tiny-7/tokenizer.json"] += " "
    service = served(site)
    asyncio.run(service.open())

    with pytest.raises(DownloadError, match="SHA-256 differs"):
        asyncio.run(service.load())
    assert service.model is None
    assert service.store.state.site.engine.stage == "failed"


@pytest.mark.parametrize(
    "listing", ["", "{}", "[]", '{"models": 3}', '{"models": [{}]}', '{"models": ["a"]}']
)
def test_a_list_of_models_that_cannot_be_read(listing: str) -> None:
    """A damaged models.json is a sentence."""
    site = FakeSite(MODEL)
    site.files["models.json"] = listing

    with pytest.raises(SourceError) as caught:
        asyncio.run(served(site).open())
    assert caught.value.key == "manifest.unreadable"


def test_a_failed_load_can_be_tried_again() -> None:
    """The state tells which model failed; the next try loads it."""
    service = asyncio.run(opened(MODEL, OTHER))
    engine_of(service).fail_load = DownloadError("engine.network", path="weights-00.bin")

    with pytest.raises(DownloadError):
        asyncio.run(service.load("tiny-8"))
    run, engine = service.store.state.run, service.store.state.site.engine
    assert (run.model, engine.stage, run.config) == ("tiny-8", "failed", None)
    assert asyncio.run(service.load("tiny-8"))["model"] == "tiny-8"


def test_a_cancelled_load_leaves_idle() -> None:
    """Stopping a download is no failure: nothing is loaded, and the reader may choose again."""

    async def scenario() -> None:
        service = await opened(MODEL)
        engine = engine_of(service)
        engine.wait = asyncio.Event()
        load = asyncio.create_task(service.load())
        await engine.started.wait()
        service.stop()
        with pytest.raises(CancelledRunError):
            await load
        state = service.store.state
        assert (service.model, state.run.model, state.site.engine.stage) == (None, "", "idle")
        assert (state.site.engine.done_bytes, state.site.engine.total_bytes) == (0, 0)
        assert (await service.load())["model"] == "tiny-7"

    asyncio.run(scenario())


def test_a_load_is_cancelled_before_the_engine_knows_of_it() -> None:
    """Stop while the tokeniser is fetched holds too: the engine is not asked to load."""

    async def scenario() -> None:
        site = FakeSite(MODEL)
        service = served(site)
        await service.open()
        site.wait = asyncio.Event()
        load = asyncio.create_task(service.load())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        service.stop()
        site.wait.set()
        with pytest.raises(CancelledRunError):
            await load
        assert engine_of(service).loads == []
        assert service.store.state.site.engine.stage == "idle"

    asyncio.run(scenario())


def test_stop_keeps_what_was_generated() -> None:
    """Stopped between two tokens, or in a run: the tokens so far are the answer."""

    async def scenario(*, in_run: bool) -> None:
        service = await opened(MODEL)
        engine = engine_of(service)
        seen: list[int] = []

        def on_step(step: Any) -> None:  # noqa: ANN401
            seen.append(step.id)
            if len(seen) == 2 and in_run:
                engine.wait = asyncio.Event()
                asyncio.get_running_loop().call_soon(service.stop)
            elif len(seen) == 2:
                service.stop()

        done = await service.continue_ids(IDS, Sampling(max_new_tokens=8), on_step)
        assert (list(done.ids), done.stop) == (seen, "stopped")
        assert len(seen) == 2
        assert service.store.state.site.engine.stage == "ready"

    asyncio.run(scenario(in_run=False))
    asyncio.run(scenario(in_run=True))


def test_a_failed_run_leaves_ready() -> None:
    """The sentence goes to the caller; the model is still there and answers the next question."""
    service = asyncio.run(opened(MODEL))
    first = asyncio.run(service.next(PROMPT, 3))
    engine_of(service).fail_run = EngineError("engine.memory", reason="full")

    with pytest.raises(EngineError):
        asyncio.run(service.next(PROMPT, 3))
    assert service.store.state.site.engine.stage == "ready"
    assert [row["id"] for row in asyncio.run(service.next(PROMPT, 3))["top"]] == [
        row["id"] for row in first["top"]
    ]


def test_a_run_is_told_as_running() -> None:
    """While the engine computes the stage is "running"."""
    service = asyncio.run(opened(MODEL))
    asyncio.run(service.load())
    stages: list[str] = []
    service.store.subscribe(("engine",), lambda state: stages.append(state.site.engine.stage))

    asyncio.run(service.capture_ids(IDS, (hooks.EMBED,)))

    assert stages == ["running", "ready"]


def test_answers_are_plain_values() -> None:
    """What a script gets can be written as JSON."""
    answers = [
        ask(lambda service: service.ready()),
        ask(lambda service: service.next(PROMPT)),
        ask(lambda service: service.tokenize(PROMPT)),
        ask(lambda service: service.generate(PROMPT, max_new_tokens=2)),
    ]

    assert json.loads(json.dumps(answers)) == answers
