"""FakeEngine keeps the promises that app.engine.Engine makes: the app's tests stand on it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from seethrough.app.engine import RunRequest
from seethrough.core import hooks
from seethrough.core.errors import CancelledRunError, EngineError
from tests.fake_engine import FakeEngine, tiny_model, true_logits

MODEL = tiny_model()
IDS = (257, 290, 70, 5, 120, 121)


def started() -> FakeEngine:
    """An engine with the tiny model open."""
    engine = FakeEngine()
    asyncio.run(engine.load(MODEL.manifest, "models/tiny/", lambda _: None))
    return engine


def logits(engine: FakeEngine, tokens: tuple[int, ...], n_past: int = 0) -> np.ndarray:
    """The logits after the last token of one run."""
    request = RunRequest(tokens, n_past=n_past, fetch=(hooks.LOGITS,))
    return asyncio.run(engine.run(request)).arrays[hooks.LOGITS][-1]


def test_a_load_tells_its_progress() -> None:
    """A load goes through "download", in bytes, then "session"."""
    told = []

    info = asyncio.run(FakeEngine().load(MODEL.manifest, "models/tiny/", told.append))

    assert [progress.stage for progress in told] == ["download", "session"]
    assert told[0].total_bytes == MODEL.manifest.download_bytes
    assert info.backend == "numpy"


def test_new_tokens_follow_the_kept_ones() -> None:
    """n_past keeps that many positions of the cache, also fewer than it holds."""
    engine = started()
    logits(engine, IDS)

    np.testing.assert_allclose(logits(engine, (9,), 6), true_logits(MODEL, (*IDS, 9)), atol=1e-4)
    other = (*IDS[:3], 44, 45)
    np.testing.assert_allclose(logits(engine, (44, 45), 3), true_logits(MODEL, other), atol=1e-4)


def test_more_past_than_kept_is_refused() -> None:
    """Asking for positions that the cache does not hold says how many it has."""
    engine = started()
    logits(engine, IDS)

    with pytest.raises(EngineError) as caught:
        logits(engine, (9,), 7)
    assert (caught.value.key, caught.value.fields) == (
        "engine.restarted",
        {"expected": 7, "got": 6},
    )


def test_only_what_is_asked_for_comes_back() -> None:
    """The fetched names and no other; one unembedded state per (layer, position) pair."""
    engine = started()
    fetch = (hooks.TOP_IDS, hooks.TOP_VALUES, "blocks.1.hook_resid_pre")
    request = RunRequest(IDS, fetch=fetch, unembed=((0, 1), (2, 5), (1, 0)), top_k=4)

    arrays = asyncio.run(engine.run(request)).arrays

    assert {name: array.shape for name, array in arrays.items()} == {
        hooks.TOP_IDS: (3, 4),
        hooks.TOP_VALUES: (3, 4),
        "blocks.1.hook_resid_pre": (6, 32),
    }
    best = true_logits(MODEL, IDS)
    assert arrays[hooks.TOP_IDS][1].tolist() == np.argsort(-best)[:4].tolist()
    np.testing.assert_allclose(arrays[hooks.TOP_VALUES][1], np.sort(best)[::-1][:4], atol=1e-4)


def test_a_knob_reaches_the_model() -> None:
    """A scale of 0 for every head and MLP leaves the embedding, unembedded."""
    engine = started()
    knobs = {"head_scale": np.zeros((2, 4), np.float32), "mlp_scale": np.zeros(2, np.float32)}
    request = RunRequest(IDS, fetch=("hook_embed", "blocks.1.hook_resid_post"), knobs=knobs)

    arrays = asyncio.run(engine.run(request)).arrays

    np.testing.assert_array_equal(arrays["hook_embed"], arrays["blocks.1.hook_resid_post"])


def test_nothing_runs_before_a_load() -> None:
    """Runs and reads need a model."""
    engine = FakeEngine()

    for work in (engine.run(RunRequest((1,))), engine.read_bytes(((0, 1),))):
        with pytest.raises(EngineError) as caught:
            asyncio.run(work)
        assert caught.value.key == "engine.not_loaded"


def test_a_cancelled_run_ends_in_its_own_error() -> None:
    """cancel() ends the run in progress and not the next one."""
    engine = started()

    async def scenario() -> None:
        engine.wait = asyncio.Event()
        run = asyncio.create_task(engine.run(RunRequest(IDS)))
        await asyncio.sleep(0)
        engine.cancel()
        with pytest.raises(CancelledRunError):
            await run

    asyncio.run(scenario())
    assert logits(engine, IDS).shape == (300,)


def test_bytes_are_the_weight_file_s() -> None:
    """Ranges come back in order, each as long as asked for."""
    engine = started()

    assert asyncio.run(engine.read_bytes(((64, 3), (0, 2)))) == (
        MODEL.weight_file[64:67],
        MODEL.weight_file[:2],
    )
