"""Step 7: how many of a hundred darts miss the best token; the run's own darts are thrown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.guesses import Option, Question, place_of
from seethrough.core.sampling import draws
from seethrough.view.ideas.plain import plain
from seethrough.view.kept import kept_with
from seethrough.view.steps.sample_odds import Odds, odds_of, shape
from seethrough.view.steps.sample_words import named
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

KIND = "misses"
N_DARTS = 100
# The least and the most of each option.
RANGES = ((0, 0), (1, 10), (11, 50), (51, N_DARTS))


def ask(scene: Scene) -> Question | None:
    """Of the odds as they are set, with chance on; None where they are not known."""
    odds = odds_of(scene) if scene.run.tokens else None
    if odds is None:
        return None
    missed = misses_of(odds)
    right = next(low for low, high in RANGES if low <= missed <= high)
    best = int(odds.order[0])
    options = tuple(Option(str(low), named_range(scene, low, high)) for low, high in RANGES)
    return Question(
        KIND,
        place_of(scene.run.model, scene.run.ids, tuple(odds.settings.values.items())),
        options,
        right=str(right),
        about=plain(named(scene, best)),
    )


def misses_of(odds: Odds) -> int:
    """How many of the first darts behind the text fall on another token than the best one."""
    return _misses_of(odds)[0]


@kept_with
def _misses_of(odds: Odds) -> tuple[int]:
    settings = odds.settings if odds.shaped is not None else odds.settings.but(temperature=1.0)
    shaped = odds.shaped or shape(odds.logits, odds.order, settings)
    assert shaped is not None
    ids = draws(shaped, seed=settings.seed, steps=range(N_DARTS))
    return (int(np.count_nonzero(ids != odds.order[0])),)


def named_range(scene: Scene, low: int, high: int) -> str:
    """A few darts, in words."""
    if high == 0:
        return say(scene, "guess.misses.none")
    return say(scene, "guess.misses.option", low=low, high=high)
