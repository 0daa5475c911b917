from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app import tracing as tracing_module
from seethrough.app import weights as weights_module
from seethrough.app.actions import Actions
from seethrough.app.fetcher import Fetcher
from seethrough.app.state import Message
from seethrough.app.tours import wanted_by
from seethrough.app.tracing import Tracer
from seethrough.core import hooks
from seethrough.core.captured import BY_HEAD, Captured
from seethrough.core.cell import PROBS, Cell
from seethrough.core.errors import EngineError
from seethrough.core.recording import stream_names
from seethrough.core.reference import forward, from_arrays
from seethrough.core.routes import Route
from seethrough.core.sum_rules import rules_of
from seethrough.core.sums import dims_of
from tests.fake_engine import engine_of, opened, tiny_model
from tests.kinds import name_of_kind

if TYPE_CHECKING:
    from seethrough.app.state import AppState

MODEL, OTHER = tiny_model(), tiny_model(8)
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
LAST = len(IDS) - 1
MID = Cell("blocks.1.hook_resid_mid", (1, 5))


def fresh(prompt: str = PROMPT) -> tuple[Actions, Tracer]:
    """A page that has run a prompt, and its tracer."""
    actions = Actions(asyncio.run(opened(MODEL, OTHER)))
    asyncio.run(actions.run(prompt, chat=False))
    return actions, Tracer(actions.service, actions.fetcher)


def alone() -> Tracer:
    """A tracer of a page that has just opened."""
    service = asyncio.run(opened(MODEL))
    return Tracer(service, Fetcher(service))


def traced(cell: Cell | str) -> AppState:
    """The state after one cell was asked for."""
    actions, tracer = fresh()
    asyncio.run(tracer.select(str(cell)))
    return actions.state


def cell_of_kind(leaf: str) -> Cell:
    """One cell of each kind, at an early position where it has one."""
    name = name_of_kind(leaf, 1)
    dims = dims_of(name, MODEL.config, len(IDS))
    assert dims is not None
    middle = tuple(size // 2 for size in dims)
    return Cell(name, (middle[0], 2, 1) if leaf in BY_HEAD else middle)


@pytest.mark.parametrize("leaf", rules_of(MODEL.config))
def test_every_kind_of_number_is_traced(leaf: str) -> None:
    """Whatever is missing is captured and read; the sum is the reference's own number."""
    cell = cell_of_kind(leaf)
    state = traced(cell)

    assert state.choice.sum is not None
    assert state.choice.sum.message is None
    assert state.choice.sum.sum is not None
    assert state.choice.sum.sum.total == pytest.approx(state.choice.sum.value, rel=1e-4, abs=1e-6)
    whole, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    if leaf != PROBS:
        expected = Captured(dict(whole)).value(cell)
        assert state.choice.sum.value == pytest.approx(expected, abs=1e-4)


def test_a_layer_is_captured_once() -> None:
    """Going back along a short text's numbers of one layer takes one run for all of it."""
    actions, tracer = fresh()
    engine = engine_of(actions.service)
    before = len(engine.requests)
    for cell in ("hook_resid_mid[1,5]", "hook_attn_out[1,5]", "attn.hook_z[1,2,3]"):
        asyncio.run(tracer.select(f"blocks.1.{cell}"))

    assert len(engine.requests) == before + 1
    assert actions.state.choice.sum is not None
    assert actions.state.choice.sum.trail == (MID, Cell("blocks.1.hook_attn_out", (1, 5)))
    asyncio.run(tracer.select(str(MID)))
    assert actions.state.choice.sum.trail == ()
    asyncio.run(tracer.select("logits[2,7]"))
    assert actions.state.choice.sum.trail == ()


def test_what_is_shown_keeps_its_numbers() -> None:
    """Rows that the state has stay the very numbers; the last position's logits stay in place."""
    actions, tracer = fresh()
    before = actions.state.run.captured
    asyncio.run(tracer.select("logits[1,7]"))
    now = actions.state.run.captured

    assert now.row(hooks.LOGITS, 1) is not None
    np.testing.assert_array_equal(now.row(hooks.LOGITS, LAST), before.row(hooks.LOGITS, LAST))
    assert now.positions[hooks.LOGITS] == (LAST, 1)
    assert now.arrays["hook_embed"] is before.arrays["hook_embed"]


def test_a_long_text_keeps_what_its_sum_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the length whose layers come whole, only what the sum is made of is kept."""
    before = fresh()[0].state.run.captured.arrays.keys()
    monkeypatch.setattr(tracing_module, "WHOLE_LAYER", 2)
    state = traced("blocks.1.hook_attn_out[1,5]")

    assert state.choice.sum is not None
    assert state.choice.sum.sum is not None
    assert state.run.captured.arrays.keys() - before == {
        "blocks.1.attn.hook_z",
        "blocks.1.hook_attn_out",
    }
    assert "blocks.1.mlp.hook_post" not in state.run.captured.arrays
    value = traced("blocks.1.attn.hook_z[2,1,3]")
    assert value.choice.sum is not None
    assert value.choice.sum.sum is not None
    assert len(value.choice.sum.sum.terms) == 3


def test_a_position_out_of_reach_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the positions that are pictured no run is made, and the sentence says so."""
    actions, tracer = fresh()
    engine = engine_of(actions.service)
    before = len(engine.requests)
    monkeypatch.setattr(tracing_module, "PICTURE_TOKENS", 2)
    for cell in ("blocks.1.attn.hook_q[2,1,3]", "blocks.1.attn.hook_attn_scores[1,2,0]"):
        asyncio.run(tracer.select(cell))

        assert actions.state.choice.sum is not None
        assert actions.state.choice.sum.message is not None
        assert actions.state.choice.sum.message.key == "sums.too_far"
    assert len(engine.requests) == before


def test_first_layers_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was captured for sums is bounded; what the page itself shows stays."""
    actions, tracer = fresh()
    actions.store.replace(route=Route("all", "own"))
    monkeypatch.setattr(actions.fetcher._budget, "limit", 1)
    shown = wanted_by(actions.state.site.tours, actions.state).names
    assert shown >= {*stream_names(2), "blocks.0.attn.hook_pattern"}
    asyncio.run(tracer.select("blocks.0.hook_attn_out[1,5]"))
    assert "blocks.0.attn.hook_z" in actions.state.run.captured.arrays
    asyncio.run(tracer.select("blocks.1.hook_attn_out[1,5]"))

    assert "blocks.0.attn.hook_z" not in actions.state.run.captured.arrays
    assert "blocks.1.attn.hook_z" in actions.state.run.captured.arrays
    assert shown <= set(actions.state.run.captured.arrays)


def test_large_matrices_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix of more numbers than are read at once gives its column piece by piece."""
    cell = "blocks.1.mlp.hook_pre[1,7]"
    whole = traced(cell)
    monkeypatch.setattr(weights_module, "MOST_READ", 100)
    pieces = traced(cell)

    assert whole.choice.sum is not None
    assert pieces.choice.sum is not None
    assert whole.choice.sum.sum is not None
    assert whole.choice.sum.sum == pieces.choice.sum.sum


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("blocks.0.hook_nothing[0,0]", "sums.no_name"),
        ("blocks.7.hook_resid_mid[0,0]", "sums.no_name"),
        ("blocks.0.hook_resid_mid[99,0]", "sums.no_cell"),
        ("blocks.0.hook_resid_mid[0,1,2]", "sums.no_cell"),
    ],
)
def test_what_is_no_cell_is_said(written: str, key: str) -> None:
    """A name or place that is not there is a sentence, with the name that was asked for."""
    state = traced(written)

    assert state.choice.sum is not None
    assert state.choice.sum.message is not None
    assert (state.choice.sum.message.key, str(state.choice.sum.cell)) == (key, written)
    assert state.chrome.error is None


