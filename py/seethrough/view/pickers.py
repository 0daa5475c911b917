"""Controls that several pictures share: which layer, which head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.unrecorded import UNRECORDED, lacks_layer
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState


def n_layers(state: AppState) -> int:
    """How many layers the pictures are about; 0 before anything is known."""
    if state.config is not None:
        return state.config.n_layers
    return 0 if state.picture.resid is None else len(state.picture.resid) - 1


def layer_of(state: AppState) -> int:
    """The chosen layer, inside the model."""
    return min(max(state.picture.layer, 0), max(n_layers(state) - 1, 0))


def layer_picker(state: AppState, *, is_of_patterns: bool = False) -> Node:
    """A list of the layers; changing it is the action.

    Args:
        is_of_patterns: Mark the layers whose attention the shown recording lacks.
    """
    asked = state.picture.asked
    chosen = layer_of(state) if asked is None else asked
    options = [
        option(state, layer, is_chosen=layer == chosen, is_marked=is_of_patterns)
        for layer in range(n_layers(state))
    ]
    return h(
        "label",
        {"class": "picker"},
        h("span", {}, say(state, "view.layer")),
        h("select", {"data-action": "select-layer"}, options),
    )


def option(state: AppState, layer: int, *, is_chosen: bool, is_marked: bool) -> Node:
    """One layer of the list."""
    lacks = is_marked and lacks_layer(state, layer)
    label = say(state, "view.unrecorded.layer", layer=layer) if lacks else str(layer)
    marked = UNRECORDED if lacks else None
    return h("option", {"value": str(layer), "selected": is_chosen, "class": marked}, label)
