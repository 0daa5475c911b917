"""The best few tokens with their scores and shares: the ideas of steps 5 and 6 draw them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.ideas.plain import names
from seethrough.view.logit_facts import spread

if TYPE_CHECKING:
    from seethrough.app.state import Scene

N_BEST = 5


@dataclass(frozen=True)
class Scored:
    """A token by its plain name; `reach` is its score from 0, where bars begin, to 1, the best."""

    id: int
    name: str
    score: float
    reach: float
    share: float


@dataclass(frozen=True)
class Scores:
    """The best tokens, what all others have together, and the score where bars begin.

    `is_average`: bars begin at the mean score of all tokens; else at the last score that is known.
    """

    best: tuple[Scored, ...]
    n_rest: int
    rest: float
    start: float
    is_average: bool


def scores_of(scene: Scene) -> Scores | None:
    """The scores behind the text; None before a run."""
    top, config, whole = scene.run.top, scene.run.config, spread(scene)
    if not top or config is None:
        return None
    best = top[:N_BEST]
    known = whole is not None and bool(np.isfinite(whole.logits).all())
    start = float(whole.logits.mean()) if known and whole is not None else top[-1].logit
    wide = best[0].logit - start
    scored = tuple(
        Scored(
            item.id, name, item.logit, (item.logit - start) / wide if wide > 0 else 1.0, item.prob
        )
        for item, name in zip(best, names(item.visible for item in best), strict=True)
    )
    rest = max(0.0, 1 - math.fsum(item.prob for item in best))
    return Scores(scored, config.d_vocab - len(best), rest, start, known)
