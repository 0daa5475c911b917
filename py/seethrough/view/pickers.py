"""Controls that several pictures share: which layer, which head."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.unrecorded import UNRECORDED
from seethrough.view.words import Reader, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import Scene


def n_layers(scene: Scene) -> int:
    """How many layers the pictures are about; 0 before anything is known."""
    return 0 if scene.run.config is None else scene.run.config.n_layers


def layer_of(scene: Scene) -> int:
    """The chosen layer, inside the model."""
    return min(max(scene.choice.layer, 0), max(n_layers(scene) - 1, 0))


def layer_picker(scene: Scene, *, lacks: Callable[[Scene, int], bool] | None = None) -> Node:
    """A list of the layers; changing it is the action.

    Args:
        lacks: Tells of a layer whether the shown recording lacks what is told of it.
    """
    asked = scene.choice.asked_layer
    chosen = layer_of(scene) if asked is None else asked
    options = [
        option(
            scene.language,
            layer,
            is_chosen=layer == chosen,
            lacks=lacks is not None and lacks(scene, layer),
        )
        for layer in range(n_layers(scene))
    ]
    return h(
        "label",
        {"class": "picker"},
        h("span", {}, say(scene, "view.layer")),
        h("select", {"data-action": "select-layer"}, options),
    )


@lru_cache(maxsize=512)
def option(language: str, layer: int, *, is_chosen: bool, lacks: bool) -> Node:
    """One layer of the list, written once."""
    label = say(Reader(language), "view.unrecorded.layer", layer=layer) if lacks else str(layer)
    marked = UNRECORDED if lacks else None
    return h("option", {"value": str(layer), "selected": is_chosen, "class": marked}, label)
