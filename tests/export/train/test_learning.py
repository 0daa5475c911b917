"""Training from a plan to a text, in native onnxruntime: what is learned, what is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seethrough.app.learning import (
    LOOK_EVERY,
    Done,
    Plan,
    Trained,
    first_state,
    go_on,
    train,
    work_of,
)
from seethrough.core.errors import CancelledRunError, EngineError, InputError
from seethrough.core.train import made
from seethrough.core.train.corpus import Corpus, of_documents, of_text
from seethrough.core.train.course import Course
from seethrough.core.train.marks import marks
from seethrough.core.train.update import Rule
from seethrough.core.train.writing import Writer
from tests.native_learner import NativeLearner

NAMES = Path("export/train/names.txt").read_text(encoding="ascii").split()
SMALL = Plan("25k", 60, seed=3, rule=Rule(warmup=20))


def trained(corpus: Corpus, plan: Plan) -> Trained:
    """A whole run."""
    return asyncio.run(train(NativeLearner(), corpus, plan))


def test_a_run_learns_and_is_the_same_again() -> None:
    """The loss falls, the same plan gives the same curve to the bit, a longer one begins as it."""
    corpus = of_documents(NAMES, 3)
    once, again = trained(corpus, SMALL), trained(corpus, SMALL)
    longer = trained(corpus, replace(SMALL, steps=75))

    assert once.course == again.course
    assert once.sample == again.sample
    assert longer.course.losses[:60] == once.course.losses
    assert once.course.losses[0] == pytest.approx(np.log(27), abs=0.05)
    assert np.mean(once.course.losses[-5:]) < 2.8
    assert [step for step, _ in once.course.held] == [0, LOOK_EVERY, 60]


def test_another_seed_is_another_run() -> None:
    """The seed draws weights and windows."""
    corpus = of_documents(NAMES, 3)
    assert trained(corpus, SMALL).course != trained(corpus, replace(SMALL, seed=4)).course


def test_both_families_learn() -> None:
    """The Llama-style model learns by the same loop."""
    run = trained(of_documents(NAMES, 0), replace(SMALL, family="llama"))
    assert np.mean(run.course.losses[-5:]) < 2.8
    assert "blocks.1.mlp.W_gate" in run.weights


def test_a_short_text_is_learned_by_heart() -> None:
    """Of a text shorter than a window nothing is held out, and the model can say it."""
    corpus = of_text("to be or not to be")
    run = trained(corpus, Plan("25k", 120, rule=Rule(warmup=20)))
    assert run.course.held == ()
    assert run.course.losses[-1] < 0.1


@pytest.mark.parametrize("text", ["", "a", "aaaa", "\n"])
def test_nothing_to_learn(text: str) -> None:
    """A text with fewer than two different signs is refused."""
    with pytest.raises(InputError, match="two different"):
        of_text(text)


def test_too_many_signs() -> None:
    """A text of more different signs than a small model has rows for is refused."""
    with pytest.raises(InputError, match="600") as caught:
        of_text("".join(chr(0x4E00 + index) for index in range(600)))
    assert caught.value.fields["most"] == 512


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 10**7}, "steps"),
        ({"rule": Rule(lr=0)}, "rate"),
        ({"rule": Rule(lr=-1)}, "rate"),
        ({"rule": Rule(lr=float("nan"))}, "rate"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_plan_out_of_range(wrong: dict, words: str) -> None:
    """Numbers that mean nothing are refused before anything is made."""
    with pytest.raises(InputError, match=words):
        replace(SMALL, **wrong)


def test_an_unknown_size() -> None:
    """The sentence has the sizes that there are."""
    with pytest.raises(InputError, match="25k, 100k, 210k, 800k"):
        trained(of_text("abab"), replace(SMALL, size="1b"))


def test_a_rate_that_destroys() -> None:
    """Where a number becomes none, the run ends and names the step."""
    plan = Plan("25k", 60, rule=Rule(lr=1.0, warmup=0, clip=1e9, is_adam=False, decay=1e30))
    with pytest.raises(EngineError, match="step"):
        trained(of_documents(NAMES, 0), plan)


def test_the_course_ends_at_the_last_good_step() -> None:
    """Steps of one go before the one that fails are kept; the next go names the failing step."""
    corpus, learner = of_text("abcd" * 50), NativeLearner()
    plan = replace(SMALL, steps=10)

    async def work() -> Course:
        await learner.open(plan.size, plan.family)
        config = plan.config(corpus)
        state = first_state(config, 0)
        await learner.begin(state, np.zeros_like(state.weights))
        work = work_of(corpus, plan, range(1, 11))
        work.knobs["lr"][4] = np.inf  # the fifth update makes every weight none
        done = await learner.steps(work)
        assert len(done.losses) == 6
        assert np.isfinite(done.losses).sum() == 5
        learner.steps = lambda _work: given(done)  # type: ignore[method-assign]
        return await go_on(learner, corpus, plan, Course())

    async def given(done: Done) -> Done:
        return done

    assert asyncio.run(work()).n_done == 5


def test_a_stop_between_two_steps() -> None:
    """What was stopped ends as cancelled; nothing more is done."""
    learner = NativeLearner()

    def stop(course: Course) -> None:
        if course.n_done >= 20:
            learner.cancel()

    with pytest.raises(CancelledRunError):
        asyncio.run(train(learner, of_documents(NAMES, 0), SMALL, stop))


def test_held_out_sums_are_never_seen() -> None:
    """No held-out sum stands in the learned text, not even the other way round."""
    corpus = made.sums(1)
    learned = set(corpus.learned.split())
    held = corpus.held.split()
    for line in held:
        a, b = line.split("=")[0].split("+")
        assert line not in learned
        assert f"{b}+{a}={int(a) + int(b)}" not in learned
    assert 0.09 < len(held) / (len(held) + len(learned)) < 0.11


def test_marks_of_names() -> None:
    """Counting alone comes to what was measured: uniform 3.30, letters 2.81, pairs 2.35."""
    found = marks(of_documents(NAMES, 0))
    assert found["uniform"] == pytest.approx(3.296, abs=0.001)
    assert found["letter"] == pytest.approx(2.81, abs=0.02)
    assert found["pair"] == pytest.approx(2.35, abs=0.02)
    assert found["triple"] < 2.19


def test_greedy_writing_needs_no_dart() -> None:
    """At temperature 0 another seed writes the same."""
    corpus = of_documents(NAMES, 3)
    learner = NativeLearner()
    asyncio.run(train(learner, corpus, SMALL))
    texts = {asyncio.run(Writer(corpus, seed).write(learner, 12, temperature=0)) for seed in (1, 2)}
    assert len(texts) == 1


@pytest.mark.long
def test_names_are_learned() -> None:
    """About 100,000 numbers come below the triple counts: 2.10 nats a letter in 1,500 steps."""
    run = trained(of_documents(NAMES, 0), Plan("100k", 1500))
    best = min(loss for _, loss in run.course.held)
    print(f"  names: held out {best:.3f} at best, {run.course.held[-1][1]:.3f} in the end")
    assert best <= 2.10
