"""What the service refuses, what ends before its end, and that it goes on after that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from seethrough.app.state import Sampling
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
from tests.app.asking import IDS, MODEL, OTHER, PROMPT, ask, error_of
from tests.fake_engine import FakeSite, engine_of, opened, served

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service


@pytest.mark.parametrize("rows", [[300], [-1], [0.5], [float("nan")], ["1"], [None], 300])
def test_a_row_that_is_not_there(rows: Any) -> None:  # noqa: ANN401 - anything may be asked for
    """Rows are whole numbers within the tensor."""
    assert error_of(lambda service: service.weight("W_E", rows), InputError) == "weights.row"


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
