"""What scripts ask, side by side: each answer is its own model's, each call can be ended."""

from __future__ import annotations

import asyncio
import io
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.calls import Calls
from seethrough.core import hooks
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import engine_of, opened, tiny_model

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service

MODELS = tiny_model(), tiny_model(8), tiny_model(9)
NAMES = [model.manifest.id for model in MODELS]
PROMPT = "the thing and"
IDS = MODELS[0].tokenizer.encode(PROMPT)
PATTERN = "blocks.*.attn.hook_pattern"


def together(work: Callable[[Calls, Service], Awaitable[Any]]) -> Any:  # noqa: ANN401 - each gives its own
    """Do something with the calls of a fresh page that has three models."""

    async def scenario() -> Any:  # noqa: ANN401
        service = await opened(*MODELS)
        return await work(Calls(service), service)

    return asyncio.run(scenario())


ALONE: dict[str, Any] = {}


def ask(name: str, *arguments: object) -> Any:  # noqa: ANN401 - each gives its own
    """One call, asked alone on a page of its own; the same one is asked once."""
    key = repr((name, arguments))
    if key not in ALONE:
        answer = together(lambda calls, _service: calls.reply(name, list(arguments)))
        assert "error" not in answer, answer
        ALONE[key] = answer["value"]
    return ALONE[key]


