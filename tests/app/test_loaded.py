from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.app import loaded
from seethrough.app.loaded import LoadedModel
from seethrough.core import hooks
from seethrough.core.errors import CancelledRunError, EngineError, ShapeError
from seethrough.core.reference import Knobs, forward, from_arrays
from tests.fake_engine import FakeEngine, tiny_model, true_logits

MODEL = tiny_model()
IDS = (257, 290, 70, 5, 120, 121, 40, 41)
CLOSE = 1e-4  # float32 sums in another order


def make(**options: object) -> tuple[LoadedModel, FakeEngine]:
    """The tiny model over a fake engine that has it open."""
    engine = FakeEngine()
    asyncio.run(engine.load(MODEL.manifest, "models/tiny/", lambda _: None))
    return LoadedModel(MODEL.manifest, MODEL.tokenizer, engine, **options), engine  # type: ignore[arg-type]


def logits(model: LoadedModel, ids: tuple[int, ...]) -> np.ndarray:
    """What the model says after the ids."""
    return asyncio.run(model.next_logits(ids, (hooks.LOGITS,))).arrays[hooks.LOGITS][-1]


def sizes(engine: FakeEngine) -> list[tuple[int, int]]:
    """(n_past, new tokens) of every run so far."""
    return [(request.n_past, len(request.tokens)) for request in engine.requests]


def test_a_common_start_is_not_computed_again() -> None:
    """Only what follows the kept ids is run, and the numbers are those of a run from nothing."""
    model, engine = make()
    logits(model, IDS[:5])

    again = logits(model, IDS)

    np.testing.assert_allclose(again, true_logits(MODEL, IDS), atol=CLOSE)
    assert sizes(engine) == [(0, 5), (5, 3)]


def test_the_same_ids_run_one_position() -> None:
    """All but the last id are kept: there is always something to run."""
    model, engine = make()
    first = logits(model, IDS)

    np.testing.assert_allclose(logits(model, IDS), first, atol=CLOSE)
    assert sizes(engine) == [(0, 8), (7, 1)]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from([3, 70, 257]), min_size=1, max_size=7), max_size=5))
def test_any_history_gives_the_same_numbers(history: list[list[int]]) -> None:
    """Whatever was run before, the logits are those of a run from nothing."""
    model, _ = make()
    for ids in history:
        np.testing.assert_allclose(logits(model, tuple(ids)), true_logits(MODEL, ids), atol=CLOSE)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 8])
