"""Step 6: what share of all the second best token gets: the best one's was told before."""

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
BOUNDS = (0, 1, 5, 20, 50)  # the second best has half at most
HUNDRED = 100


def ask(scene: Scene) -> Question | None:
    """A range of whole per cents to choose; None before a run."""
    if not scene.run.tokens or len(scene.run.top) < 2:  # noqa: PLR2004 - the second is asked for
        return None
    second = scene.run.top[1]
    ranges = list(pairwise(BOUNDS))
    right = next(low for low, high in reversed(ranges) if second.prob * HUNDRED >= low)
    return Question(
        KIND,
        place_of(scene.run.model, scene.run.ids),
        tuple(Option(str(low), named_range(scene, low, high)) for low, high in ranges),
        right=str(right),
        about=plain(second.visible),
        answer=whole(scene, second.prob),
    )


def named_range(scene: Scene, low: int, high: int) -> str:
    """From one bound to the next, in words."""
    if low == 0:
        return say(scene, "guess.share.under", high=percentage(scene, str(high)))
    return say(scene, "guess.share.option", low=low, high=percentage(scene, str(high)))