def key_of(name: str, *arguments: object) -> str:
    """Why one call is refused; its sentence is whole."""
    error = together(lambda calls, _service: calls.reply(name, list(arguments)))["error"]
    assert error["sentence"].endswith((".", "?"))
    assert "{" not in error["sentence"].replace("{…}", "")
    return str(error["key"])


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any answers
    """Whether two answers are the same to the last bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return bool(one == other)


def mixed(count: int) -> list[tuple[str, list[Any]]]:
    """Calls of every kind over the three models, in turns."""
    kinds: list[tuple[str, Callable[[dict[str, Any]], list[Any]]]] = [
        ("next", lambda more: [PROMPT, {"k": 5, **more}]),
        ("capture", lambda more: [PROMPT, [PATTERN, "logits"], more]),
        ("generate", lambda more: ["an", {"max_new_tokens": 4, "temperature": 1.0, **more}]),
        ("next", lambda more: [PROMPT + " of the", {"k": 2, **more}]),
        ("tokenize", lambda more: [PROMPT, more]),
        ("lens", lambda more: [IDS, {"layers": [0, -1], "k": 2, **more}]),
        ("weight", lambda more: ["W_E", [3, 4], more]),
        ("decode", lambda more: [IDS, more]),
    ]
    turns = zip(itertools.cycle(kinds), itertools.cycle(NAMES), range(count), strict=False)
    return [(name, made({"model": model})) for (name, made), model, _ in turns]


def test_a_load_between_two_questions_changes_neither() -> None:
    """`Promise.all([load(A), next(p), load(B), next(p), load(C), next(p)])`: three answers."""

    async def work(calls: Calls, _service: Service) -> list[Any]:
        asked = [
            calls.reply(name, [given])
            for model in NAMES
            for name, given in (("load", model), ("next", PROMPT))
        ]
        return [answer["value"] for answer in await asyncio.gather(*asked)]

    loaded, told = np.array_split(np.array(together(work), object).reshape(3, 2).T, 2)
    assert [answer["model"] for answer in loaded[0]] == NAMES
    alone = [ask("next", PROMPT, {"model": model}) for model in NAMES]
    assert list(told[0]) == alone
    assert alone[0] != alone[1] != alone[2]


def test_fifty_calls_side_by_side() -> None:
    """Over three models, all at once: each answer is what its call gives when asked alone."""
    asked = mixed(50)

    async def work(calls: Calls, _service: Service) -> list[Any]:
        return list(await asyncio.gather(*[calls.reply(*one) for one in asked]))

    answers = together(work)
    assert len(answers) == 50
    for (name, arguments), answer in zip(asked, answers, strict=True):
        assert same(answer["value"], ask(name, *arguments)), (name, arguments)


def test_a_question_repeated_has_the_same_bits() -> None:
    """What the engine kept of another text before does not change an answer."""

    async def work(calls: Calls, _service: Service) -> list[Any]:
        texts = ("the thing", "the thing and", "the", "the thing and")
        return [await calls.reply("next", [text]) for text in texts]

    assert together(work)[3]["value"] == ask("next", PROMPT)
    assert together(work)[1]["value"] == ask("next", PROMPT)


@pytest.mark.parametrize("ended", [0, 1, 4, 7])
def test_each_of_them_can_be_ended(ended: int) -> None:
    """One aborted call says so; all others answer as if it had never been asked."""
    asked = mixed(8)

    async def work(calls: Calls, _service: Service) -> list[Any]:
        tasks = [
            asyncio.ensure_future(calls.reply(*one, number=at)) for at, one in enumerate(asked)
        ]
        await asyncio.sleep(0)
        calls.abort(ended)
        return list(await asyncio.gather(*tasks))

    answers = together(work)
    assert answers[ended].get("error", {"key": ""})["key"] == "engine.cancelled"
    for at, (one, answer) in enumerate(zip(asked, answers, strict=True)):
        if at != ended:
            assert same(answer["value"], ask(one[0], *one[1]))


def test_a_call_that_runs_is_ended() -> None:
    """Abort in the middle of a run: it ends, and the next one gets the engine."""

    async def work(calls: Calls, service: Service) -> list[Any]:
        await service.load()
        engine = engine_of(service)
        engine.wait, engine.started = asyncio.Event(), asyncio.Event()
        first = asyncio.ensure_future(calls.reply("capture", [PROMPT, ["logits"]], 1))
        second = asyncio.ensure_future(calls.reply("next", [PROMPT], 2))
        await engine.started.wait()
        calls.abort(1)
        calls.abort(77)  # nobody
        return [await first, await second, service.turns.now]

    first, second, now = together(work)
    assert first["error"]["key"] == "engine.cancelled"
    assert second["value"] == ask("next", PROMPT)
    assert now is None


def test_the_page_s_stop_ends_a_script_s_run() -> None:
    """A continuation gives what it has; a capture is refused; nothing else is touched."""

    async def work(calls: Calls, service: Service) -> list[Any]:
        await service.load()
        actions, engine = Actions(service), engine_of(service)
        told = []
        for name, more in (("generate", [PROMPT]), ("capture", [PROMPT, ["logits"]])):
            engine.wait, engine.started = asyncio.Event(), asyncio.Event()
            going = asyncio.ensure_future(calls.reply(name, more))
            await engine.started.wait()
            actions.cancel()
            told.append(await going)
        return [*told, await calls.reply("next", [PROMPT]), service.store.state.site.engine.stage]

    generated, captured, after, stage = together(work)
    assert generated["value"]["stop"] == "stopped"
    assert captured["error"]["key"] == "engine.cancelled"
    assert (after["value"], stage) == (ask("next", PROMPT), "ready")


def test_a_run_of_the_page_is_of_one_model() -> None:
    """A script that opens another model waits for the page's run; then nothing false is shown."""

    async def work(calls: Calls, service: Service) -> tuple[Any, ...]:
        actions = Actions(service)
        await service.load(NAMES[0])
        shown: list[tuple[str, float]] = []
        service.store.subscribe(
            ("top",),
            lambda state: state.run.top and shown.append((state.run.model, state.run.top[0].logit)),
        )
        await asyncio.gather(
            actions.run(PROMPT, chat=False),
            calls.reply("next", ["an", {"model": NAMES[1]}]),
            actions.fetcher.fill(),
        )
        return shown, service.store.state

    shown, state = together(work)
    captured, _ = forward(MODELS[0].config, from_arrays(MODELS[0].arrays), IDS)
    assert shown == [(NAMES[0], pytest.approx(captured[hooks.LOGITS][-1].max(), abs=1e-4))]
    assert (state.run.model, state.run.tokens, state.run.config) == (
        NAMES[1],
        (),
        MODELS[1].config,
    )
    assert (state.busy, state.site.engine.stage, state.chrome.error) == ("", "ready", None)


def test_a_script_before_the_page_s_own() -> None:
    """What the page waits to do with a text that is gone by then is not done to another."""

    async def work(calls: Calls, service: Service) -> tuple[Any, ...]:
        actions = Actions(service)
        await actions.run(PROMPT, chat=False)
        load = calls.reply("load", [NAMES[1]])
        await asyncio.gather(load, actions.append(5), actions.fetcher.fill())
        return service.store.state, service.turns.now

    state, now = together(work)
    assert (state.run.tokens, state.busy, state.chrome.error, now) == ((), "", None, None)


def test_what_waits_of_the_page_is_stopped_too() -> None:
    """The reader's own run that waits behind a script's never begins."""

    async def work(calls: Calls, service: Service) -> tuple[Any, ...]:
        await service.load()
        actions, engine = Actions(service), engine_of(service)
        engine.wait, engine.started = asyncio.Event(), asyncio.Event()
        going = asyncio.ensure_future(calls.reply("next", [PROMPT]))
        await engine.started.wait()
        own = asyncio.ensure_future(actions.run("an", chat=False))
        await asyncio.sleep(0)
        actions.cancel()
        await asyncio.gather(going, own)
        return service.store.state, service.turns.now

    state, now = together(work)
    assert (state.busy, state.run.tokens, now) == ("", (), None)
    assert state.chrome.notice.key == "engine.cancelled"


