"""Groups of words that lie together on the map, and the words of a group that lie far from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core.atlas_search import words_of
from seethrough.core.word_groups import GROUPS

if TYPE_CHECKING:
    from seethrough.core.atlas import Atlas

# Shares of the picture's side: an island is no wider from its middle; beyond FAR a word is off it.
WIDE, FAR = 0.05, 0.1
# The share of a group's words that an island has at least, and how many those are.
LEAST_SHARE, FEWEST = 0.75, 5


class Island(NamedTuple):
    """A group whose words lie together.

    Shapes: middle, places in the square of a layout (core/plane.py). `near` are the group's tokens
    on the island, `far` those that lie far off, both by id.
    """

    group: str
    middle: tuple[float, float]
    near: tuple[int, ...]
    far: tuple[int, ...]


def islands_of(atlas: Atlas, layout: str) -> tuple[Island, ...]:
    """The islands of a layout, in the order of the groups."""
    found = (island_of(atlas, layout, group) for group in GROUPS)
    return tuple(island for island in found if island is not None)


def island_of(atlas: Atlas, layout: str, group: str) -> Island | None:
    """Where a group's words lie together; None where too few of them do."""
    tokens = np.sort(np.array(words_of(atlas, GROUPS[group]), np.int64))
    if len(tokens) < FEWEST:
        return None
    places = atlas.square(layout)[tokens]
    middle = np.median(places, axis=0)
    distances = np.hypot(*(places - middle).T)
    near = tokens[distances <= WIDE].tolist()
    if len(near) < max(FEWEST, LEAST_SHARE * len(tokens)):
        return None
    far = tokens[distances > FAR].tolist()
    return Island(group, (float(middle[0]), float(middle[1])), tuple(near), tuple(far))
