"""What can be trained, and how a run went."""

from __future__ import annotations

from dataclasses import dataclass

# What can be learned: texts of the site, made ones, the reader's own.
DATA = ("names", "few", "sums", "grammar", "words", "text")
OWN_TEXT = "text"
UNTRAINED = "untrained"  # what the name of a model that has learned nothing begins with
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 1e-1, 1.0)  # learning rates to choose from


@dataclass(frozen=True)
class Sample:
    """What the model wrote after so many steps: lines, without what they began with."""

    step: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """The loss of each step before its update; of the held-out text (step, loss); in nats."""

    losses: tuple[float, ...] = ()
    held: tuple[tuple[int, float], ...] = ()

    @property
    def n_done(self) -> int:
        """How many steps were done."""
        return len(self.losses)
