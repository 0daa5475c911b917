"""The ways that a text went, as a tree: what they share is there once.

Pure: a way is a sequence of new tokens behind the prompt; a place in the tree is the ids that lead
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.tokens import NewToken

Ids = tuple[int, ...]
# The number of the present way; the others are counted from 0.
PRESENT = -1


@dataclass(frozen=True)
class Way:
    """One way through the tree: which one, its new tokens, and why it ended."""

    index: int
    steps: tuple[NewToken, ...]
    stop: str = ""

    @property
    def ids(self) -> Ids:
        """Its new tokens' ids."""
        return tuple(step.id for step in self.steps)


@dataclass(frozen=True)
class Stretch:
    """Tokens that follow each other with nothing branching off between them.

    `first` counts the tokens before it, `steps` are its own, `ways` go through it, the present one
    first. `forks` are what goes on behind it, the likeliest first; none: here the ways end.
    """

    first: int
    steps: tuple[NewToken, ...]
    ways: tuple[Way, ...]
    forks: tuple[Stretch, ...] = ()

    @property
    def is_present(self) -> bool:
        """Whether the present text goes through it."""
        return self.ways[0].index == PRESENT

    @property
    def end(self) -> int:
        """How many new tokens there are up to its last."""
        return self.first + len(self.steps)

    @property
    def ends(self) -> Way | None:
        """The way that ends with its last token; None where all go on."""
        return next((way for way in self.ways if len(way.steps) == self.end), None)


def stretches(ways: Sequence[Way]) -> tuple[Stretch, ...]:
    """The tree of some ways, from the prompt on; the likeliest first token first."""
    return _behind(sorted(ways, key=lambda way: way.index), 0)


def _behind(ways: Sequence[Way], at: int) -> tuple[Stretch, ...]:
    groups: dict[int, list[Way]] = {}
    for way in ways:
        if len(way.steps) > at:
            groups.setdefault(way.steps[at].id, []).append(way)
    found = [_stretch(group, at) for group in groups.values()]
    return tuple(sorted(found, key=lambda one: -one.steps[0].prob))


def _stretch(ways: Sequence[Way], at: int) -> Stretch:
    end, shortest = at + 1, min(len(way.steps) for way in ways)
    while end < shortest and len({way.steps[end].id for way in ways}) == 1:
        end += 1
    return Stretch(at, ways[0].steps[at:end], tuple(ways), _behind(ways, end))


def n_nodes(tree: Sequence[Stretch]) -> int:
    """How many tokens stand in a tree: those that ways share are counted once."""
    return sum(len(one.steps) + n_nodes(one.forks) for one in tree)


def pruned(steps: tuple[NewToken, ...], path: Ids) -> tuple[NewToken, ...]:
    """A way without what lies at a place and behind it; the same where it does not go there."""
    ids = tuple(step.id for step in steps[: len(path)])
    return steps[: len(path) - 1] if path and ids == path else steps
