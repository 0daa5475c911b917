"""How a training run went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """The loss of each step before its update; of the held-out text (step, loss); in nats."""

    losses: tuple[float, ...] = ()
    held: tuple[tuple[int, float], ...] = ()

    @property
    def n_done(self) -> int:
        """How many steps were done."""
        return len(self.losses)
