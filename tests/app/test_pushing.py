"""Weights and the tokens that vectors push come as a step wants them, from the open model."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app import pushing
from seethrough.app.actions import Actions
from seethrough.app.found import Found
from seethrough.app.live import ask_engine
from seethrough.app.pushing import Pushing
from seethrough.core import hooks
from seethrough.core.captured import with_rows, with_whole
from seethrough.core.depth import NUMBERS
from seethrough.core.heads import reader_of
from seethrough.core.hooks import hook_name
from seethrough.core.moves import attributed, results_of, through_norm
from seethrough.core.pushes import of_half, of_head, of_neuron
from seethrough.core.routes import OWN, Route
from seethrough.core.wants import Wants, want
from tests.fake_engine import CONFIG, engine_of, opened, tiny_model

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig

MODEL = tiny_model()
PROMPT = "the thing and"
LAST = len(MODEL.tokenizer.encode(PROMPT)) - 1
VECTORS = frozenset({of_neuron(0, 5), of_head(1, LAST, 1)})


def unembedding() -> np.ndarray:
    """Every token's row in float64: [d_vocab, d_model]."""
    return MODEL.arrays["W_E"].astype(np.float64)


async def brought(wants: Wants) -> tuple[Actions, Found]:
    """A page that ran the prompt, and what the engine gives it."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    run = actions.state.run
    return actions, await ask_engine(actions.service, run, wants)


def test_whole_weights_and_rows_of_any_matrix() -> None:
    """What is wanted of the weights are the very numbers of the file."""
    name, rows = hook_name("mlp.W_out", 1), ((hook_name("mlp.W_out", 1), 3),)
    wanted = want([], rows=rows) | Wants(weights=frozenset({"ln_final.w"}))

    _, found = asyncio.run(brought(wanted))

    np.testing.assert_array_equal(found.rows[name][3], MODEL.arrays[name][3])
    np.testing.assert_array_equal(found.arrays["ln_final.w"], MODEL.arrays["ln_final.w"])


def test_pushes_are_the_vector_times_every_token_s_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A neuron's row, a head's result through the final norm, times the unembedding: to 1e-5."""
    monkeypatch.setattr(pushing, "PIECE", 7 * MODEL.config.d_model)

    async def scenario() -> None:
        z = hook_name(hooks.Z, 1)
        actions, found = await brought(want([z, hooks.FINAL_SCALE], LAST))
        run = actions.state.run
        captured = with_rows(
            run.captured.with_more(found.arrays), hooks.FINAL_SCALE, found.rows[hooks.FINAL_SCALE]
        )
        run = replace(run, captured=captured)
        scale = float(captured.row(hooks.FINAL_SCALE, LAST)[0])
        told = (await Pushing(actions.service).ask(run, VECTORS, lambda _: True)).pushes
        w_o = MODEL.arrays[hook_name("attn.W_O", 1)]
        vectors = {
            of_neuron(0, 5): MODEL.arrays[hook_name("mlp.W_out", 0)][5],
            of_head(1, LAST, 1): through_norm(
                MODEL.config,
                results_of(found.arrays[z][LAST], w_o)[1],
                MODEL.arrays["ln_final.w"],
                scale,
            ),
        }
        assert told.keys() == vectors.keys()
        for cell, vector in vectors.items():
            exact = unembedding() @ vector.astype(np.float64)
            assert [one.id for one in told[cell].up] == np.argsort(-exact)[:6].tolist()
            for one in (*told[cell].up, *told[cell].down):
                assert one.value == pytest.approx(exact[one.id], abs=1e-5)
                assert one.visible == MODEL.tokenizer.visible(one.id)

    asyncio.run(scenario())


