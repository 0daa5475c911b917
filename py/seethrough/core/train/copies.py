"""Whether what a model writes is its own: which of its lines stand in the data, and what is near.

How far two lines are apart is counted in signs that must be put in, taken out or changed
(Levenshtein's distance).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.train.corpus import END

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.train.corpus import Corpus

LEARNED, HELD, NEW = "learned", "held", "new"
MOST_LINES = 3000  # that a line is compared with


@dataclass(frozen=True)
class Source:
    """Where a written line is from: of the learned text, of the held-out text, or new.

    `near` is the line of the learned text that is fewest changes away, `n_changes` how many; empty
    where none is of about this length.
    """

    kind: str
    near: str = ""
    n_changes: int = 0


class Copies:
    """The documents of a text, to find written lines in; a text without documents has none."""

    def __init__(self, corpus: Corpus) -> None:
        has = corpus.has_documents
        self._learned = frozenset(filter(None, corpus.learned.split(END))) if has else frozenset()
        self._held = frozenset(filter(None, corpus.held.split(END))) if has else frozenset()

    def of(self, line: str) -> Source:
        """Where a line is from."""
        if line in self._learned:
            return Source(LEARNED, line)
        near, n_changes = self._nearest(line)
        return Source(HELD if line in self._held else NEW, near, n_changes)

    def _nearest(self, line: str) -> tuple[str, int]:
        """The learned line that is fewest changes away, the first of several in their order."""
        others = [
            one for size in (len(line) - 1, len(line), len(line) + 1) for one in self._of(size)
        ][:MOST_LINES]
        if not line or not others:
            return "", 0
        apart = distances(line, others)
        least = int(apart.min())
        return min(one for one, n in zip(others, apart, strict=True) if n == least), least

    def _of(self, size: int) -> list[str]:
        return self._by_size.get(size, [])

    @cached_property
    def _by_size(self) -> dict[int, list[str]]:
        """The learned lines by their length."""
        found: dict[int, list[str]] = {}
        for line in sorted(self._learned):
            found.setdefault(len(line), []).append(line)
        return found


def distances(line: str, others: list[str]) -> Array:
    """How many changes make a line of each of the others: int64 [other]."""
    longest = max(map(len, others))
    signs = np.zeros((len(others), longest), np.int64)
    for row, other in enumerate(others):
        signs[row, : len(other)] = [ord(sign) for sign in other]
    places = np.arange(longest + 1)
    last = np.tile(places, (len(others), 1))
    for at, sign in enumerate(line, 1):
        now = np.empty_like(last)
        now[:, 0] = at
        now[:, 1:] = np.minimum(last[:, 1:] + 1, last[:, :-1] + (signs != ord(sign)))
        # A sign put in costs one more than what stands before it.
        last = np.minimum.accumulate(now - places, axis=1) + places
    sizes = np.array([len(other) for other in others])
    ends: Array = last[np.arange(len(others)), sizes]
    return ends
