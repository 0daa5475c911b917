"""How a reader searches with beams: how many, how long, how length counts; as an address has it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from seethrough.core.beam import MOST_BEAMS, MOST_PENALTY
from seethrough.core.errors import InputError

MOST_TOKENS = 32
# What the page draws well; a script may ask for more.
MOST_DRAWN = 8
N_PARTS = 3


@dataclass(frozen=True)
class BeamPlan:
    """The numbers of a search."""

    n_beams: int = 3
    n_tokens: int = 6
    penalty: float = 1.0

    def but(self, name: str, value: float) -> BeamPlan:
        """The same, one number changed.

        Raises:
            InputError: It is outside its range.
        """
        if name == "penalty":
            changed = replace(self, penalty=value)
        elif value != int(value):
            raise InputError("page.whole", name=name, got=value)
        elif name == "n_beams":
            changed = replace(self, n_beams=int(value))
        else:
            changed = replace(self, n_tokens=int(value))
        if not changed.is_possible:
            raise InputError("beam.plan", got=value)
        return changed

    @property
    def is_possible(self) -> bool:
        """Whether every number is inside its range."""
        return (
            1 <= self.n_beams <= min(MOST_BEAMS, MOST_DRAWN)
            and 1 <= self.n_tokens <= MOST_TOKENS
            and math.isfinite(self.penalty)
            and abs(self.penalty) <= MOST_PENALTY
        )


def read_plan(text: str) -> BeamPlan | None:
    """A plan as an address has it ("3,6,1"); None: it means nothing."""
    parts = text.split(",", N_PARTS)
    try:
        plan = BeamPlan(int(parts[0]), int(parts[1]), float(parts[2]))
    except (ValueError, IndexError):
        return None
    return plan if len(parts) == N_PARTS and plan.is_possible else None


def written_plan(plan: BeamPlan) -> str:
    """The inverse of `read_plan`."""
    return f"{plan.n_beams},{plan.n_tokens},{plan.penalty:g}"
