"""The merges of one word as a ladder: what stands in each row, and in which moment it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.film import Film, FilmMerge, FilmWord

ONE_BY_ONE = 8  # merges that get a row each; more share rows, where they are independent


@dataclass(frozen=True)
class Column:
    """One symbol that merging starts from, or a byte that no token stands for (`is_lost`).

    `place` is the symbol's place in the word; of a lost byte that of the symbol after it.
    """

    shown: str
    place: int
    is_lost: bool = False


@dataclass(frozen=True)
class Rung:
    """One cell of a row: a piece that stands here already, or the merge that makes it now."""

    place: int
    width: int
    shown: str
    merge: FilmMerge | None = None
    is_lost: bool = False


@dataclass(frozen=True)
class Ladder:
    """A word's way: its columns, a row for each round of merges."""

    columns: tuple[Column, ...]
    rounds: tuple[tuple[FilmMerge, ...], ...]
    rows: tuple[tuple[Rung, ...], ...]

    @property
    def ends(self) -> tuple[Rung, ...]:
        """What the last row ends with: the tokens, and the lost bytes between them."""
        if self.rows:
            return self.rows[-1]
        return tuple(
            Rung(column.place, 1, column.shown, None, column.is_lost) for column in self.columns
        )


def ladder_of(film: Film, word: FilmWord) -> Ladder:
    """The ladder of a word; a special or a very long one, ids without symbols, has no rows."""
    if word.ids and not word.symbols:
        return Ladder((), (), ())
    columns, rounds = columns_of(film, word), rounds_of(word.merges)
    alive = dict(enumerate(word.symbols))
    rows = []
    for merges in rounds:
        for merge in merges:
            alive[merge.left_at] = merge.result
            del alive[merge.right_at]
        made = {merge.left_at: merge for merge in merges}
        rows.append(tuple(cells(columns, alive, made)))
    return Ladder(columns, rounds, tuple(rows))


def cells(
    columns: Sequence[Column], alive: dict[int, str], made: dict[int, FilmMerge]
) -> list[Rung]:
    """One row over the columns: each living piece over its symbols, lost bytes by themselves.

    A piece that grew over a lost byte takes its column too: nothing is left of it in the model.
    """
    found: list[Rung] = []
    open_from: int | None = None
    starts = [
        at for at, column in enumerate(columns) if not column.is_lost and column.place in alive
    ]
    ends = dict(zip(starts, [*starts[1:], len(columns)], strict=True))
    for at, column in enumerate(columns):
        if at in ends:
            width = width_of(columns, at, ends[at])
            shown = alive[column.place]
            found.append(Rung(column.place, width, shown, made.get(column.place)))
            open_from = at + width
        elif column.is_lost and (open_from is None or at >= open_from):
            found.append(Rung(column.place, 1, column.shown, is_lost=True))
    return found


def width_of(columns: Sequence[Column], start: int, end: int) -> int:
    """How many columns a piece covers: to its last symbol, lost bytes behind it left out."""
    while end > start + 1 and columns[end - 1].is_lost:
        end -= 1
    return end - start


def columns_of(film: Film, word: FilmWord) -> tuple[Column, ...]:
    """The word's symbols, with its lost bytes between them where they were.

    Where bytes vanish, every other byte of the word is a symbol.
    """
    lost = {(lost.at, lost.byte) for lost in film.lost}
    here = range(word.at, word.at + len(word.text))
    if not any(at in here for at, _ in lost):
        return tuple(Column(shown, place) for place, shown in enumerate(word.symbols))
    columns: list[Column] = []
    place = 0
    for at, character in enumerate(word.text, start=word.at):
        for byte in character.encode():
            if (at, byte) in lost:
                columns.append(Column(f"{byte:02X}", place, is_lost=True))
            elif place < len(word.symbols):
                columns.append(Column(word.symbols[place], place))
                place += 1
    return tuple(columns)


def rounds_of(merges: Sequence[FilmMerge]) -> tuple[tuple[FilmMerge, ...], ...]:
    """The merges in their order, as rows: one by one where they are few.

    Where they are many, those that follow each other and touch nothing of their own row share one.
    """
    if len(merges) <= ONE_BY_ONE:
        return tuple((merge,) for merge in merges)
    rounds: list[list[FilmMerge]] = []
    touched: set[int] = set()
    for merge in merges:
        places = {merge.left_at, merge.right_at}
        if not rounds or places & touched:
            rounds.append([])
            touched = set()
        rounds[-1].append(merge)
        touched |= places
    return tuple(map(tuple, rounds))


def moments_of_rounds(n_rounds: int, n_moments: int) -> tuple[int, ...]:
    """In which of some moments each round comes: evenly, in order."""
    used = min(n_rounds, n_moments)
    return tuple(index * used // n_rounds for index in range(n_rounds)) if n_rounds else ()


def is_own(film: Film, word: FilmWord) -> bool:
    """Whether a word begins in what the reader wrote, and not in a template."""
    start = 0
    for piece in film.pieces:
        end = start + len(piece.text)
        if start <= word.at < end:
            return piece.kind == "content"
        start = end
    return True


def most_merged(film: Film) -> int:
    """The word to begin with: of the reader's own the one with the most merges, the first such."""
    sizes = [(is_own(film, word), len(word.merges)) for word in film.words]
    return sizes.index(max(sizes)) if sizes else 0
