"""Step 7: how many of a hundred darts miss the best token; real darts are thrown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.guesses import Option, Question, place_of
from seethrough.view.ideas.plain import plain
from seethrough.view.steps.sample_odds import MANY, odds_of
from seethrough.view.steps.sample_words import named
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.steps.sample_odds import Odds

KIND = "misses"
# The least and the most of each option.
RANGES = ((0, 0), (1, 10), (11, 50), (51, MANY))


def ask(scene: Scene) -> Question | None:
    """Of the model's own odds, whatever the settings; None where they are not known."""
    odds = odds_of(scene) if scene.run.tokens else None
    if odds is None:
        return None
    missed = misses_of(odds)
    right = next(low for low, high in RANGES if low <= missed <= high)
    return Question(
        KIND,
        place_of(scene.run.model, scene.run.ids),
        tuple(Option(str(low), named_range(scene, low, high)) for low, high in RANGES),
        right=str(right),
        about=plain(named(scene, int(odds.order[0]))),
        answer=str(missed),
    )


def misses_of(odds: Odds) -> int:
    """How many of the first darts fall on another token than the best one, by its own odds."""
    return int(np.count_nonzero(odds.ranks_hit(odds.own)))


def named_range(scene: Scene, low: int, high: int) -> str:
    """A few darts, in words."""
    if high == 0:
        return say(scene, "guess.misses.zero")
    return say(scene, "guess.misses.option", low=low, high=high)