def test_nonsense_is_said() -> None:
    """What does not even look like a cell, and a page without numbers."""
    state = traced("<img src=x>")
    assert state.choice.sum is None
    assert state.chrome.error is not None
    assert state.chrome.error.key == "sums.unreadable"

    empty = alone()
    asyncio.run(empty.select(str(MID)))
    assert empty.store.state.choice.sum is not None
    assert empty.store.state.choice.sum.message is not None
    assert empty.store.state.choice.sum.message.key == "sums.nothing_shown"


def test_a_failing_run_is_said() -> None:
    """What the engine says stands in the panel; the next cell is traced again."""
    actions, tracer = fresh()
    engine_of(actions.service).fail_run = EngineError("engine.crashed")
    engine_of(actions.service).crash_next = True
    asyncio.run(tracer.select(str(MID)))
    assert actions.state.choice.sum is not None
    assert actions.state.choice.sum.message is not None
    assert actions.state.choice.sum.message.key == "engine.crashed"

    asyncio.run(tracer.select(str(MID)))
    assert actions.state.choice.sum.sum is not None


def test_the_last_one_asked_for_wins() -> None:
    """While the engine computes, later cells take the place of earlier ones, which cost no run."""

    async def both() -> tuple[Actions, int]:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        tracer = Tracer(actions.service, actions.fetcher)
        engine = engine_of(actions.service)
        before = len(engine.requests)
        cells = [f"blocks.{layer}.hook_attn_out[1,5]" for layer in (0, 1, 0, 1)]
        await asyncio.gather(*(tracer.select(cell) for cell in cells))
        return actions, len(engine.requests) - before

    actions, n_runs = asyncio.run(both())
    assert actions.state.choice.sum is not None
    assert str(actions.state.choice.sum.cell) == "blocks.1.hook_attn_out[1,5]"
    assert actions.state.choice.sum.sum is not None
    assert n_runs <= 2


