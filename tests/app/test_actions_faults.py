"""What goes wrong or is ended while the reader acts: told in a sentence, and the page goes on."""

from __future__ import annotations

import asyncio

import pytest

from seethrough.app.actions import Actions
from seethrough.app.state import Sampling
from seethrough.core.errors import DownloadError
from tests.app.acting import IDS, MODEL, OTHER, PROMPT, fresh, ran
from tests.fake_engine import engine_of, opened, true_logits


@pytest.mark.parametrize(
    ("prompt", "key"),
    [("", "input.empty"), ("!" * 64, "input.too_many_tokens"), ("a" * 20_001, "input.too_long")],
)
def test_an_error_is_a_message_and_the_prompt_stays(prompt: str, key: str) -> None:
    """What was typed is kept, what was shown too, and the next run takes the sentence away."""
    actions = ran()
    before = actions.state.run.tokens

    asyncio.run(actions.run(prompt, chat=False))

    state = actions.state
    assert state.chrome.error
    assert (state.chrome.error.key, state.text.prompt, state.run.tokens, state.busy) == (
        key,
        prompt,
        before,
        "",
    )
    asyncio.run(actions.run(PROMPT, chat=False))
    assert actions.state.chrome.error is None


def test_a_sampling_error_is_a_message() -> None:
    """A seed below 0, which a form can hold, is a sentence and no traceback."""
    actions = ran()
    settings = Sampling(temperature=1.0, seed=-1)

    asyncio.run(actions.generate(PROMPT, chat=False, settings=settings))

    assert actions.state.chrome.error
    assert actions.state.chrome.error.fields["name"] == "seed"
    assert actions.state.sampling == settings


def test_broken_characters_are_a_notice() -> None:
    """The prompt runs, and the reader is told how many characters were replaced."""
    state = ran("a\ud800b\udfff").state

    assert state.chrome.notice
    assert (state.chrome.notice.key, state.chrome.notice.fields) == (
        "input.surrogates",
        {"count": 2},
    )
    assert len(state.run.tokens) == len(MODEL.tokenizer.encode("a�b�"))
    assert state.chrome.error is None


def test_a_second_action_is_refused_while_one_goes_on() -> None:
    """Nothing of the state changes, no call reaches the engine, no coroutine is left unawaited."""

    async def scenario() -> None:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        engine = engine_of(actions.service)
        engine.wait = wait = asyncio.Event()
        engine.started.clear()
        first = asyncio.create_task(actions.run("an", chat=False))
        await engine.started.wait()
        before, calls = actions.state, len(engine.requests)

        await actions.run("other", chat=True)
        await actions.generate("other", chat=False, settings=Sampling(seed=9))
        await actions.append(3)
        await actions.load("tiny-8")

        assert actions.state is before
        assert len(engine.requests) == calls
        wait.set()
        await first
        assert actions.state.text.prompt == "an"
        assert actions.state.run.ids == tuple(MODEL.tokenizer.encode("an"))

    asyncio.run(scenario())


def test_a_head_can_be_chosen_while_something_goes_on() -> None:
    """Looking needs no engine: head and position follow the reader at any time."""
    actions = ran()
    actions.store.replace(busy="generate")

    actions.select_head(2)
    actions.select_position(1)

    assert (actions.state.choice.head, actions.state.choice.position) == (2, 1)


def test_cancel_is_a_notice() -> None:
    """A stopped run says so, is no error, and leaves what was shown."""

    async def scenario() -> None:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        tokens = actions.state.run.tokens
        engine = engine_of(actions.service)
        engine.wait = asyncio.Event()
        engine.started.clear()
        run = asyncio.create_task(actions.run("an", chat=False))
        await engine.started.wait()
        actions.cancel()
        await run
        state = actions.state
        assert state.chrome.notice
        assert (state.chrome.notice.key, state.chrome.error, state.busy) == (
            "engine.cancelled",
            None,
            "",
        )
        assert (state.text.prompt, state.run.tokens) == ("an", tokens)

    asyncio.run(scenario())


def test_cancel_ends_a_continuation() -> None:
    """The tokens so far stay, with the reason."""
    actions = ran()
    actions.store.subscribe(
        ("continuation",), lambda state: len(state.run.continuation) == 2 and actions.cancel()
    )

    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=9)))

    state = actions.state
    assert (len(state.run.continuation), state.run.stop, state.chrome.notice) == (
        2,
        "stopped",
        None,
    )


def test_load_opens_the_model_that_was_chosen() -> None:
    """By id; without one the default."""
    actions = fresh()
    asyncio.run(actions.load("tiny-8"))
    assert (actions.state.run.model, actions.state.site.engine.stage) == ("tiny-8", "ready")

    default = fresh()
    asyncio.run(default.load())
    assert default.state.run.model == "tiny-7"


def test_retry_tries_the_model_that_failed() -> None:
    """Retry after a failed download is for that model, not for the default one."""
    actions = fresh()
    engine_of(actions.service).fail_load = DownloadError("engine.network", path="a.bin")
    asyncio.run(actions.load("tiny-8"))
    assert actions.state.chrome.error
    assert actions.state.chrome.error.key == "engine.network"

    asyncio.run(actions.load())

    assert (actions.state.run.model, actions.state.chrome.error) == ("tiny-8", None)


def test_another_model_takes_the_old_numbers_off() -> None:
    """Tokens and numbers of one model are never shown, or gone on from, under another's name."""
    actions = ran()
    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=1)))

    asyncio.run(actions.load("tiny-8"))
    asyncio.run(actions.append(3))

    state = actions.state
    assert (state.run.tokens, state.run.top, state.run.continuation, state.run.stop) == (
        (),
        (),
        (),
        "",
    )
    assert state.run.captured.arrays == {}
    asyncio.run(actions.generate(PROMPT, chat=False, settings=Sampling(max_new_tokens=1)))
    assert actions.state.run.continuation[0].id == int(true_logits(OTHER, IDS).argmax())


def test_an_engine_that_dies_is_told_and_works_again() -> None:
    """After a crash the prompt is kept and run again, and a notice says so."""
    actions = ran()
    engine_of(actions.service).crash_next = True

    asyncio.run(actions.run("an", chat=False))

    assert actions.state.chrome.notice
    assert (actions.state.chrome.notice.key, actions.state.text.prompt) == (
        "engine.recovered",
        "an",
    )
    assert actions.state.chrome.error is None
    assert actions.state.run.ids == tuple(MODEL.tokenizer.encode("an"))


def test_what_is_shown_is_frozen() -> None:
    """A panel that wrote into a picture would change what the next panel reads."""
    actions = ran()
    pattern = actions.state.run.pattern(0)

    assert pattern is not None
    with pytest.raises(ValueError, match="read-only"):
        pattern[0, 0, 0] = 1
    actions.select_head(1)
    assert actions.state.run.pattern(0) is pattern
