"""What the step "sample" shows: the odds before and after each cut, the dart, where it lands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cuts import by_rank
from seethrough.core.hooks import LOGITS
from seethrough.core.sampling import Shaped, dart, draws, edited, landings, reshape, temper
from seethrough.core.settings import SETTINGS
from seethrough.view.kept import kept_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.app.state import Sampling, Scene
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.cuts import Cut
    from seethrough.core.edits import Edit

# What is drawn as a piece of its own: this much of a bar at least, and no more pieces than that.
LEAST_SHARE = 0.006
MOST_PIECES = 18
# How many darts are thrown at once where one sees each of them.
MANY = 100


@dataclass(frozen=True)
class Piece:
    """A token's place on a bar from 0 to 1."""

    token: int
    start: float
    size: float


@dataclass(frozen=True, eq=False)
class Bar:
    """Probabilities by id, and the pieces of those tokens that are drawn, largest first."""

    probs: Array
    pieces: Mapping[int, Piece]


@dataclass(frozen=True)
class Taken:
    """What a cut took of the tempered odds: the tokens left and gone.

    `setting` is the cut's own number; `end` is where the bar ended before it; `gone` are the
    stretches that it took, from and to; `removed` is the mass as a share of what stood before it.
    """

    name: str
    setting: float
    end: float
    gone: tuple[tuple[float, float], ...]
    n_kept: int
    n_gone: int
    removed: float

    @property
    def mass(self) -> float:
        """How much of the bar it took."""
        return sum(end - start for start, end in self.gone)


@dataclass(frozen=True, eq=False)
class Odds:
    """The last position's odds under some settings; `shaped` is None at temperature 0.

    `ranked` are all ids from the largest logit down, `own` the probabilities at temperature 1.
    `edits` are what the settings that look at the text made of the logits, those that are set;
    `order` are all ids from the largest edited logit down, `ranks` the place of each in it.
    """

    logits: Array
    ranked: Array
    own: Array
    edits: tuple[tuple[str, Edit], ...]
    order: Array
    ranks: Array
    settings: Sampling
    shaped: Shaped | None
    throw: int
    tallied: int

    @property
    def edited(self) -> Array:
        """The logits after every edit. Shapes: → [d_vocab]."""
        return self.edits[-1][1].logits if self.edits else self.logits

    @property
    def point(self) -> float:
        """Where the dart falls, in [0, 1)."""
        return dart(self.settings.seed, self.throw)

    @cached_property
    def landed(self) -> int:
        """The token that is taken."""
        if self.shaped is None:
            return int(self.order[0])
        return int(self.shaped.landings(np.array([self.point]))[0])

    @cached_property
    def now(self) -> Array:
        """The probabilities that the dart is thrown at, by id; all on one token when greedy."""
        if self.shaped is not None:
            return self.shaped.probs
        return np.where(np.arange(self.own.size) == self.order[0], 1.0, 0.0)

    @cached_property
    def counts(self) -> Array | None:
        """How often each token was drawn; None where nothing is counted."""
        if self.shaped is None or not self.tallied:
            return None
        ids = draws(self.shaped, seed=self.settings.seed, steps=range(self.tallied))
        return np.bincount(ids, minlength=self.own.size)

    @cached_property
    def points(self) -> Array:
        """Where the first many darts of the seed fall, in [0, 1). Shapes: → [MANY]."""
        return np.array([dart(self.settings.seed, at) for at in range(MANY)])

    def ranks_hit(self, probs: Array) -> Array:
        """The ranks of the tokens that they hit on a bar of these probabilities.

        Shapes: probs [d_vocab] → [MANY].
        """
        return landings(probs[self.order], self.points)

    @cached_property
    def taken(self) -> tuple[Taken, ...]:
        """The cuts that are set, in order; at temperature 0 the one that leaves a single token."""
        if self.shaped is None:
            left = float(self.odds_at_1[self.order[0]])
            gone = self.own.size - 1
            return (Taken("greedy", 0.0, 1.0, ((left, 1.0),), 1, gone, 1.0 - left),)
        ends = np.append(0.0, np.cumsum(self.shaped.tempered[self.order]))
        cuts: list[Taken] = []
        before = self.shaped.tempered
        for name, cut in self.shaped.steps:
            value = self.settings[name]
            if value != SETTINGS[name].neutral:
                cuts.append(taken_by((name, value), cut, before[self.order], self.order, ends))
            before = cut.probs
        return tuple(cuts)

    @cached_property
    def odds_at_1(self) -> Array:
        """The probabilities at temperature 1 after the edits. Shapes: → [d_vocab]."""
        return temper(self.edited, 1.0) if self.edits else self.own

    @property
    def n_kept(self) -> int:
        """How many tokens the dart can fall on."""
        return int(np.count_nonzero(self.now))

    @property
    def is_tempered(self) -> bool:
        """Whether a temperature other than 1 reshapes the odds."""
        return self.shaped is not None and self.settings.temperature != 1

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The film's moments: the odds, each edit, the temperature, each cut, the dart."""
        edits = [name for name, _ in self.edits]
        first = ["own", *edits, *(["edited"] if edits else [])]
        if self.shaped is None:
            return (*first, "greedy", "left")
        cuts = [cut.name for cut in self.taken]
        tempered = ["tempered"] if self.is_tempered else []
        return (*first, *tempered, *cuts, *(["left"] if cuts else []), "dart", "land")

    @cached_property
    def bars(self) -> Mapping[str, Bar]:
        """The bars that are drawn, by name, from the top down; the dart falls on the last."""
        drawn = {"edited": self.odds_at_1} if self.edits else {}
        if self.shaped is not None and self.is_tempered:
            drawn["tempered"] = self.shaped.tempered
        if self.taken:
            drawn["left"] = self.now
        own = bar_of(self.own, self.ranked)
        return {"own": own, **{name: bar_of(probs, self.order) for name, probs in drawn.items()}}

    @cached_property
    def ends(self) -> Array:
        """Where each token ends on the bar that the dart falls on, by rank."""
        return np.cumsum(self.now[self.order])

    def start_of(self, token: int) -> float:
        """Where a token begins on the bar that the dart falls on."""
        rank = self.rank_of(token)
        return float(self.ends[rank - 1]) if rank else 0.0

    def rank_of(self, token: int) -> int:
        """How many tokens lie before this one."""
        return int(self.ranks[token])


