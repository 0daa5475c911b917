"""A run's states at some of its steps, within a budget of memory: the way back to each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.core.train.update import Updated

BUDGET_BYTES = 64_000_000


class Checkpoints:
    """Weights and moments by their step.

    Beyond the budget goes the one whose going leaves the smallest gap, as a share of its step; the
    first and the newest stay.
    """

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self._budget = budget
        self._states: dict[int, Updated] = {}

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that are kept, in order."""
        return tuple(sorted(self._states))

    def at(self, step: int) -> Updated | None:
        """The state after a step."""
        return self._states.get(step)

    def add(self, step: int, state: Updated) -> None:
        """Keep a state; others may go for it."""
        self._states[step] = state
        while self._n_bytes > self._budget and len(self._states) > 2:  # noqa: PLR2004 - the ends
            del self._states[self._least()]

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        self._states = {at: state for at, state in self._states.items() if at <= step}

    @property
    def _n_bytes(self) -> int:
        return sum(vector.nbytes for state in self._states.values() for vector in state)

    def _least(self) -> int:
        steps = self.steps
        gaps = {
            at: (after - before) / after
            for before, at, after in zip(steps, steps[1:], steps[2:], strict=False)
        }
        return min(gaps, key=gaps.__getitem__)
