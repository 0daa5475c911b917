"""The simple view of training: which text an address means, and how a live text was foreseen."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.navigation import address
from seethrough.app.pupils import place_of
from seethrough.core.routes import Route
from seethrough.core.train.corpus import of_documents, of_few, of_text, unseen
from seethrough.core.train.course import UNTRAINED
from seethrough.core.train.places import graphs_of
from seethrough.core.train.sizes import N_POS
from tests.app.going import state_after
from tests.fake_engine import FakeEngine
from tests.read_texts import IDS, MODEL, TEXT, opened_with_documents, read


def fresh(*names: str) -> Actions:
    """A page with a walk and some documents; nothing is loaded."""
    return Actions(asyncio.run(opened_with_documents(*(names or ("story", "poem")))))


def test_the_first_document_is_shown_without_a_model() -> None:
    """An address that names no text means the first; its guesses are there before any download."""
    state = state_after(fresh(), "#/train")

    assert state.route == Route("train", "story")
    assert state.run.recorded is not None
    assert state.run.read == read()
    assert state.choice.position == len(IDS) - 1
    assert state.chrome.notice is None
    assert f"pos={len(IDS) - 1}" in address(state)


def test_a_document_by_its_name() -> None:
    """The other one, at a token that the address names; settings of a draw stay as they were."""
    actions = fresh()
    before = state_after(actions, "#/walk?temperature=0.7&seed=5").sampling
    state = state_after(actions, "#/train/poem?pos=2")

    assert state.route == Route("train", "poem")
    assert state.choice.position == 2
    assert state.sampling == before


def test_an_unknown_document_is_told() -> None:
    """The first is shown in its place, and the name is in the notice."""
    state = state_after(fresh(), "#/train/nowhere")

    assert state.route.subject == "story"
    assert state.chrome.notice is not None
    assert state.chrome.notice.key == "route.no_subject"


def test_a_site_without_documents() -> None:
    """One's own text is what there is."""
    actions = Actions(asyncio.run(opened_with_documents()))
    state = state_after(actions, "#/train")

    assert state.route == Route("train", "own")
    assert state.run.read == ()


def test_a_document_is_no_walk() -> None:
    """Turning to the walk leaves it: the walk shows a recording that has numbers of the inside."""
    state = state_after(fresh(), "#/train/poem", "#/walk")

    assert state.route.subject == "thing"
    assert state.run.read == ()


def test_a_live_text_is_foreseen_by_the_model() -> None:
    """One's own text: every token from the second on, with the reference's own chances."""
    actions = fresh()
    state_after(actions, "#/train/own")

    async def work() -> None:
        await actions.run(TEXT, chat=False)
        await actions.fetcher.fill()

    asyncio.run(work())
    state = actions.state
    assert state.run.source == "live"
    assert [new.id for new in state.run.read] == list(IDS[1:])
    for got, expected in zip(state.run.read, read(), strict=True):
        assert got.prob == pytest.approx(expected.prob, abs=1e-6)
        assert got.rank == expected.rank
    assert state_after(actions, "#/train").route.subject == "own"


def test_a_text_of_one_token_asks_for_nothing() -> None:
    """There is nothing to foresee, and no question is asked for ever."""
    actions = fresh()
    state_after(actions, "#/train/own")

    async def work() -> None:
        await actions.run("t", chat=False)
        await asyncio.wait_for(actions.fetcher.fill(), 5)

    asyncio.run(work())
    assert len(actions.state.run.tokens) == 1
    assert actions.state.run.read == ()


def test_a_model_that_knows_nothing() -> None:
    """It reads the beginning of the shown text, with the signs of that text alone."""
    actions = fresh()
    listed = {"learn/run-gpt2-100k.onnx": [5, b64encode(bytes(32)).decode()]}
    actions.service.library._graphs = graphs_of(listed)
    state_after(actions, "#/train/poem")
    place = asyncio.run(place_of(actions, UNTRAINED))

    assert place is not None
    assert place.prompt == TEXT[: N_POS - 1]
    assert place.model is not None
    assert place.model.startswith(UNTRAINED)
    manifest = actions.service.library.manifest(place.model)
    assert manifest.config.d_vocab == len(set(TEXT))
    weights = actions.service.library.given(place.model)
    assert weights is not None
    assert np.abs(weights).max() <= 1.0


def test_ones_own_model_needs_a_run() -> None:
    """Before any step there is none, and no place to go to."""
    assert asyncio.run(place_of(fresh(), "own")) is None


def test_what_a_model_never_saw() -> None:
    """Whole documents that were held out; of a long text its end; of a short one the beginning."""
    names = [f"name{at:03d}" for at in range(200)]
    corpus = of_documents(names, 0)
    lines = unseen(corpus).split("\n")
    assert set(lines) <= set(names)
    assert not set(lines) & set(corpus.learned.split("\n"))
    assert len(unseen(corpus)) <= N_POS - 2
    assert unseen(of_text("to be or not to be")) == "to be or not to be"
    assert set(of_few(names * 5, 1).learned.split()) <= set(names)


def test_the_engine_is_asked_once_for_a_text() -> None:
    """All guesses of a short text come in one pass, and a second look asks for none."""
    engine = FakeEngine(MODEL)
    actions = Actions(asyncio.run(opened_with_documents("poem", engine=engine)))
    state_after(actions, "#/train/own")

    async def work() -> int:
        await actions.run(TEXT, chat=False)
        before = len(engine.requests)
        await actions.fetcher.fill()
        await actions.fetcher.fill()
        return len(engine.requests) - before

    assert asyncio.run(work()) == 1
