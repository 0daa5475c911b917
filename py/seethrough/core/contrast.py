"""Two texts side by side: where they first differ, and the odds there.

Each side tells of each of its tokens what the model gave the best candidates, by itself and with
the side's settings. Two sides of one model are compared by ids, of two models by the tokens' texts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.core.settings import Sampling
    from seethrough.core.tokens import NewToken

Key = int | str
# What the two sides are called, in every language.
NAMES = "A", "B"


@dataclass(frozen=True)
class Share:
    """A candidate at a place of one side: its chance by the model alone, and with the settings."""

    id: int
    text: str
    visible: str
    own: float
    now: float


@dataclass(frozen=True)
class Side:
    """One text: with what it was written, its tokens, the shares known at each, why it stopped."""

    model: str
    title: str
    prompt: str
    settings: Sampling
    steps: tuple[NewToken, ...] = ()
    shares: tuple[tuple[Share, ...], ...] = ()
    stop: str = ""

    def share(self, column: int, key: Key) -> Share | None:
        """What it knows of a candidate at a column."""
        known = self.shares[column] if column < len(self.shares) else ()
        return next((one for one in known if key in {one.id, one.text}), None)

    def step(self, column: int) -> NewToken | None:
        """Its token at a column; None behind its end."""
        return self.steps[column] if column < len(self.steps) else None


@dataclass(frozen=True)
class Odds:
    """A candidate at a column as both sides have it; None: the side does not know it."""

    visible: str
    left: Share | None
    right: Share | None
    is_left: bool
    is_right: bool


@dataclass(frozen=True)
class Contrast:
    """Two sides and by what they differ (core/against.py). `is_whole`: both are written to the end.

    `is_recorded`: no model was run for it.
    """

    kind: str
    left: Side
    right: Side
    is_whole: bool = True
    is_recorded: bool = False

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.left, self.right

    def with_side(self, name: str, side: Side) -> Contrast:
        """The same with another side, "left" or "right"."""
        return replace(self, left=side) if name == "left" else replace(self, right=side)

    @property
    def n_columns(self) -> int:
        """How many columns there are."""
        return max(len(self.left.steps), len(self.right.steps))

    @property
    def first(self) -> int | None:
        """The first column in which the texts differ; None where there is none (yet).

        A text that is still being written differs nowhere by being shorter.
        """
        both = zip(self.left.steps, self.right.steps, strict=False)
        for column, (one, other) in enumerate(both):
            if self.key(one) != self.key(other):
                return column
        lengths = {len(self.left.steps), len(self.right.steps)}
        return min(lengths) if self.is_whole and len(lengths) > 1 else None

    def key(self, token: NewToken | Share) -> Key:
        """What tells tokens apart on both sides."""
        return token.id if self.left.model == self.right.model else token.text

    def odds(self, column: int) -> tuple[Odds, ...]:
        """The candidates at a column: the likeliest on either side first."""
        known: dict[Key, str] = {}
        for side in self.sides:
            for share in side.shares[column] if column < len(side.shares) else ():
                known.setdefault(self.key(share), share.visible)
        taken = [
            None if (new := side.step(column)) is None else self.key(new) for side in self.sides
        ]
        rows = [
            Odds(
                visible,
                self.left.share(column, key),
                self.right.share(column, key),
                key == taken[0],
                key == taken[1],
            )
            for key, visible in known.items()
        ]
        return tuple(sorted(rows, key=most_likely))


def most_likely(row: Odds) -> float:
    """For sorting: the largest chance that a side's model gives it, falling."""
    return -max(side.own for side in (row.left, row.right) if side is not None)


def merged(own: Iterable[Share], more: Iterable[Share]) -> tuple[Share, ...]:
    """Shares of one place, each id once."""
    known = {share.id: share for share in own}
    for share in more:
        known.setdefault(share.id, share)
    return tuple(known.values())