def test_pieces_equal_the_whole(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt that goes through in pieces ends in the numbers of one run."""
    monkeypatch.setattr(loaded, "CHUNK", chunk)
    model, engine = make()

    np.testing.assert_allclose(logits(model, IDS), true_logits(MODEL, IDS), atol=CLOSE)
    assert all(count <= chunk for _, count in sizes(engine))
    assert sum(count for _, count in sizes(engine)) == len(IDS)
    assert [request.fetch for request in engine.requests[:-1]] == [()] * (len(sizes(engine)) - 1)


def test_stopping_between_two_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long prompt can be stopped, and what was computed is kept for the next try."""
    monkeypatch.setattr(loaded, "CHUNK", 3)
    stop = [True]
    model, engine = make(is_stopping=lambda: stop[0])

    with pytest.raises(CancelledRunError) as caught:
        logits(model, IDS)
    assert caught.value.key == "engine.cancelled"
    assert model.caches.newest == IDS[:3]

    stop[0] = False
    np.testing.assert_allclose(logits(model, IDS), true_logits(MODEL, IDS), atol=CLOSE)
    assert sizes(engine) == [(0, 3), (3, 3), (6, 2)]


def test_a_restarted_engine_is_recovered_from() -> None:
    """An engine that lost its cache computes everything again; the reader sees nothing of it."""
    model, engine = make()
    logits(model, IDS[:5])
    engine.die_next = True

    np.testing.assert_allclose(logits(model, IDS), true_logits(MODEL, IDS), atol=CLOSE)
    assert sizes(engine) == [(0, 5), (5, 3), (0, 8)]


def test_a_restart_between_two_pieces_is_recovered_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first piece is lost with the cache: it is run again."""
    monkeypatch.setattr(loaded, "CHUNK", 3)
    model, engine = make()
    logits(model, IDS[:4])
    engine.die_next = True

    np.testing.assert_allclose(logits(model, IDS), true_logits(MODEL, IDS), atol=CLOSE)
    assert sizes(engine)[-3:] == [(0, 3), (3, 3), (6, 2)]


def test_a_crash_in_a_run_is_recovered_from() -> None:
    """An engine that dies in a run is asked again from the first position, and that is told."""
    model, engine = make()
    told = []
    model.on_restart = lambda: told.append(1)
    logits(model, IDS[:5])
    engine.crash_next = True

    np.testing.assert_allclose(logits(model, IDS), true_logits(MODEL, IDS), atol=CLOSE)
    assert sizes(engine)[-1] == (0, 8)
    assert told == [1]


def test_a_crash_in_each_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that dies again when asked again is not asked for ever."""
    model, engine = make()

    async def crash(_request: object) -> None:
        raise EngineError("engine.crashed")

    monkeypatch.setattr(engine, "run", crash)
    with pytest.raises(EngineError) as caught:
        logits(model, IDS)
    assert caught.value.key == "engine.crashed"


def test_after_a_cancelled_run_nothing_is_taken_as_kept() -> None:
    """The engine stopped at the run's end and holds the other prompt: it is not gone on from."""
    model, engine = make()
    logits(model, IDS)

    async def cancelled() -> None:
        engine.wait = asyncio.Event()
        run = asyncio.create_task(model.next_logits((1, 2, 3, 4, 5, 6, 7, 8), (hooks.LOGITS,)))
        await asyncio.sleep(0)
        engine.cancel()
        with pytest.raises(CancelledRunError):
            await run

    asyncio.run(cancelled())
    np.testing.assert_allclose(logits(model, IDS), true_logits(MODEL, IDS), atol=CLOSE)


def test_capture_is_the_reference_s() -> None:
    """Every hook of a capture holds the numbers of the numpy model, under its name and dims."""
    model, _ = make()
    names = tuple(hooks.fetchable(MODEL.config))[:-3]

    cache, result = asyncio.run(model.capture(IDS, names))

    expected, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    assert tuple(cache) == names
    assert result.elapsed_ms > 0
    for name in names:
        np.testing.assert_allclose(cache[name], expected[name], atol=CLOSE)


def test_capture_unembeds_what_is_looked_at() -> None:
    """A logit output or a final norm comes for every position; otherwise one state suffices."""
    model, engine = make()

    cache, _ = asyncio.run(model.capture(IDS, ("ln_final.hook_scale",)))
    asyncio.run(model.capture(IDS, ("hook_embed",)))
    lens, _ = asyncio.run(model.capture(IDS, (hooks.LOGITS,), unembed=((0, 2), (1, 2))))

    assert cache["ln_final.hook_scale"].shape == (8, 1)
    assert engine.requests[1].unembed == ((2, 7),)
    assert lens[hooks.LOGITS].shape == (2, 300)


def test_knobs_do_not_spoil_what_is_kept() -> None:
    """Keys and values of a run with knobs are never used for one without."""
    model, _ = make()
    logits(model, IDS[:6])
    before = logits(model, IDS)
    knobs = {"head_scale": np.zeros((2, 4), np.float32)}

    touched, _ = asyncio.run(model.capture(IDS, (hooks.LOGITS,), knobs=knobs))
    after = logits(model, IDS)

    assert np.abs(touched[hooks.LOGITS][-1] - before).max() > 0.1
    np.testing.assert_allclose(after, before, atol=CLOSE)
    expected, _ = forward(
        MODEL.config, from_arrays(MODEL.arrays), IDS, knobs=Knobs(head_scale=np.zeros((2, 4)))
    )
    np.testing.assert_allclose(touched[hooks.LOGITS], expected[hooks.LOGITS], atol=CLOSE)


def test_a_capture_fills_the_cache() -> None:
    """After a capture without knobs the next logits run one position."""
    model, engine = make()
    asyncio.run(model.capture(IDS, ("hook_embed",)))

    np.testing.assert_allclose(logits(model, (*IDS, 4)), true_logits(MODEL, (*IDS, 4)), atol=CLOSE)
    assert sizes(engine) == [(0, 8), (8, 1)]


def test_a_wrong_array_is_refused() -> None:
    """An array that is not of the hook's dims (a graph of another export) is a sentence."""
    model, engine = make()
    run = engine.run

    async def cut(request: object) -> object:
        result = await run(request)  # type: ignore[arg-type]
        arrays = {name: array[:-1] for name, array in result.arrays.items()}
        return type(result)(arrays, 0.0)

    engine.run = cut  # type: ignore[method-assign,assignment]
    with pytest.raises(ShapeError, match="hook_embed has shape"):
        asyncio.run(model.capture(IDS, ("hook_embed",)))
