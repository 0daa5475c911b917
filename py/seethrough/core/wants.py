"""What a panel wants to draw: hooks at positions, rows of weights, the lens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.captured import BY_HEAD, FIRST_OF_UNEMBED
from seethrough.core.hooks import leaf_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from seethrough.core.captured import Captured
    from seethrough.core.cell import Cell
    from seethrough.core.heads import Heads


@dataclass(frozen=True)
class Wants:
    """A question for numbers; two are joined by `|`.

    `hooks` are (name, position), position None for all that a run keeps. `rows` are (matrix, row):
    of W_U the row is a token, whose vector that is. `lens` are positions whose residual states are
    unembedded at every layer. `is_marked`: which heads are worth a look. `without` are heads that
    are switched off: the best next tokens without them (core/heads.py). `weights` are wanted whole,
    `pushes` are vectors, by name, whose tokens are wanted (core/pushes.py). `is_read`: how each
    token of the text was foreseen (core/train/mistakes.py).
    """

    hooks: frozenset[tuple[str, int | None]] = field(default_factory=frozenset)
    rows: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    lens: frozenset[int] = field(default_factory=frozenset)
    is_marked: bool = False
    without: frozenset[Heads] = field(default_factory=frozenset)
    weights: frozenset[str] = field(default_factory=frozenset)
    pushes: frozenset[Cell] = field(default_factory=frozenset)
    is_read: bool = False

    def __or__(self, other: Wants) -> Wants:
        return Wants(
            self.hooks | other.hooks,
            self.rows | other.rows,
            self.lens | other.lens,
            self.is_marked or other.is_marked,
            self.without | other.without,
            self.weights | other.weights,
            self.pushes | other.pushes,
            self.is_read or other.is_read,
        )

    def __bool__(self) -> bool:
        of_run = self.hooks or self.lens or self.is_marked or self.without or self.is_read
        return bool(of_run or self.of_model)

    @property
    def names(self) -> frozenset[str]:
        """The hooks by name alone, wherever they are wanted."""
        return frozenset(name for name, _ in self.hooks)

    @property
    def held(self) -> frozenset[str]:
        """All that is held as arrays, by name: hooks, whole weights, matrices of wanted rows."""
        return self.names | self.weights | {name for name, _ in self.rows}

    @property
    def of_model(self) -> bool:
        """Whether something is wanted that the model alone tells, whatever the input."""
        return bool(self.rows or self.weights or self.pushes)

    @property
    def only_of_model(self) -> Wants:
        """What of it the model alone tells."""
        return Wants(rows=self.rows, weights=self.weights, pushes=self.pushes)

    def lacking(
        self,
        captured: Captured,
        lens: int | None,
        *,
        is_marked: bool = False,
        without: Collection[Heads] = (),
        pushes: Collection[Cell] = (),
        is_read: bool = False,
    ) -> Wants:
        """What of it is not on hand.

        Args:
            lens: The position whose lens is known.
            is_marked: Whether heads are marked.
            without: What is known without some heads.
            pushes: The vectors whose tokens are known.
            is_read: Whether it is known how the text's tokens were foreseen.
        """
        return Wants(
            frozenset(place for place in self.hooks if not has(captured, *place)),
            frozenset(
                (name, row)
                for name, row in self.rows
                if row not in captured.positions.get(name, ())
            ),
            frozenset(position for position in self.lens if position != lens),
            self.is_marked and not is_marked,
            self.without.difference(without),
            self.weights.difference(captured.arrays),
            self.pushes.difference(pushes),
            self.is_read and not is_read,
        )


NOTHING = Wants()


def want(
    names: Iterable[str],
    position: int | None = None,
    *,
    rows: Iterable[tuple[str, int]] = (),
    lens: int | None = None,
) -> Wants:
    """Some hooks, all at one position or (None) whole, with rows of weights and a lens."""
    return Wants(
        frozenset((name, position) for name in names),
        frozenset(rows),
        frozenset() if lens is None else frozenset({lens}),
    )


def has(captured: Captured, name: str, position: int | None) -> bool:
    """Whether a hook is known at a position; with None, or where its heads come first, at all."""
    if position is None or leaf_of(name) in BY_HEAD:
        return name in captured.arrays
    return captured.row(name, position) is not None


def is_of_unembedding(name: str) -> bool:
    """Whether a hook exists only for the states that are unembedded."""
    return name in FIRST_OF_UNEMBED
