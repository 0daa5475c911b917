from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.generate import Generation, Step, choose, generate
from seethrough.app.loaded import LoadedModel
from seethrough.app.state import Sampling
from seethrough.core.errors import InputError
from seethrough.core.sampling import draw
from seethrough.core.tokens import CONTEXT, END, LIMIT, STOPPED, candidates_and_entropy
from tests.fake_engine import FakeEngine, TinyModel, tiny_model, true_logits

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = tiny_model().changed(end_ids=())
IDS = (257, 290, 70, 5)
WARM = Sampling(temperature=1.5, seed=11, max_new_tokens=12)


def run(
    settings: Sampling,
    *,
    model: TinyModel = MODEL,
    ids: tuple[int, ...] = IDS,
    on_step: Callable[[Step], bool] = lambda _: False,
) -> Generation:
    """Generate with a model fresh from its load."""
    engine = FakeEngine(model)
    asyncio.run(engine.load(model.manifest, "models/tiny/", lambda _: None))
    loaded = LoadedModel(model.manifest, model.tokenizer, engine)
    return asyncio.run(generate(loaded, ids, settings, on_step))


def test_greedy_is_the_argmax_again_and_again() -> None:
    """At temperature 0 each token is the one with the largest logit, computed from nothing."""
    ids = list(IDS)
    for _ in range(8):
        ids.append(int(np.argmax(true_logits(MODEL, ids))))

    done = run(Sampling(max_new_tokens=8))

    assert done.ids == tuple(ids[4:])
    assert done.stop == LIMIT


def test_probability_and_rank_are_the_model_s() -> None:
    """Each step's probability is over the whole vocabulary at temperature 1; rank 0 is the best."""
    done = run(replace(WARM, top_k=20))

    sequence = IDS
    for step in done.steps:
        logits = true_logits(MODEL, sequence).astype(np.float64)
        probs = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        assert step.prob == pytest.approx(probs[step.id], abs=1e-5)
        assert step.rank == int((probs > probs[step.id]).sum())
        sequence = (*sequence, step.id)
    assert any(step.rank > 0 for step in done.steps)


def test_the_same_seed_draws_the_same_tokens() -> None:
    """A continuation can be repeated, and another seed gives another."""
    assert run(WARM).ids == run(WARM).ids
    assert run(WARM).ids != run(replace(WARM, seed=12)).ids


def test_each_step_throws_its_own_dart() -> None:
    """Token n of a continuation is what a draw with the seed and step n gives."""
    done = run(WARM)

    sequence = IDS
    for index, step in enumerate(done.steps):
        logits = true_logits(MODEL, sequence)
        assert step.id == draw(logits, temperature=1.5, seed=11, step=index).id
        sequence = (*sequence, step.id)


def test_a_longer_continuation_begins_like_a_shorter_one() -> None:
    """Each step draws with its own dart, whatever follows."""
    assert run(replace(WARM, max_new_tokens=5)).ids == run(WARM).ids[:5]


def test_top_k_1_is_greedy() -> None:
    """A cut to one token leaves nothing to chance."""
    assert run(WARM.but(top_k=1)).ids == run(Sampling(max_new_tokens=12)).ids


def test_an_end_token_ends_it() -> None:
    """The end token is the last one, and is told as the reason."""
    free = run(Sampling(max_new_tokens=8)).ids
    end = next(token for token in free if token != free[0])

    done = run(Sampling(max_new_tokens=8), model=MODEL.changed(end_ids=(end,)))

    assert done.ids == free[: free.index(end) + 1]
    assert done.stop == END


def test_a_full_context_ends_it() -> None:
    """Prompt and continuation together have at most n_ctx tokens."""
    ids = tuple(range(60))

    done = run(Sampling(max_new_tokens=24), ids=ids)

    assert len(ids) + len(done.ids) == MODEL.config.n_ctx
    assert done.stop == CONTEXT


def test_the_reader_ends_it() -> None:
    """A step that is answered with True is the last, and is kept."""
    told: list[Step] = []

    def stop_at_three(step: Step) -> bool:
        told.append(step)
        return len(told) == 3

    done = run(Sampling(max_new_tokens=8), on_step=stop_at_three)

    assert done.steps == tuple(told)
    assert len(told) == 3
    assert done.stop == STOPPED


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (Sampling(temperature=-0.1), "sampling.temperature"),
        (Sampling(temperature=float("nan")), "sampling.temperature"),
        (Sampling(temperature=101), "sampling.temperature"),
        (Sampling(top_k=-1), "sampling.top_k"),
        (Sampling(top_p=0), "sampling.top_p"),
        (Sampling(top_p=1.1), "sampling.top_p"),
        (Sampling(top_p=float("nan")), "sampling.top_p"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: Sampling, key: str) -> None:
    """Nothing runs under such settings; the sentence says what is expected."""
    with pytest.raises(InputError, match="expected") as caught:
        run(settings)
    assert caught.value.key == key


def test_of_equal_logits_the_first_is_greedy() -> None:
    """Equals share a rank, and the lowest id is taken."""
    logits = np.array([0.0, 2.0, 2.0, 1.0], np.float32)

    step = choose(logits, Sampling(), 0, ())

    assert (step.id, step.rank) == (1, 0)


def test_each_step_keeps_its_candidates() -> None:
    """The ten best of each step, with exact probabilities; a drawn other one behind them."""
    done = run(WARM)

    sequence = IDS
    for step in done.steps:
        logits = true_logits(MODEL, sequence).astype(np.float64)
        probs = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        best = np.argsort(-logits, kind="stable")[:10].tolist()
        ids = [item.id for item in step.candidates]
        assert ids == (best if step.id in best else [*best, step.id])
        for item in step.candidates:
            assert item.prob == pytest.approx(probs[item.id], rel=1e-4)
            assert item.text == MODEL.tokenizer.decode([item.id], at_start=False)
        assert step.elapsed_ms == 1.5
        sequence = (*sequence, step.id)
    assert any(len(step.candidates) == 11 for step in done.steps)


def test_each_step_tells_how_unsure_the_model_was_and_who_chose() -> None:
    """Its entropy is −Σ p · log₂ p over the whole vocabulary; it was drawn, or the best won."""
    for settings, how in ((WARM, "drawn"), (Sampling(temperature=0, max_new_tokens=3), "greedy")):
        sequence = IDS
        for step in run(settings).steps:
            logits = true_logits(MODEL, sequence).astype(np.float64)
            probs = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
            assert step.entropy == pytest.approx(-(probs * np.log2(probs)).sum(), rel=1e-5)
            assert step.how == how
            sequence = (*sequence, step.id)


def test_entropy_counts_only_tokens_with_a_share() -> None:
    """A masked logit (−inf) is no choice: of two equal others one bit is left, of one none."""
    for left, bits in ((2, 1.0), (1, 0.0)):
        logits = np.full(40, -np.inf, np.float32)
        logits[:left] = 5.0
        assert candidates_and_entropy(MODEL.tokenizer, logits, 0)[1] == pytest.approx(bits)


def test_a_text_goes_on_as_if_it_had_never_stopped() -> None:
    """From step n on, the draws are those of a continuation that was not interrupted."""
    whole = run(WARM).ids
    engine = FakeEngine(MODEL)
    asyncio.run(engine.load(MODEL.manifest, "models/tiny/", lambda _: None))
    loaded = LoadedModel(MODEL.manifest, MODEL.tokenizer, engine)
    rest = replace(WARM, max_new_tokens=7)

    done = asyncio.run(generate(loaded, (*IDS, *whole[:5]), rest, lambda _: False, first=5))

    assert done.ids == whole[5:]