def bar_of(probs: Array, order: Array) -> Bar:
    """A bar, with the tokens that are wide enough on it to be drawn by themselves.

    Only the first tokens that have any room are looked at.
    """
    first = order[: MOST_PIECES + int(np.argmax(probs[order] > 0))]
    sizes = probs[first]
    starts = np.cumsum(sizes) - sizes
    ranked = zip(first, starts, sizes, strict=False)
    wide = [Piece(int(t), float(at), float(s)) for t, at, s in ranked if s >= LEAST_SHARE]
    return Bar(probs, {piece.token: piece for piece in wide})


def taken_by(named: tuple[str, float], cut: Cut, before: Array, order: Array, ends: Array) -> Taken:
    """What a cut took.

    Args:
        named: The setting's name and value.
        before: The probabilities that it cut, in order.
        ends: Where each token of the order begins on the tempered bar, and where the last ends.
    """
    stood, left = before > 0, cut.probs[order] > 0
    gone = stood & ~left
    end = float(ends[int(np.flatnonzero(stood)[-1]) + 1])
    spans = tuple((float(ends[a]), float(ends[b])) for a, b in stretches(gone)) or ((end, end),)
    return Taken(*named, end, spans, cut.n_kept, int(gone.sum()), cut.removed)


def stretches(mask: Array) -> list[tuple[int, int]]:
    """Where a mask holds without a gap: from, and to the first place that does not."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def ranks_of(order: Array) -> Array:
    """The place of each id in an order."""
    ranks = np.empty_like(order)
    ranks[order] = np.arange(order.size)
    return ranks


class LastOdds:
    """The last odds of a run, so that the plate, its film and its caption compute them once."""

    def __init__(self) -> None:
        self._ranked: tuple[object, int, Array, Array, Array] | None = None
        self._key: tuple[object, ...] = ()
        self._odds: Odds | None = None

    def odds(self, scene: Scene) -> Odds | None:
        """The odds of a state; None where the logits of the last position are not known."""
        last = len(scene.run.tokens) - 1
        logits = scene.run.captured.row(LOGITS, last) if scene.run.tokens else None
        if logits is None:
            return None
        whole, settings = scene.run.captured.arrays[LOGITS], scene.choice.trying or scene.sampling
        throws = scene.choice.throws
        at = len(scene.run.written) + throws.at  # the loop's dart for this very place comes first
        key = (id(whole), last, settings, at, throws.tallied)
        if self._ranked is None or self._ranked[0] is not whole or self._ranked[1] != last:
            order = by_rank(logits)
            self._ranked = (whole, last, order, ranks_of(order), temper(logits, 1.0))
            self._key = ()
        if key != self._key or self._odds is None:
            _, _, order, ranks, own = self._ranked
            self._key = key
            drawn = settings, at, throws.tallied
            self._odds = odds_under(logits, (order, ranks, own), scene.run.ids, drawn)
        return self._odds


def odds_under(
    logits: Array,
    known: tuple[Array, Array, Array],
    text: Sequence[int],
    drawn: tuple[Sampling, int, int],
) -> Odds:
    """The odds that the settings make of some logits.

    Args:
        known: Of these logits the order, each id's rank, and the probabilities at temperature 1.
        text: The ids behind which a token is chosen.
        drawn: The settings, which dart is thrown, how many are counted.
    """
    (ranked, ranks, own), (settings, throw, tallied) = known, drawn
    every = edited(logits, text, settings.shape)
    edits = tuple(one for one in every if settings[one[0]] != SETTINGS[one[0]].neutral)
    order = ranked
    if edits and edits[-1][1].logits is not logits:
        order = by_rank(edits[-1][1].logits)
        ranks = ranks_of(order)
    shaped = None
    if settings.temperature != 0:
        shaped = reshape(logits, order=order, text=text, **settings.shape)
    return Odds(logits, ranked, own, edits, order, ranks, settings, shaped, throw, tallied)


@kept_with
def _last_of(_captured: Captured) -> LastOdds:
    """The odds kept of a run: they go with its numbers, and another run has its own."""
    return LastOdds()


def odds_of(scene: Scene) -> Odds | None:
    """The odds of a state, from the last time where nothing changed."""
    return _last_of(scene.run.captured).odds(scene)


def rows_of(odds: Odds, count: int) -> list[int]:
    """The tokens of the table: the best ones, and the landed one where it is not among them."""
    best = [int(token) for token in odds.order[:count]]
    return best if odds.landed in best else [*best[:-1], odds.landed]
