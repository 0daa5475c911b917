"""The map: which animal lies far from the island of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from seethrough.app.state import value_of
from seethrough.core.atlas import NEAR
from seethrough.core.guesses import Option, Question, place_of, shuffled
from seethrough.core.islands import Island, island_of
from seethrough.view.ideas.plain import plain
from seethrough.view.kept import Kept

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.atlas import Atlas

KIND, GROUP = "island", "animals"
N_OPTIONS = 4


def ask(scene: Scene) -> Question | None:
    """The commonest animal that lies far off among the commonest that do not; None without one."""
    atlas = cast("Atlas | None", value_of(scene, "atlas"))
    island = ISLAND.of(scene, lambda: island_in(atlas))
    if atlas is None or island is None or not island.far or len(island.near) < N_OPTIONS - 1:
        return None
    tokens = (island.far[0], *island.near[: N_OPTIONS - 1])
    options = tuple(Option(str(token), plain(atlas.visible(token))) for token in tokens)
    place = place_of(str(value_of(scene, "chart_model")), tokens)
    return Question(
        KIND,
        place,
        shuffled(options, place),
        right=options[0].key,
        answer=options[0].name,
    )


def island_in(atlas: Atlas | None) -> Island | None:
    """The animals of a map that is laid out by neighbours."""
    if atlas is None or NEAR not in atlas.layouts:
        return None
    return island_of(atlas, NEAR, GROUP)


ISLAND: Kept[Island | None] = Kept(("atlas",))
