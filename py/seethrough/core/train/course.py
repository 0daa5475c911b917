"""What can be trained, and how a run went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.core.train.copies import Source

# What can be learned: texts of the site, made ones, the reader's own.
DATA = ("names", "few", "sums", "grammar", "words", "text")
OWN_TEXT = "text"
MOST_STEPS = 100_000
UNTRAINED = "untrained"  # what the name of a model that has learned nothing begins with
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 1e-1, 1.0)  # learning rates to choose from


@dataclass(frozen=True)
class Chosen:
    """What a run was told: which text (`text`: the reader's own), how large, rate and seed."""

    data: str
    text: str
    size: str
    rate: float
    seed: int


@dataclass(frozen=True)
class Sample:
    """What the model wrote after so many steps: lines, without what they began with.

    `sources`: of each line where it is from; empty where the text has no lines.
    """

    step: int
    lines: tuple[str, ...]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Course:
    """The loss of each step before its update; of the held-out text (step, loss); in nats."""

    losses: tuple[float, ...] = ()
    held: tuple[tuple[int, float], ...] = ()

    @property
    def n_done(self) -> int:
        """How many steps were done."""
        return len(self.losses)

    def until(self, step: int) -> Course:
        """The course as it was after a step."""
        return Course(self.losses[:step], tuple(one for one in self.held if one[0] <= step))
