"""A run's states within a budget: the first and the newest stay, and the rest is spread."""

from __future__ import annotations

import numpy as np

from seethrough.app.checkpoints import Checkpoints
from seethrough.core.train.update import Updated

STEPS = (0, 10, 50, 100, 200, 400, 800, 1600)


def state(step: int) -> Updated:
    """A state of 120 bytes that can be told from others."""
    return Updated(*(np.full(10, step, np.float32) for _ in range(3)))


def test_all_are_kept_that_fit() -> None:
    """Each step has its own state."""
    kept = Checkpoints()
    for step in STEPS:
        kept.add(step, state(step))

    assert kept.steps == STEPS
    found = kept.at(50)
    assert found is not None
    assert found.weights[0] == 50
    assert kept.at(51) is None


def test_the_budget_holds() -> None:
    """Of more than fit the first and the newest stay, and no gap is wider than it must be."""
    kept = Checkpoints(budget=120 * 5)
    for step in STEPS:
        kept.add(step, state(step))

    assert len(kept.steps) == 5
    assert (kept.steps[0], kept.steps[-1]) == (0, 1600)


def test_one_state_may_be_larger_than_the_budget() -> None:
    """The ends of the run are kept all the same."""
    kept = Checkpoints(budget=1)
    for step in (0, 10, 20):
        kept.add(step, state(step))

    assert kept.steps == (0, 20)


def test_what_came_after_a_step_goes() -> None:
    """A way back forgets it."""
    kept = Checkpoints()
    for step in STEPS:
        kept.add(step, state(step))
    kept.cut(100)

    assert kept.steps == (0, 10, 50, 100)