def test_a_look_shares_what_was_read() -> None:
    """A second tracer keeps a field of its own; what one has read the other does not ask for."""
    actions, tracer = fresh()
    passing = Tracer(actions.service, actions.fetcher, "peek", tracer.lock)
    cell = "blocks.1.attn.hook_q[1,2,3]"
    asyncio.run(passing.select(cell))
    assert actions.state.choice.sum is None
    assert actions.state.choice.peek is not None
    assert actions.state.choice.peek.sum is not None
    asked = len(engine_of(actions.service).requests)
    asyncio.run(tracer.select(cell))
    assert actions.state.choice.sum is not None
    assert actions.state.choice.sum.sum is not None
    assert len(engine_of(actions.service).requests) == asked
    passing.close()
    assert actions.state.choice.peek is None
    assert actions.state.choice.sum is not None


def test_what_was_left_reads_no_more() -> None:
    """Of numbers that are passed over only the last one's weights are read."""
    actions, tracer = fresh()
    said: list[Message | None] = []
    actions.service.store.subscribe(
        ("sum",), lambda state: said.append(state.choice.sum.message if state.choice.sum else None)
    )

    async def passes() -> None:
        first = asyncio.create_task(tracer.select("blocks.0.attn.hook_q[1,2,3]"))
        second = asyncio.create_task(tracer.select("blocks.0.mlp.hook_pre[1,2]"))
        await asyncio.gather(first, second)

    asyncio.run(passes())
    assert {part.name for _, part in tracer.fetcher.weights._read} == {"blocks.0.mlp.W_gate"}
    assert said[-1] is None
    assert Message("sums.reads") in said


def test_closing_ends_what_is_under_way() -> None:
    """A sum that comes after the panel was closed does not open it again."""

    async def close() -> AppState:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        tracer = Tracer(actions.service, actions.fetcher)
        work = asyncio.ensure_future(tracer.select(str(MID)))
        await asyncio.sleep(0)
        tracer.close()
        await work
        return actions.state

    assert asyncio.run(close()).choice.sum is None


def test_another_text_ends_the_trace() -> None:
    """The same ids are traced anew, a longer text keeps the sum, another one closes it."""
    actions, tracer = fresh()
    asyncio.run(tracer.select(str(MID)))
    first = actions.state.choice.sum
    asyncio.run(actions.append(5))
    asyncio.run(tracer.renew())
    assert first is not None
    assert actions.state.choice.sum is not None
    assert actions.state.choice.sum.sum is first.sum

    asyncio.run(actions.run("and", chat=False))
    asyncio.run(tracer.renew())
    assert actions.state.choice.sum is None
    asyncio.run(tracer.renew())
    assert actions.state.choice.sum is None


def test_a_recording_says_that_the_model_is_needed() -> None:
    """What is recorded is traced at once; the rest waits for the model, then comes by itself."""
    actions, _ = fresh()
    shown = actions.state
    closed = alone()
    closed.store.replace(
        tokens=shown.run.tokens,
        config=shown.run.config,
        model=shown.run.model,
        captured=shown.run.captured,
    )
    asyncio.run(closed.select("blocks.0.hook_resid_pre[1,5]"))
    assert closed.store.state.choice.sum is not None
    assert closed.store.state.choice.sum.sum is not None  # made of recorded numbers alone

    asyncio.run(closed.select("blocks.1.hook_resid_mid[1,5]"))
    waiting = closed.store.state.choice.sum
    assert waiting.sum is None
    assert waiting.needs_model
    asyncio.run(closed.renew())
    assert closed.store.state.choice.sum is waiting

    asyncio.run(closed.service.load())
    closed.store.replace(
        tokens=shown.run.tokens,
        config=shown.run.config,
        model=shown.run.model,
        captured=shown.run.captured,
    )
    asyncio.run(closed.renew())
    assert closed.store.state.choice.sum.sum is not None


def test_a_recorded_unembedding_needs_no_model() -> None:
    """A logit of a token whose vector stands in the state is traced without reading weights."""
    actions, _ = fresh()
    shown = actions.state
    token = shown.run.top[0].id
    vector = MODEL.arrays["W_E"][token][None]
    known = shown.run.captured.with_more({"W_U": vector}, {"W_U": (token,)})
    closed = alone()
    closed.store.replace(
        tokens=shown.run.tokens, config=shown.run.config, model=shown.run.model, captured=known
    )
    asyncio.run(closed.select(f"logits[{LAST},{token}]"))

    assert closed.store.state.choice.sum is not None
    assert closed.store.state.choice.sum.sum is not None
    assert closed.store.state.choice.sum.sum.total == pytest.approx(
        shown.run.top[0].logit, abs=1e-4
    )
