"""What step 4 fetches of a live run: once, for the chosen token, and the newest text wins."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.fetcher import Fetcher, lacking_in
from seethrough.app.tours import wanted_by
from seethrough.core import hooks
from seethrough.core.errors import CancelledRunError, EngineError
from seethrough.core.parts import write_names
from seethrough.core.reference import forward, from_arrays
from seethrough.core.routes import Route
from tests.fake_engine import engine_of, opened, tiny_model
from tests.recorded import opened_with, recorded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service
    from seethrough.app.state import AppState

MODEL = tiny_model()
PROMPT = "the thing and"
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


class Reader:
    """A reader at step 4 of their own text."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.actions = Actions(service)
        service.store.replace(route=Route("walk", "own", "layers"))

    @property
    def state(self) -> AppState:
        """The state now."""
        return self.service.store.state

    @property
    def fetcher(self) -> Fetcher:
        """What brings numbers to the page."""
        return self.actions.fetcher

    @property
    def layer_runs(self) -> int:
        """How often the engine was asked for the writes of the layers."""
        requests = engine_of(self.service).requests
        return sum("blocks.0.hook_attn_out" in request.fetch for request in requests)


def at_layers(act: Callable[[Reader], Awaitable[None]]) -> Reader:
    """Run a prompt, be at the step, then act."""

    async def scenario() -> Reader:
        reader = Reader(await opened(MODEL))
        await reader.actions.run(PROMPT, chat=False)
        await act(reader)
        return reader

    return asyncio.run(scenario())


async def fill(reader: Reader) -> None:
    """Fetch what the step needs."""
    await reader.fetcher.fill()


def test_the_writes_are_the_model_s_own() -> None:
    """Every layer's writes at every position are what the reference computes."""
    reader = at_layers(fill)
    ids = [token.id for token in reader.state.run.tokens]
    true, _ = forward(MODEL.config, from_arrays(MODEL.arrays), ids)

    for name in write_names(MODEL.config):
        for position in range(len(ids)):
            row = reader.state.run.captured.row(name, position)
            np.testing.assert_allclose(row, true[name][position], **CLOSE)


@pytest.mark.parametrize("position", [0, 2, -1])
def test_the_lens_is_the_unembedding_of_each_layer(position: int) -> None:
    """The best token, its logit and probability are the reference's, layer by layer."""

    async def look(reader: Reader) -> None:
        reader.actions.select_position(position % len(reader.state.run.tokens))
        await reader.fetcher.fill()

    reader = at_layers(look)
    lens, config = reader.state.run.lens, MODEL.config
    ids = [token.id for token in reader.state.run.tokens]
    at = position % len(ids)
    states = [(layer, at) for layer in range(config.n_layers + 1)]
    logits = forward(config, from_arrays(MODEL.arrays), ids, unembed=states)[0][hooks.LOGITS]

    assert lens is not None
    assert (lens.position, len(lens.tops)) == (at, config.n_layers + 1)
    for top, row in zip(lens.tops, logits.astype(np.float64), strict=True):
        shares = np.exp(row - np.logaddexp.reduce(row))
        assert [item.id for item in top] == [int(row.argmax())]
        np.testing.assert_allclose(top[0].logit, row.max(), **CLOSE)
        np.testing.assert_allclose(top[0].prob, shares[top[0].id], 1e-4)


def test_it_is_fetched_once() -> None:
    """However often the state changes meanwhile, one pass brings writes and lens."""

    async def many(reader: Reader) -> None:
        await asyncio.gather(*(reader.fetcher.fill() for _ in range(5)))
        await reader.fetcher.fill()

    assert at_layers(many).layer_runs == 1


def test_another_token_needs_its_lens_alone() -> None:
    """A short text's writes come for all positions at once; only the lens is asked for anew."""

    async def look(reader: Reader) -> None:
        await reader.fetcher.fill()
        reader.actions.select_position(1)
        await reader.fetcher.fill()

    reader = at_layers(look)

    assert reader.layer_runs == 1
    assert reader.state.run.lens is not None
    assert reader.state.run.lens.position == 1


def test_a_long_text_keeps_what_fits() -> None:
    """Beyond the budget what is not drawn goes; the chosen token's writes are here, whole."""

    async def look(reader: Reader) -> None:
        reader.fetcher._budget.limit = 1
        reader.actions.select_position(1)
        await reader.fetcher.fill()

    state = at_layers(look).state
    captured, name = state.run.captured, "blocks.1.hook_mlp_out"

    assert captured.row(name, 1) is not None
    assert not lacking_in(state.run, wanted_by(state.site.tours, state))
    assert captured.arrays.keys() == wanted_by(state.site.tours, state).names


def test_nothing_is_fetched_elsewhere() -> None:
    """On another step, and while something else runs, the engine is left alone."""

    async def elsewhere(reader: Reader) -> None:
        store = reader.service.store
        store.replace(route=Route("walk", "own", "sample"))
        await reader.fetcher.fill()
        store.replace(route=Route("walk", "own", "layers"), busy="generate")
        await reader.fetcher.fill()

    reader = at_layers(elsewhere)

    assert reader.layer_runs == 0
    assert reader.state.run.lens is None


