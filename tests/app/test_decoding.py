from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.app.calls import Calls
from seethrough.app.decoding import search
from seethrough.core.beam import Rules, log_probs_of
from seethrough.core.sampling import reshape
from tests.fake_engine import engine_of, opened, tiny_model, true_logits

if TYPE_CHECKING:
    from seethrough.app.service import Service

MODEL = tiny_model()
IDS = tuple(MODEL.tokenizer.encode("the thing"))
CLOSE = 1e-4


def answered(name: str, *arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - as a script gives them
    """What the door answers."""

    async def scenario() -> dict[str, Any]:
        return await Calls(await opened(MODEL)).reply(name, list(arguments))

    return asyncio.run(scenario())


SHAPES = [
    {},
    {"temperature": 0.4},
    {"top_k": 5, "temperature": 2.0},
    {"top_p": 0.5},
    {"min_p": 0.2},
    {"typical_p": 0.3},
    {"repetition_penalty": 1.8},
    {"no_repeat_ngram_size": 1, "top_k": 3},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_distribution_is_the_draws(shape: dict[str, float]) -> None:
    """As many tokens as have a chance, the best first, with what a draw gives them."""
    told = answered("distribution", "the thing", {**shape, "k": 400 - 100})["value"]

    probs = reshape(true_logits(MODEL, IDS), text=IDS, **{"temperature": 1.0, **shape}).probs
    assert told["kept"] == np.count_nonzero(probs)
    assert len(told["top"]) == min(told["kept"], 300)
    for one in told["top"]:
        assert one["prob"] == pytest.approx(probs[one["id"]], abs=CLOSE)
    falling = [one["prob"] for one in told["top"]]
    assert falling == sorted(falling, reverse=True)
    assert set(told["top"][0]) == {"id", "text", "prob"}


def test_at_temperature_0_greedy_has_it_all() -> None:
    """One token is left, and a penalty counts before it is taken."""
    best = int(np.argmax(true_logits(MODEL, IDS)))

    plain = answered("distribution", "the thing", {"temperature": 0})["value"]
    none_twice = [*IDS, best, 9]
    again = answered("distribution", none_twice, {"temperature": 0, "repetition_penalty": 10})

    assert plain["kept"] == 1
    assert [(one["id"], one["prob"]) for one in plain["top"]] == [(best, 1.0)]
    assert again["value"]["top"][0]["id"] not in none_twice


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("distribution", {"k": 0}, "input.whole"),
        ("distribution", {"temperature": -1}, "sampling.temperature"),
        ("distribution", {"typical_p": 0}, "sampling.typical_p"),
        ("distribution", {"seed": 3}, "door.option_unknown"),
        ("distribution", {"temperature": 0, "top_p": 0}, "sampling.top_p"),
        ("beam", {"beams": 0}, "input.whole"),
        ("beam", {"beams": 17}, "input.whole"),
        ("beam", {"beams": 2.5}, "door.option_type"),
        ("beam", {"max_new_tokens": 0}, "input.whole"),
        ("beam", {"length_penalty": 99}, "beam.penalty"),
        ("beam", {"temperature": 1}, "door.option_unknown"),
    ],
)
def test_what_means_nothing_is_refused(name: str, options: dict[str, float], key: str) -> None:
    """Each refusal is a sentence of its own."""
    assert answered(name, "the", options)["error"]["key"] == key


def by_hand(n_beams: int, n_new: int) -> list[tuple[float, tuple[int, ...]]]:
    """Beam search without end tokens, each way's logits from nothing."""
    ways: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for _ in range(n_new):
        grown = []
        for total, ids in ways:
            row = log_probs_of(true_logits(MODEL, (*IDS, *ids)))
            best = np.argsort(-row, kind="stable")[: 2 * n_beams]
            grown += [(total + float(row[token]), (*ids, int(token))) for token in best]
        ways = sorted(grown, reverse=True)[:n_beams]
    return ways


def test_beams_are_found_by_hand() -> None:
    """New ids with their text; scores are means of log probabilities, the best first."""
    told = answered("beam", "the thing", {"beams": 3, "max_new_tokens": 4})["value"]["beams"]

    expected = by_hand(3, 4)
    assert [tuple(one["ids"]) for one in told] == [ids for _, ids in expected]
    for one, (total, ids) in zip(told, expected, strict=True):
        assert one["score"] == pytest.approx(total / 4, abs=CLOSE)
        assert one["text"] == MODEL.tokenizer.decode(ids, at_start=False)


def test_a_way_costs_one_column_a_round() -> None:
    """The prompt is read once; after it each pass reads one token, whatever way it belongs to."""

    async def scenario() -> Service:
        service = await opened(MODEL)
        async with service.use():
            await search(service, IDS, Rules(4, 5))
        return service

    requests = engine_of(asyncio.run(scenario())).requests
    assert [len(request.tokens) for request in requests] == [len(IDS)] + [1] * 16


def test_a_search_ends_at_the_context() -> None:
    """No more tokens than the model has positions for."""
    ids = [9] * (MODEL.config.n_ctx - 2)

    told = answered("beam", ids, {"beams": 2, "max_new_tokens": 9})["value"]["beams"]

    assert [len(one["ids"]) for one in told] == [2, 2]


def test_a_search_can_be_stopped() -> None:
    """Whoever gives it up is told so, and the next call is answered."""

    async def scenario() -> tuple[dict[str, Any], dict[str, Any]]:
        service = await opened(MODEL)
        calls, engine = Calls(service), engine_of(service)
        engine.wait = asyncio.Event()
        work = asyncio.ensure_future(calls.reply("beam", ["the", {"beams": 2}], 7))
        engine.started.clear()
        await engine.started.wait()
        calls.abort(7)
        return await work, await calls.reply("next", ["the", {"k": 1}])

    stopped, after = asyncio.run(scenario())
    assert stopped["error"]["key"] == "engine.cancelled"
    assert after["value"]["top"]
