"""What a head does in a text, as measured shares: never a bare label.

A share is the mean weight that the tokens of the text give to a place: the token before, the first,
themselves, the same token earlier, the token after the same token earlier. Only tokens that have
such a place count; the first token, which sees itself alone, never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.core.cache import Array

PREVIOUS, FIRST, ITSELF = "previous", "first", "itself"
SAME, AFTER_SAME = "same", "after_same"


@dataclass(frozen=True)
class Habit:
    """How much a head looks at one kind of place.

    `share` is the mean weight there of the `n_rows` tokens that have such a place; None without.
    """

    name: str
    share: float | None
    n_rows: int


def habits(pattern: Array, ids: Sequence[int]) -> tuple[Habit, ...]:
    """What a head looks at in a text, one share for each kind of place.

    The kinds overlap: the token before may be the first one.

    Shapes: pattern [query_pos, key_pos].
    Args:
        ids: The tokens, as many as the pattern has queries.
    """
    return tuple(habit(name, pattern, places) for name, places in places_of(tuple(ids)))


def habit(name: str, weights: Array, places: Array) -> Habit:
    """The mean weight at some places, none of them in the first row.

    Shapes: weights, places [query_pos, key_pos].
    """
    n_rows = int(places.any(axis=1).sum())
    if not n_rows:
        return Habit(name, None, 0)
    return Habit(name, float(weights[places].sum(dtype=np.float64)) / n_rows, n_rows)


@lru_cache(maxsize=4)
def places_of(ids: tuple[int, ...]) -> tuple[tuple[str, Array], ...]:
    """The places of each kind in a text: one answer for all heads. Shapes: → [pos, pos]."""
    found = tuple((name, places(np.asarray(ids))) for name, places in PLACES.items())
    for _, places in found:
        places[:1] = False
    return found


def at_previous(ids: Array) -> Array:
    """True where the key is the token before the query. Shapes: ids [pos] → [pos, pos]."""
    return np.eye(len(ids), k=-1, dtype=bool)


def at_first(ids: Array) -> Array:
    """True where the key is the first token. Shapes: ids [pos] → [pos, pos]."""
    places = np.zeros((len(ids), len(ids)), bool)
    places[:, 0] = True
    return places


def at_itself(ids: Array) -> Array:
    """True where the key is the query's own token. Shapes: ids [pos] → [pos, pos]."""
    return np.eye(len(ids), dtype=bool)


def at_same(ids: Array) -> Array:
    """True where the key is the same token, earlier. Shapes: ids [pos] → [pos, pos]."""
    return np.tril(ids[:, None] == ids[None, :], k=-1)


def at_after_same(ids: Array) -> Array:
    """True where the key comes after the same token, and before the query.

    Shapes: ids [pos] → [pos, pos].
    """
    places = np.zeros((len(ids), len(ids)), bool)
    places[:, 1:] = at_same(ids)[:, :-1]
    return np.tril(places, k=-1)


PLACES: dict[str, Callable[[Array], Array]] = {
    PREVIOUS: at_previous,
    FIRST: at_first,
    ITSELF: at_itself,
    SAME: at_same,
    AFTER_SAME: at_after_same,
}


def entropy(rows: Array) -> Array:
    """How widely rows of weights are spread, in bits: 0 looks at one token, log₂ n at n alike.

    Shapes: rows [..., key_pos] → [...], in float64.
    """
    weights = rows.astype(np.float64)
    logs = np.log2(weights, where=weights > 0, out=np.zeros_like(weights))
    return -(weights * logs).sum(axis=-1) + 0.0