def test_a_recording_asks_no_engine() -> None:
    """A recorded walk has parts instead: without a model nothing runs."""

    async def scenario() -> Reader:
        reader = Reader(await opened_with(recorded()))
        await reader.actions.show_recording("thing")
        reader.service.store.replace(route=Route("walk", "thing", "layers"))
        await reader.fetcher.fill()
        return reader

    reader = asyncio.run(scenario())

    assert engine_of(reader.service).requests == []
    assert reader.state.run.source == "recorded"


def test_a_new_text_meanwhile_wins() -> None:
    """What comes late of an earlier text is not put beside the new one's numbers."""

    async def overtake(reader: Reader) -> None:
        engine = engine_of(reader.service)
        engine.wait, engine.started = asyncio.Event(), asyncio.Event()
        gate = engine.wait
        late = asyncio.ensure_future(reader.fetcher.fill())
        await engine.started.wait()
        new = tuple(replace(token, id=token.id + 1) for token in reader.state.run.tokens)
        reader.service.store.replace(tokens=new, lens=None, busy="run")
        gate.set()
        await late

    reader = at_layers(overtake)

    assert reader.state.run.lens is None
    assert not reader.state.run.captured.has("blocks.0.hook_attn_out")


def test_a_failure_is_told_once() -> None:
    """What cannot be had is a sentence, not a loop; another token tries again."""

    async def fail(reader: Reader) -> None:
        engine_of(reader.service).fail_run = EngineError("engine.session", reason="no memory")
        await reader.fetcher.fill()
        await reader.fetcher.fill()

    reader = at_layers(fail)
    assert reader.state.chrome.error is not None
    assert reader.state.chrome.error.key == "engine.session"
    assert (reader.layer_runs, reader.state.run.lens) == (1, None)

    async def again(reader: Reader) -> None:
        await fail(reader)
        reader.actions.select_position(0)
        await reader.fetcher.fill()

    assert at_layers(again).state.run.lens is not None


def test_a_stop_is_no_failure() -> None:
    """A reader who stops it gets no message; what is shown stays."""

    async def stop(reader: Reader) -> None:
        engine_of(reader.service).fail_run = CancelledRunError("engine.cancelled")
        await reader.fetcher.fill()

    reader = at_layers(stop)

    assert reader.state.chrome.error is None
    assert reader.state.run.lens is None


def test_the_inside_of_a_block_is_fetched_once() -> None:
    """Where a block is shown live, one run brings all of its hooks; elsewhere none is asked for."""

    async def scenario() -> None:
        reader = Reader(await opened(MODEL))
        await reader.actions.run(PROMPT, chat=False)
        requests = engine_of(reader.service).requests
        reader.service.store.replace(route=Route("block", "own", "inside"))
        before = len(requests)
        await asyncio.gather(*(reader.fetcher.fill() for _ in range(3)))
        assert len(requests) == before + 1
        assert not lacking_in(reader.state.run, wanted_by(reader.state.site.tours, reader.state))
        whole = reader.state.run.captured
        assert whole.arrays["blocks.0.attn.hook_q"].shape[0] == len(reader.state.run.tokens)
        reader.service.store.replace(route=Route("walk", "own", "softmax"))
        reader.service.store.replace(layer=1)
        await reader.fetcher.fill()
        assert len(requests) == before + 1

    asyncio.run(scenario())


def test_a_long_text_keeps_the_chosen_layer_of_a_block() -> None:
    """Beyond the budget the layer that is drawn stays, and no other one."""

    async def scenario() -> None:
        reader = Reader(await opened(MODEL))
        await reader.actions.run(PROMPT, chat=False)
        reader.fetcher._budget.limit = 1
        reader.service.store.replace(route=Route("block", "own", "inside"))
        await reader.fetcher.fill()
        await reader.actions.select_layer(1)
        captured, n_tokens = reader.state.run.captured, len(reader.state.run.tokens)
        assert captured.row("blocks.1.attn.hook_z", reader.state.choice.position) is not None
        assert captured.arrays["blocks.1.attn.hook_attn_scores"].shape[1] == n_tokens
        assert {name.partition(".attn")[0] for name in captured.arrays if "attn" in name} == {
            "blocks.1",
            "blocks.1.hook_attn_out",
        }

    asyncio.run(scenario())


def test_a_failing_block_is_told_once() -> None:
    """The error is said; the same block is not asked for again."""

    async def scenario() -> None:
        reader = Reader(await opened(MODEL))
        await reader.actions.run(PROMPT, chat=False)
        reader.service.store.replace(route=Route("block", "own", "inside"))
        engine = engine_of(reader.service)
        engine.fail_run = EngineError("engine.session", reason="no memory")
        await reader.fetcher.fill()
        assert reader.state.chrome.error is not None
        asked = len(engine.requests)
        await reader.fetcher.fill()
        assert len(engine.requests) == asked

    asyncio.run(scenario())
