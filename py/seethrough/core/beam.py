"""Beam search: several ways at once, by the sum of their log probabilities; the best go on.

One round at a time, so that who runs the model decides how, and each round can be drawn. The rules
are those of transformers' `_beam_search` with `early_stopping=False`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.distribution import distribution
from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import Array

MOST_BEAMS = 16
MOST_PENALTY = 10
# What became of a candidate: it goes on, it ended, it was good for nothing.
KEPT, ENDED, PRUNED = "kept", "ended", "pruned"


@dataclass(frozen=True)
class Way:
    """New tokens behind a prompt, and `total`, the sum of their log probabilities."""

    ids: tuple[int, ...] = ()
    total: float = 0.0

    def score(self, length_penalty: float) -> float:
        """total / length ^ penalty: above 0 the penalty favours long ways, below 0 short ones."""
        return float(self.total / len(self.ids) ** length_penalty)


@dataclass(frozen=True)
class Grown:
    """A candidate of a round: a way that grew by its last token.

    `parent` is its place among the ways that the round began with.
    """

    way: Way
    parent: int
    fate: str


@dataclass(frozen=True)
class Rules:
    """How to search: at most `max_new` tokens, an end token of `ends` ends a way."""

    n_beams: int
    max_new: int
    ends: frozenset[int] = frozenset()
    length_penalty: float = 1.0

    @property
    def n_candidates(self) -> int:
        """How many candidates a round looks at: enough that as many as there are beams go on."""
        return max(2, 1 + len(self.ends)) * self.n_beams


@dataclass(frozen=True)
class Search:
    """A search between two rounds.

    `running` are the ways that go on, the best first; `finished` those that ended, by score;
    `rounds` are the candidates of each round, the best first.
    """

    rules: Rules
    running: tuple[Way, ...] = (Way(),)
    finished: tuple[Way, ...] = ()
    rounds: tuple[tuple[Grown, ...], ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing can go on, or no way can still become better than those that ended."""
        if not self.running:
            return True
        if len(self.finished) < self.rules.n_beams or not self.rounds:
            return False
        penalty = self.rules.length_penalty
        return self.running[0].score(penalty) <= self.finished[-1].score(penalty)

    def grow(self, log_probs: Sequence[Array]) -> Search:
        """The search after one round.

        Args:
            log_probs: For each running way those of every next token.
        Shapes: log_probs [n_running][d_vocab].
        """
        rules, found = self.rules, candidates(self.running, log_probs, self.rules.n_candidates)
        is_last = len(self.running[0].ids) + 1 >= rules.max_new
        ends = [is_last or grown.way.ids[-1] in rules.ends for grown in found]
        ended = [at for at, hit in enumerate(ends) if hit and at < rules.n_beams]
        goes_on = [at for at, hit in enumerate(ends) if not hit][: rules.n_beams]
        fates = dict.fromkeys(goes_on, KEPT) | dict.fromkeys(ended, ENDED)
        told = tuple(replace(g, fate=fates.get(at, PRUNED)) for at, g in enumerate(found))
        all_ended = (*self.finished, *(found[at].way for at in ended))
        by_score = sorted(all_ended, key=lambda way: -way.score(rules.length_penalty))
        return replace(
            self,
            running=tuple(found[at].way for at in goes_on),
            finished=tuple(by_score[: rules.n_beams]),
            rounds=(*self.rounds, told),
        )


def candidates(running: Sequence[Way], log_probs: Sequence[Array], most: int) -> list[Grown]:
    """The best ways that are one token longer; of equals that of the better way, the lower id."""
    totals = np.stack([way.total + row for way, row in zip(running, log_probs, strict=True)])
    flat, d_vocab = totals.reshape(-1), totals.shape[1]
    most = min(most, int(np.count_nonzero(flat > -np.inf)))
    least = np.partition(flat, -most)[-most]
    above = np.flatnonzero(flat >= least)
    best = above[np.argsort(-flat[above], kind="stable")][:most].tolist()
    return [
        Grown(Way((*running[at // d_vocab].ids, at % d_vocab), float(flat[at])), at // d_vocab, "")
        for at in best
    ]


def begin(rules: Rules) -> Search:
    """A search before its first round.

    Raises:
        InputError: There are no beams, or too many; the penalty is no number.
    """
    if not 1 <= rules.n_beams <= MOST_BEAMS:
        raise InputError("beam.count", got=rules.n_beams, most=MOST_BEAMS)
    if not np.isfinite(rules.length_penalty) or abs(rules.length_penalty) > MOST_PENALTY:
        raise InputError("beam.penalty", got=rules.length_penalty, most=MOST_PENALTY)
    return Search(rules)


def log_probs_of(logits: Array) -> Array:
    """log softmax in float64. Shapes: logits [d_vocab] → [d_vocab]."""
    return logits.astype(np.float64) - distribution(logits).logsumexp
