"""The third step inside a layer: the scores of a row become weights that add up to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view import attention, named
from seethrough.view.attention_grid import grid_of
from seethrough.view.node import h, to_html
from seethrough.view.words import rich, title

if TYPE_CHECKING:
    from seethrough.app.state import Scene

FIELDS = (
    *("language", "tokens", "config", "captured", "layer", "head", "position"),
    *("recorded", "live_bytes"),
)


def render(scene: Scene) -> str:
    """The whole pattern of the head."""
    grid = grid_of(scene)
    if grid is None:
        lacks = scene.run.recorded
        if lacks is not None:
            return attention.lacking(scene, lacks, has_picker=False)
        return to_html(h("p", {"class": "lead"}, rich(scene, "page.attention.lead")))
    return to_html(
        title(scene, "step.weights"),
        named.lead(scene, attention.lead(scene, grid)),
        h("div", {"class": "pattern-whole"}, attention.pattern(scene, grid)),
    )
