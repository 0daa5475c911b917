from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.app.caches import Caches
from seethrough.core import hooks
from seethrough.core.errors import InputError
from tests.app.test_loaded import CLOSE, IDS, MODEL, logits, make, sizes
from tests.fake_engine import true_logits

if TYPE_CHECKING:
    from seethrough.app.loaded import LoadedModel

FORKS = [(*IDS, 9), (*IDS[:5], 44), (*IDS, 9, 10), (*IDS[:5], 44, 45), (*IDS, 9, 11)]
COLUMN = 2 * 4 * MODEL.config.n_layers * MODEL.config.n_key_value_heads * MODEL.config.d_head


def test_a_fork_and_every_way_back_cost_one_column() -> None:
    """Each way keeps its own cache: another branch is one new token, however often one jumps."""
    model, engine = make()
    logits(model, IDS)

    for ids in FORKS:
        np.testing.assert_allclose(logits(model, ids), true_logits(MODEL, ids), atol=CLOSE)

    assert sizes(engine) == [(0, 8), (8, 1), (5, 1), (9, 1), (6, 1), (9, 1)]


def test_a_tree_of_many_ways_costs_its_nodes() -> None:
    """Written breadth first, 3 ways at each of 4 places: as many columns as the tree has nodes."""
    model, engine = make()
    ways: list[tuple[int, ...]] = [IDS]
    logits(model, IDS)
    for _ in range(4):
        ways = [(*way, token) for way in ways for token in (3, 70, 257)]
        for way in ways:
            logits(model, way)

    columns = [count for _, count in sizes(engine)]
    assert columns == [8] + [1] * (3 + 9 + 27 + 81)


def test_the_oldest_are_given_up_where_room_lacks() -> None:
    """Never more is held than may be, and the one in use always; what went is computed anew."""
    model, engine = make()
    model.caches = Caches(MODEL.config, most_bytes=22 * COLUMN)
    for ids in (IDS, (5, *IDS), (6, *IDS)):
        logits(model, ids)
        assert model.caches.n_bytes <= 22 * COLUMN

    assert set(engine.caches) == set(model.caches._held)
    assert model.caches.n_common((5, *IDS)) == 9
    assert model.caches.n_common(IDS) == 0
    model.caches = Caches(MODEL.config, most_bytes=0)
    np.testing.assert_allclose(logits(model, IDS), true_logits(MODEL, IDS), atol=CLOSE)
    assert model.caches.n_bytes == len(IDS) * COLUMN


def test_a_start_anew_leaves_the_other_ways() -> None:
    """`forget` computes one run from its start; what other texts hold stays."""
    model, engine = make()
    logits(model, IDS)
    model.forget()
    logits(model, (5, 6))
    logits(model, (*IDS, 9))

    assert sizes(engine) == [(0, 8), (0, 2), (8, 1)]


def test_knobs_leave_every_cache() -> None:
    """What a switched-off head computes is kept nowhere: the next run goes on from before."""
    model, engine = make()
    logits(model, IDS)
    off = np.zeros((MODEL.config.n_layers, MODEL.config.n_heads), np.float32)
    asyncio.run(model.capture(IDS, (hooks.LOGITS,), knobs={"head_scale": off}))

    again = logits(model, (*IDS, 9))

    np.testing.assert_allclose(again, true_logits(MODEL, (*IDS, 9)), atol=CLOSE)
    assert sizes(engine) == [(0, 8), (0, 8), (8, 1)]


def test_an_engine_that_died_holds_nothing() -> None:
    """After a crash every way is computed from its start, once."""
    model, engine = make()
    for ids in (IDS, (*IDS[:5], 44)):
        logits(model, ids)
    engine.crash_next = True
    logits(model, (*IDS, 9))
    logits(model, (*IDS[:5], 44, 45))

    assert sizes(engine)[2:] == [(8, 1), (0, 9), (5, 2)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.sampled_from([3, 70]), min_size=1, max_size=6), max_size=9),
    st.integers(0, 12),
)
def test_any_ways_give_the_same_numbers(history: list[list[int]], room: int) -> None:
    """Whatever was held and given up, the logits are those of a run from nothing."""
    model, engine = make()
    model.caches = Caches(MODEL.config, most_bytes=room * COLUMN)
    for ids in history:
        np.testing.assert_allclose(logits(model, tuple(ids)), true_logits(MODEL, ids), atol=CLOSE)
        held = model.caches._held
        assert {n: len(text) for n, text in held.items()} == {
            n: layers[0][0].shape[1] for n, layers in engine.caches.items()
        }


def test_a_failed_run_leaves_nothing_known_of_its_cache() -> None:
    """The cache that it wrote may hold anything: it is not read again; the others are."""
    model, engine = make()
    logits(model, (5, 6))
    logits(model, IDS)
    engine.fail_run = RuntimeError("no")
    with pytest.raises(RuntimeError):
        logits(model, (*IDS, 9))

    assert held(model) == [(5, 6)]


def held(model: LoadedModel) -> list[tuple[int, ...]]:
    """The texts that are held."""
    return list(model.caches._held.values())


def test_odd_numbers_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that gave no number is refused, and its cache is never read again."""
    model, engine = make()
    logits(model, (5, 6))
    compute = engine._compute
    spoilt = {hooks.LOGITS: np.full((1, MODEL.config.d_vocab), np.nan, np.float32)}
    monkeypatch.setattr(engine, "_compute", lambda *asked: {**compute(*asked), **spoilt})

    with pytest.raises(InputError):
        logits(model, IDS)

    assert held(model) == [(5, 6)]
