"""Every sentence of catalogue/en/app.json is said by some call; this is the list of the calls."""

from __future__ import annotations

import asyncio
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.app import inputs
from seethrough.app.actions import Actions
from seethrough.app.contrasting import Contrasting
from seethrough.app.runner import Runner
from seethrough.core import beam, beam_plan, edits, sampling
from seethrough.core.against import Against
from seethrough.core.errors import SeethroughError
from seethrough.core.messages import text
from tests.fake_engine import engine_of, opened, tiny_model

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service

MODEL = tiny_model().changed(chat=None)
KEYS = json.loads(
    files("seethrough").joinpath("catalogue", "en", "app.json").read_text(encoding="utf-8")
)


async def notice_of_surrogates(service: Service) -> None:
    """A notice is no error: hand on what the state shows."""
    actions = Actions(service)
    await actions.run("a\ud800", chat=False)
    assert actions.state.chrome.notice
    raise SeethroughError(actions.state.chrome.notice.key, **actions.state.chrome.notice.fields)


async def notice_of_a_crash(service: Service) -> None:
    """Likewise."""
    await service.load()
    engine_of(service).crash_next = True
    await service.next("the")
    assert service.store.state.chrome.notice
    raise SeethroughError(service.store.state.chrome.notice.key)


async def weight_too_large(service: Service) -> None:
    """All rows of 5 million, asked for by number."""
    await service.weight("W_E", [0] * 140_000)


def knob(name: str, value: Any) -> Callable[[Service], Awaitable[Any]]:  # noqa: ANN401 - also what is no knob
    """Capture with one knob."""
    return lambda service: service.capture("the", ["logits"], knobs={name: value})


def later(work: Callable[[], Any]) -> Callable[[Service], Awaitable[Any]]:
    """A plain call as a question."""

    async def question(_service: Service) -> Any:  # noqa: ANN401
        return work()

    return question


async def with_no_other_model(service: Service) -> None:
    """A text is set against a model that is none of the build's."""
    service.store.replace(against=Against("model", model="none"))
    await Contrasting(service, Runner(service)).write()


LOGITS = np.zeros(3, np.float32)
QUESTIONS: dict[str, Callable[[Service], Awaitable[Any]]] = {
    "engine.recovered": notice_of_a_crash,
    "input.not_text": lambda service: service.next(3),
    "input.empty": lambda service: service.next(""),
    "input.too_long": lambda service: service.tokenize("a" * 20_001),
    "input.no_tokens": later(lambda: inputs.check_count((), MODEL.config)),
    "input.too_many_tokens": lambda service: service.next("!" * 64),
    "input.no_chat": lambda service: service.next("the", chat=True),
    "input.surrogates": notice_of_surrogates,
    "input.no_hooks": lambda service: service.capture("the", []),
    "input.capture_size": later(
        lambda: inputs.check_capture_size(("a",), {"n": 2**30}, lambda _: ("n",))
    ),
    "input.no_id": lambda service: service.next([300]),
    "input.ids_in_chat": lambda service: service.next([1], chat=True),
    "input.whole": lambda service: service.next("the", 0),
    "input.number": lambda service: service.next("the", "ten"),
    "lens.none": lambda service: service.lens("the", layers=[]),
    "lens.beyond": lambda service: service.lens("the", positions=[99]),
    "knobs.unknown": knob("head_scales", [[1]]),
    "knobs.not_numbers": knob("head_scale", "many"),
    "knobs.shape": knob("head_scale", [[1]]),
    "knobs.not_finite": knob("mlp_scale", [1, float("nan")]),
    "knobs.overflow": knob("mlp_scale", [1e38, 1e38]),
    "knobs.hides_everything": knob("score_add", [[[[-np.inf]]], [[[0]]]]),
    "sampling.temperature": lambda service: service.generate("the", temperature=-1),
    "sampling.top_k": later(lambda: sampling.check_settings(1.0, -1, 1.0)),
    "sampling.top_p": lambda service: service.generate("the", top_p=0),
    "sampling.min_p": lambda service: service.generate("the", min_p=2),
    "sampling.typical_p": lambda service: service.generate("the", typical_p=0),
    "sampling.repetition_penalty": lambda service: service.generate("the", repetition_penalty=0),
    "sampling.no_repeat_ngram_size": later(
        lambda: sampling.check_settings(no_repeat_ngram_size=21)
    ),
    "sampling.nothing_left": later(lambda: edits.ban_repeats(LOGITS, 1, range(LOGITS.size))),
    "beam.count": later(lambda: beam.begin(beam.Rules(0, 1))),
    "beam.plan": later(lambda: beam_plan.BeamPlan().but("n_beams", 99)),
    "beam.penalty": later(lambda: beam.begin(beam.Rules(1, 1, length_penalty=11))),
    "versus.no_model": with_no_other_model,
    "sampling.zero": later(lambda: sampling.draw(LOGITS, temperature=0, seed=1, step=0)),
    "models.unknown": lambda service: service.load("tiny"),
    "weights.unknown": lambda service: service.weight("zzz"),
    "weights.unknown_near": lambda service: service.weight("W_e"),
    "weights.no_rows": lambda service: service.weight("W_E", []),
    "weights.row": lambda service: service.weight("W_E", [300]),
    "weights.too_many": weight_too_large,
}


@pytest.mark.parametrize("key", KEYS)
def test_every_sentence_is_said(key: str) -> None:
    """The call ends in this key, and its fields make the whole sentence."""

    async def scenario() -> None:
        await QUESTIONS[key](await opened(MODEL))

    with pytest.raises(SeethroughError) as caught:
        asyncio.run(scenario())
    assert caught.value.key == key
    assert str(caught.value) == text(key, **caught.value.fields)
    assert "{" not in str(caught.value)
