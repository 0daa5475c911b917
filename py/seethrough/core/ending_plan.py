"""How many endings of a text are drawn, and how long each is; as an address has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from seethrough.core.errors import InputError
from seethrough.core.tokens import MOST_ENDING_TOKENS

MOST_DRAWS = 200
LIMITS = {"n_tokens": (1, MOST_ENDING_TOKENS), "n_draws": (1, MOST_DRAWS)}


@dataclass(frozen=True)
class EndingPlan:
    """The numbers of such a draw."""

    n_tokens: int = 8
    n_draws: int = 100

    def but(self, name: str, written: str) -> EndingPlan:
        """The same, one number changed.

        Raises:
            InputError: There is no such number, or it is no whole number in its range.
        """
        if name not in LIMITS or not (written.isascii() and written.isdecimal()):
            raise InputError("page.number", name=name, got=written)
        least, most = LIMITS[name]
        value = int(written[:9])
        if not least <= value <= most:
            raise InputError("input.whole", name=name, got=value, least=least, most=most)
        return replace(self, **{name: value})


def read_ending_plan(text: str) -> EndingPlan | None:
    """A plan as an address has it ("8,100"); None: it means nothing."""
    numbers = text.split(",", len(LIMITS))
    if len(numbers) != len(LIMITS):
        return None
    plan = EndingPlan()
    try:
        for name, number in zip(LIMITS, numbers, strict=True):
            plan = plan.but(name, number)
    except InputError:
        return None
    return plan


def written_ending_plan(plan: EndingPlan) -> str:
    """The inverse of `read_ending_plan`."""
    return f"{plan.n_tokens},{plan.n_draws}"