def test_ids_are_taken_where_a_text_is() -> None:
    """The very ids of a text give the numbers of the text, in every call."""
    for name, more in (
        ("next", []),
        ("tokenize", []),
        ("capture", [["logits"]]),
        ("lens", []),
        ("generate", [{"max_new_tokens": 3}]),
    ):
        assert same(ask(name, IDS, *more), ask(name, PROMPT, *more)), name
    assert ask("decode", IDS) == PROMPT
    assert ask("next", memoryview(np.array(IDS, np.int32)))["ids"] == IDS


@pytest.mark.parametrize(
    ("name", "arguments", "key"),
    [
        ("next", [[300]], "input.no_id"),
        ("next", [[1.5]], "door.ids"),
        ("next", [[-1]], "door.ids"),
        ("next", [[]], "input.empty"),
        ("next", [[1], {"chat": True}], "input.ids_in_chat"),
        ("next", [[1] * 64], "input.too_many_tokens"),
        ("next", ["a", {"model": "tiny-77"}], "models.unknown"),
        ("next", ["a", {"signal": 7}], "door.signal"),
        ("decode", ["a"], "door.ids"),
        ("decode", [[300]], "input.no_id"),
        ("hooks", ["blocks.*.attn.hook_patern"], "hooks.no_match"),
        ("hooks", [3], "door.text"),
        ("capture", ["a", ["blocks.*.nothing"]], "hooks.no_match"),
        ("lens", ["a", {"layers": [3]}], "lens.beyond"),
        ("lens", ["a", {"layers": []}], "lens.none"),
        ("lens", ["a", {"positions": "all"}], "door.places"),
        ("lens", ["a", {"k": 0}], "input.whole"),
        ("weight", ["W_E", [0], {"model": 3}], "door.option_type"),
        ("capture", [PROMPT, ["logits"], {"mlp_scale": [1e38, 1e38]}], "knobs.overflow"),
        ("capture", [PROMPT, ["logits"], {"head_scale": [[3e38] * 4] * 2}], "knobs.overflow"),
    ],
)
def test_refusals(name: str, arguments: list[Any], key: str) -> None:
    """What means nothing is refused in a sentence that says what to do."""
    assert key_of(name, *arguments) == key


def test_hooks_by_wildcards() -> None:
    """The list of hooks, part of it by a pattern, and a capture of what a pattern means."""
    every = ask("hooks")
    patterns = ask("hooks", PATTERN, {"model": NAMES[2]})

    assert every == list(MODELS[0].manifest.hooks)
    assert patterns == ["blocks.0.attn.hook_pattern", "blocks.1.attn.hook_pattern"]
    assert ask("hooks", "logits") == ["logits"]
    assert list(ask("capture", PROMPT, [PATTERN, patterns[0], "hook_embed"])) == [
        *patterns,
        "hook_embed",
    ]


def test_hooks_need_no_load() -> None:
    """The list is told before any model is opened."""

    async def work(calls: Calls, service: Service) -> list[str]:
        await calls.reply("hooks", [])
        return engine_of(service).loads

    assert together(work) == []


def test_the_lens() -> None:
    """Chosen layers and positions: the logits that the norm and the unembedding give there."""
    told = ask("lens", PROMPT, {"layers": [0, 1, -1], "positions": [1, -1], "k": 3})
    whole = ask("capture", PROMPT, ["logits"])["logits"]
    best = ask("next", PROMPT, {"k": 3})

    assert (told["ids"], told["layers"], told["positions"]) == (IDS, [0, 1, 2], [1, len(IDS) - 1])
    assert told["logits"].shape == (3, 2, 300)
    assert told["logits"][2] == pytest.approx(whole[[1, -1]], abs=1e-4)
    assert [item["id"] for item in told["top"][2][1]] == [item["id"] for item in best["top"]]
    assert not np.allclose(told["logits"][0], told["logits"][2], atol=0.01)
    assert ask("lens", PROMPT)["logits"].shape == (3, 1, 300)


def test_a_capture_as_a_file() -> None:
    """numpy.load reads each array bit for bit, and the ids of the input."""
    made = ask("npz", PROMPT, [PATTERN, "logits"], {"file": "a.npz", "model": NAMES[1]})
    told = ask("capture", PROMPT, [PATTERN, "logits"], {"model": NAMES[1]})

    with np.load(io.BytesIO(made["data"]), allow_pickle=False) as read:
        assert read["ids"].tolist() == IDS
        assert same({name: read[name] for name in read.files if name != "ids"}, told)
    assert made["file"] == "a.npz"
