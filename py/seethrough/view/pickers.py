"""Controls that several pictures share: which layer, which head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
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


def layer_picker(state: AppState) -> Node:
    """A list of the layers; changing it is the action."""
    chosen = layer_of(state)
    options = [
        h("option", {"value": str(layer), "selected": layer == chosen}, str(layer))
        for layer in range(n_layers(state))
    ]
    return h(
        "label",
        {"class": "picker"},
        h("span", {}, say(state, "view.layer")),
        h("select", {"data-action": "select-layer"}, options),
    )