def test_what_a_half_pushes_is_what_it_adds_to_every_score() -> None:
    """The final norm's divisor held, each token's push is its score's part by definition."""

    async def scenario() -> None:
        name = hook_name(hooks.MLP_OUT, 1)
        wanted = want([name, hooks.FINAL_SCALE], LAST)
        actions, found = await brought(wanted)
        run = actions.state.run
        captured = with_whole(run.captured, found.arrays)
        for one, rows in found.rows.items():
            captured = with_rows(captured, one, rows)
        run = replace(run, captured=captured)
        cell = of_half(hooks.MLP_OUT, 1, LAST)
        wish = frozenset({cell})
        told = (await Pushing(actions.service).ask(run, wish, lambda _: True)).pushes[cell]
        scale = float(captured.row(hooks.FINAL_SCALE, LAST)[0])
        weight, written = MODEL.arrays["ln_final.w"], captured.row(name, LAST)
        parts = np.array(
            [
                attributed(written, reader_of(MODEL.config, row, weight, scale)[None])[0]
                for row in unembedding()
            ]
        )
        assert told.mean == pytest.approx(parts.mean(), abs=1e-5)
        for one in (*told.up, *told.down):
            assert one.value == pytest.approx(parts[one.id], abs=1e-5)
        assert told.up[0].id == parts.argmax()

    asyncio.run(scenario())


def rows_asked(actions: Actions) -> list[tuple[int, int]]:
    """The stretches of the unembedding that the engine multiplied."""
    return [(one.first, one.end) for one in engine_of(actions.service).products]


def test_what_was_left_is_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left in the middle and wanted again, the products go on where they were, to the same end."""
    monkeypatch.setattr(pushing, "PIECE", 100 * MODEL.config.d_model)

    async def scenario() -> None:
        actions, _ = await brought(Wants())
        run, work = actions.state.run, Pushing(actions.service)
        wish = frozenset({of_neuron(0, 5), of_neuron(1, 3)})

        assert await work.ask(run, wish, lambda _: False) == Found()
        assert rows_asked(actions) == [(0, 100)]
        told = await work.ask(run, wish, lambda _: True)

        assert rows_asked(actions) == [(0, 100), (100, 200), (200, 300)]
        assert told == await Pushing(actions.service).ask(run, wish, lambda _: True)

    asyncio.run(scenario())


def test_a_page_that_turns_away_asks_for_each_piece_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turning to the step and away, again and again, multiplies no row a second time."""
    monkeypatch.setattr(pushing, "PIECE", 100 * MODEL.config.d_model)

    async def scenario() -> None:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        store, engine = actions.store, engine_of(actions.service)
        for n_done in (1, 2, 3):
            store.replace(route=Route("block", OWN, "mix"), depth=NUMBERS)
            filling = asyncio.ensure_future(actions.fetcher.fill())
            while len(engine.products) < n_done:  # noqa: ASYNC110 - the engine's list is no event
                await asyncio.sleep(0)
            if n_done < len((0, 100, 200)):
                store.replace(route=Route("block", OWN, "qkv"))
            await filling

        assert rows_asked(actions) == [(0, 100), (100, 200), (200, 300)]
        assert len(actions.state.run.pushes) == MODEL.config.n_heads

    asyncio.run(scenario())


def test_a_neuron_s_tokens_are_the_model_s() -> None:
    """Another text asks nothing for the neurons whose tokens were found for the one before."""

    async def scenario() -> None:
        actions, _ = await brought(Wants())
        work, wish = Pushing(actions.service), frozenset({of_neuron(0, 5)})
        first = await work.ask(actions.state.run, wish, lambda _: True)
        n_asked = len(rows_asked(actions))
        await actions.run("and another", chat=False)

        assert await work.ask(actions.state.run, wish, lambda _: True) == first
        assert len(rows_asked(actions)) == n_asked

    asyncio.run(scenario())


@pytest.mark.parametrize("config", [CONFIG, replace(CONFIG, tie_word_embeddings=False)])
def test_the_unembedding_is_multiplied_whole(
    monkeypatch: pytest.MonkeyPatch, config: ModelConfig
) -> None:
    """Token by token or dimension by dimension, each row once, in order."""
    monkeypatch.setattr(pushing, "PIECE", 7 * config.d_vocab)
    vectors = np.ones((2, config.d_model), np.float32)

    asked = list(pushing.requests(config, vectors, 0))

    n_rows = config.d_vocab if config.tie_word_embeddings else config.d_model
    assert [row for one in asked for row in range(one.first, one.end)] == list(range(n_rows))
