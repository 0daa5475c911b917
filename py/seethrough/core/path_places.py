"""Where a token's states lie in a layout of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.atlas import PCA
from seethrough.core.path import mean_places, projected
from seethrough.core.plane import into_square

if TYPE_CHECKING:
    from seethrough.core.atlas import Atlas
    from seethrough.core.cache import Array
    from seethrough.core.path import Nearest


def path_in(atlas: Atlas, layout: str, units: Array, nearest: Nearest | None) -> Array | None:
    """States in the square of a layout, float32 [states, 2]; None where they have no place there.

    The picture of the largest differences has a projection; another layout has none, and shows the
    mean of the nearest tokens' places, once they are known.
    """
    places = atlas.places[layout][:, :2]
    if layout == PCA:
        if atlas.projection is None:
            return None
        return into_square(projected(units, atlas.projection)[:, :2], places)
    return None if nearest is None else into_square(mean_places(nearest, places), places)
