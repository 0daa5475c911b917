"""Rows of the unembedding: fetched once for what is compared, and tokens of the reader's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app import unembedding
from seethrough.app.actions import Actions
from seethrough.app.comparing import Comparing
from seethrough.app.fetcher import Fetcher
from seethrough.core.routes import Route
from tests.fake_engine import CONFIG, TinyModel, engine_of, opened, tiny_model, true_logits

if TYPE_CHECKING:
    from seethrough.app.state import AppState

TIED = tiny_model()
UNTIED = tiny_model(9, replace(CONFIG, tie_word_embeddings=False))
PROMPT = "the thing and"
Act = Callable[[Actions], Awaitable[None]]


def after(model: TinyModel, *acts: Act, step: str = "logits") -> AppState:
    """The state after a run at a step of the walk, what the step needs, and some acts."""

    async def scenario() -> AppState:
        service = await opened(model)
        actions = Actions(service)
        await actions.run(PROMPT, chat=False)
        service.store.replace(route=Route("walk", "own", step))
        await actions.fetcher.fill()
        for act in acts:
            await act(actions)
        return service.store.state

    return asyncio.run(scenario())


def asking(text: str) -> Act:
    """Ask for a token of one's own, then let the page fetch."""

    async def act(actions: Actions) -> None:
        Comparing(actions.service).ask(text)
        await actions.fetcher.fill()

    return act


@pytest.mark.parametrize("model", [TIED, UNTIED], ids=["tied", "untied"])
def test_the_best_tokens_have_their_rows(model: TinyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is the token's own column of W_U, whether stored as such or as the embedding's."""
    monkeypatch.setattr(unembedding, "PIECE", 2000)
    state = after(model)

    assert len(state.run.top) == 10
    for item in state.run.top:
        np.testing.assert_array_equal(
            state.run.captured.row("W_U", item.id), model.arrays["W_U"][:, item.id]
        )


def test_rows_times_the_query_are_the_logits() -> None:
    """The final norm's output times a row is the captured logit."""
    state = after(TIED)
    last = len(state.run.tokens) - 1
    query, logits = (
        state.run.captured.row(name, last) for name in ("ln_final.hook_norm_out", "logits")
    )

    assert query is not None
    assert logits is not None
    for item in state.run.top:
        row = state.run.captured.row("W_U", item.id)
        assert row is not None
        assert float(query @ row) == pytest.approx(float(logits[item.id]), rel=1e-5, abs=1e-5)


def test_rows_are_fetched_once() -> None:
    """Coming again to the step asks the engine for nothing."""
    reads: list[object] = []

    async def again(actions: Actions) -> None:
        engine = engine_of(actions.service)
        read = engine.read_bytes

        async def counted(ranges: tuple[tuple[int, int], ...]) -> tuple[bytes, ...]:
            reads.append(ranges)
            return await read(ranges)

        engine.read_bytes = counted  # type: ignore[method-assign]
        await asyncio.gather(actions.fetcher.fill(), actions.fetcher.fill())

    after(TIED, again)

    assert reads == []


def test_other_steps_fetch_no_rows() -> None:
    """Only the step that shows rows asks for them."""
    assert not after(TIED, step="embed").run.captured.has("W_U")


def test_a_token_of_ones_own_is_compared() -> None:
    """It gets its true logit and share and a row; it is the one that is opened."""
    state = after(TIED, asking(" with"))
    asked = state.choice.asked[0]
    logits = true_logits(TIED, [token.id for token in state.run.tokens]).astype(np.float64)

    assert asked.id == TIED.tokenizer.encode(" with")[0]
    assert asked.logit == pytest.approx(logits[asked.id], rel=1e-5)
    assert asked.prob == pytest.approx(
        np.exp(logits - logits.max())[asked.id] / np.exp(logits - logits.max()).sum(), rel=1e-5
    )
    assert state.choice.compared == asked.id
    row = state.run.captured.row("W_U", asked.id)
    np.testing.assert_array_equal(row, TIED.arrays["W_E"][asked.id])
    assert state.run.captured.row("W_U", state.run.top[0].id) is not None


def test_of_several_tokens_the_first_is_taken_and_said() -> None:
    """Three more letters are three more tokens: the note has the count and the first token."""
    state = after(TIED, asking("xyz"))

    assert state.choice.asked_note is not None
    assert state.choice.asked_note.fields == {"n_tokens": 3, "token": "x"}
    assert [item.text for item in state.choice.asked] == ["x"]


def test_at_most_three_are_kept() -> None:
    """The fourth takes the place of the oldest."""
    state = after(TIED, *(asking(letter) for letter in "QZJXX"))

    assert [item.text for item in state.choice.asked] == ["Z", "J", "X"]


def test_a_best_token_is_opened_not_repeated() -> None:
    """Asking for what is in the list already opens it there."""
    top = after(TIED).run.top
    best = next(item for item in top if TIED.tokenizer.encode(item.text) == [item.id])
    state = after(TIED, asking(best.text))

    assert (state.choice.asked, state.choice.compared) == ((), best.id)


def test_nothing_typed_is_said() -> None:
    """An empty text leaves everything as it is, with a sentence."""
    state = after(TIED, asking(""))

    assert state.choice.asked == ()
    assert state.choice.asked_note is not None
    assert state.choice.asked_note.key == "asked.empty"


def test_without_the_model_it_is_said() -> None:
    """Before a model is loaded there is no tokeniser: a sentence, nothing fetched."""

    async def scenario() -> AppState:
        service = await opened(TIED)
        Comparing(service).ask("x")
        await Fetcher(service).fill()
        return service.store.state

    note = asyncio.run(scenario()).choice.asked_note

    assert note is not None
    assert note.key == "asked.no_model"


def test_asked_tokens_stay_for_the_next_prompt() -> None:
    """A new prompt of the same model keeps them, and their rows come again."""

    async def other(actions: Actions) -> None:
        await actions.run("and then", chat=False)
        await actions.fetcher.fill()

    state = after(TIED, asking("Q"), other)

    assert [item.text for item in state.choice.asked] == ["Q"]
    assert state.run.captured.row("W_U", state.choice.asked[0].id) is not None
