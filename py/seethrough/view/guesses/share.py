"""Step 6: what share of all the best token gets."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from seethrough.core.guesses import Option, Question, place_of
from seethrough.view.ideas.plain import plain, whole
from seethrough.view.numbers import percentage
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

KIND = "share"
BOUNDS = (0, 25, 50, 75, 100)
HUNDRED = 100


def ask(scene: Scene) -> Question | None:
    """A quarter of the whole to choose; None before a run."""
    if not scene.run.tokens or not scene.run.top:
        return None
    best = scene.run.top[0]
    quarters = list(pairwise(BOUNDS))
    right = next(low for low, high in reversed(quarters) if best.prob * HUNDRED >= low)
    return Question(
        KIND,
        place_of(scene.run.model, scene.run.ids),
        tuple(Option(str(low), quarter(scene, low, high)) for low, high in quarters),
        right=str(right),
        about=plain(best.visible),
        answer=whole(scene, best.prob),
    )


def quarter(scene: Scene, low: int, high: int) -> str:
    """From one bound to the next, in words."""
    return say(scene, "guess.share.option", low=low, high=percentage(scene, str(high)))
