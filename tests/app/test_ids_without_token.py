"""A vocabulary padded beyond its tokeniser, or with gaps: the model says ids that no token has."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.tracing import Tracer
from seethrough.core.routes import OWN, Route
from seethrough.view.layout import PANELS
from tests.app.going import state_after
from tests.fake_engine import CONFIG, TinyModel, opened, tiny_model, true_logits
from tests.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Coroutine

N_TOKENS, N_IDS = CONFIG.d_vocab, 400
PADDED = tiny_model(config=replace(CONFIG, d_vocab=N_IDS))
PROMPT = "in the other"
IDS = tuple(PADDED.tokenizer.encode(PROMPT))
BEST = int(true_logits(PADDED, IDS).argmax())
NAME = f"⟨id {BEST}⟩"


class Padded:
    """A page over the padded model, and what is done on it."""

    def __init__(self, model: TinyModel = PADDED) -> None:
        self.service = asyncio.run(opened(model))
        self.actions = Actions(self.service)

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something, which the page must not refuse."""
        asyncio.run(work)
        assert self.actions.state.chrome.error is None, self.actions.state.chrome.error

    def draw(self, step: str) -> str:
        """A step's markup, with all that it needs."""
        self.actions.store.replace(route=Route("walk", OWN, step))
        self.do(self.actions.fetcher.fill())
        return PANELS[f"step-{step}"].render(self.actions.state)


def test_the_best_id_of_these_tests_has_no_token() -> None:
    """What follows would hold of nothing if the model said a token."""
    assert BEST >= N_TOKENS
    assert not PADDED.tokenizer.has(BEST)


def test_door_names_the_id() -> None:
    """`next` has a row with its name; `generate` says its id and adds nothing to the text."""
    service = asyncio.run(opened(PADDED))

    best = asyncio.run(service.next(PROMPT, k=N_IDS))["top"]
    told = asyncio.run(service.generate(PROMPT, temperature=1.5, seed=3, max_new_tokens=20))

    assert (best[0]["id"], best[0]["text"]) == (BEST, NAME)
    assert {row["text"] for row in best if row["id"] >= N_TOKENS} == {
        f"⟨id {one}⟩" for one in range(N_TOKENS, N_IDS)
    }
    with_text = [one for one in told["ids"] if one < N_TOKENS]
    assert len(with_text) < len(told["ids"])
    assert told["text"] == PADDED.tokenizer.decode(with_text, at_start=False)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_stands(step: str) -> None:
    """With such an id as the best, in the input and behind it, every step is drawn."""
    page = Padded()
    page.do(page.actions.run(PROMPT, chat=False))
    page.do(page.actions.append(BEST))
    settings = page.actions.state.sampling.but(temperature=1.5, seed=3, max_new_tokens=8)
    page.do(page.actions.generate(PROMPT, chat=False, settings=settings))

    html = page.draw(step)

    assert "⟨id " in html or step in {"input", "tokenize"}


def test_the_live_page_shows_a_chip() -> None:
    """Its chip is seen, though it adds nothing to the text."""
    page = Padded()
    page.do(page.actions.run(PROMPT, chat=False))
    page.do(page.actions.append(BEST))
    page.actions.store.replace(route=Route("all", OWN))
    page.do(page.actions.fetcher.fill())
    state = page.actions.state

    assert state.run.ids == (*IDS, BEST)
    assert NAME in PANELS["tokens"].render(state)
    assert "".join(token.text for token in state.run.tokens) == PROMPT


@pytest.mark.parametrize("of", ["logits", "probs"])
def test_the_sum_behind_one_names_it(of: str) -> None:
    """The last of the vocabulary can be traced like any other, under its name."""
    page = Padded()
    page.do(page.actions.run(PROMPT, chat=False))
    worst = int(np.argmin(true_logits(PADDED, IDS)[N_TOKENS:])) + N_TOKENS

    page.do(
        Tracer(page.service, page.actions.fetcher).select(f"{of}[{len(IDS) - 1},{worst}]"),
    )

    assert f"⟨id {worst}⟩" in PANELS["sum"].render(page.actions.state)


def test_a_link_writes_such_an_id() -> None:
    """A link to a text with one behind it shows it again."""
    actions = Actions(asyncio.run(opened(PADDED)))

    state = state_after(actions, f"#/walk/own/loop?prompt=the&written={BEST},{N_IDS - 1}&taken=1")

    assert state.run.ids[-1] == BEST


def test_any_ids_have_names_and_a_text() -> None:
    """Whatever ids a model says, each has a name of its own, and their text is that of the rest."""
    rng, tokenizer = random.Random(5), PADDED.tokenizer
    names = [tokenizer.visible(one) for one in range(N_IDS)]

    assert len(set(names[N_TOKENS:])) == N_IDS - N_TOKENS
    assert all(names)
    for _ in range(300):
        ids = rng.choices(range(N_IDS), k=rng.randrange(12))
        known = [one for one in ids if one < N_TOKENS]
        assert tokenizer.decode(ids) == tokenizer.decode(known)
