"""The lab's odds: what the heat leaves of the best token's chance."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from seethrough.core import sampling
from seethrough.core.guesses import Option, Question, place_of
from seethrough.view.ideas.plain import plain, whole
from seethrough.view.numbers import percentage
from seethrough.view.steps.sample_odds import odds_of
from seethrough.view.steps.sample_words import named
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

KIND = "bent"
HEAT = 5.0
BOUNDS = (0, 1, 10, 50, 101)
HUNDRED = 100


def ask(scene: Scene) -> Question | None:
    """A range of whole per cents to choose; None where the scores are not known."""
    odds = odds_of(scene) if scene.run.tokens else None
    if odds is None:
        return None
    best = int(odds.ranked[0])
    hot = float(sampling.temper(odds.logits, HEAT)[best])
    ranges = list(pairwise(BOUNDS))
    right = next(low for low, _ in reversed(ranges) if hot * HUNDRED >= low)
    return Question(
        KIND,
        place_of(scene.run.model, scene.run.ids),
        tuple(Option(str(low), named_range(scene, low, high)) for low, high in ranges),
        right=str(right),
        about=plain(named(scene, best)),
        answer=whole(scene, hot),
    )


def named_range(scene: Scene, low: int, high: int) -> str:
    """From one bound to the next, in words."""
    if low == 0:
        return say(scene, "guess.share.under", high=percentage(scene, str(high)))
    if high > HUNDRED:
        return say(scene, "guess.bent.over", low=percentage(scene, str(low)))
    return say(scene, "guess.share.option", low=low, high=percentage(scene, str(high)))
