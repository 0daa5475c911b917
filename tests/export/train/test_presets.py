"""What goes wrong in training: each plan does, in native onnxruntime, what the room says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seethrough.app.learning import Plan, Trained, train
from seethrough.core.train.corpus import N_FEW, N_FEW_HELD, Corpus, of_documents, of_few, of_text
from seethrough.core.train.course import DATA, RATES
from seethrough.core.train.presets import PRESETS, SENTENCE
from seethrough.core.train.update import Rule
from tests import own_loop
from tests.native_learner import NativeLearner

NAMES = Path("export/train/names.txt").read_text(encoding="ascii").split()
STEPS = 500


def corpus_of(name: str) -> Corpus:
    """What a plan learns."""
    preset = PRESETS[name]
    made = {"names": of_documents, "few": of_few}
    return of_text(preset.text) if preset.text else made[preset.data](NAMES, preset.seed)


def run(name: str, steps: int, **changes: float) -> Trained:
    """A plan's run."""
    preset = PRESETS[name]
    plan = Plan(preset.size, steps, preset.seed, Rule(lr=changes.get("rate", preset.rate)))
    return own_loop.run(train(NativeLearner(), corpus_of(name), plan))


def test_each_plan_can_be_chosen_by_hand() -> None:
    """What a button sets are choices that the room has."""
    for preset in PRESETS.values():
        assert preset.data in DATA
        assert preset.rate in RATES


def test_few_names_are_few() -> None:
    """100 names to learn, 500 others beside them, none of them twice."""
    corpus = corpus_of("few")
    learned, held = corpus.learned.split(), corpus.held.split()
    assert (len(learned), len(held)) == (N_FEW, N_FEW_HELD) == (100, 500)
    assert not set(learned) & set(held)


@pytest.mark.long
def test_steps_that_are_too_long() -> None:
    """At 1 the loss falls, then leaps far above blind guessing and stays; the usual rate learns."""
    trained = run("fast", STEPS)
    losses, blind = np.array(trained.course.losses), np.log(27)
    assert losses[:60].min() < blind - 0.3
    assert losses[-100:].mean() > 5 * blind
    assert len(set(trained.sample)) <= 4  # signs: it says one letter over and over
    usual = run("fast", 100, rate=3e-3).course.losses
    assert np.mean(usual[-20:]) < blind - 0.5


@pytest.mark.long
def test_too_little_to_learn_from() -> None:
    """The loss of the learned names goes on falling, that of the held-out ones turns and rises."""
    course = run("few", STEPS).course
    held = [loss for _, loss in course.held]
    lowest = int(np.argmin(held))
    assert np.mean(course.losses[-20:]) < 0.6 * held[lowest]
    assert 0 < lowest < len(held) - 1
    assert held[-1] > held[lowest] + 0.5


@pytest.mark.long
def test_one_sentence_over_and_over() -> None:
    """Both losses go close to 0, and the model writes nothing but the sentence."""
    trained = run("same", STEPS)
    assert np.mean(trained.course.losses[-20:]) < 0.05
    assert trained.course.held[-1][1] < 0.05
    assert trained.sample in SENTENCE * 20
