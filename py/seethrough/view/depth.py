"""The switch between the depths of the walk: its idea, its numbers, its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.depth import DEPTHS
from seethrough.core.routes import SLOW
from seethrough.view.node import Node, h
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState


def switch(state: AppState) -> Node | str:
    """One button a depth, the present one pressed; nothing where no step is shown."""
    steps = state.tour.steps if state.tour is not None else ()
    has_depths = any(step.has_depths for step in steps) and state.step is not None
    if not has_depths and state.route.view != SLOW:
        return ""
    buttons = [button(state, depth) for depth in DEPTHS]
    label = say(state, "depth.label")
    return h("div", {"class": "depths", "role": "group", "aria-label": label}, buttons)


def button(state: AppState, depth: str) -> Node:
    """A depth by its name."""
    attributes = {
        "type": "button",
        "class": "depth",
        "data-action": "set-depth",
        "data-depth": depth,
        "aria-pressed": "true" if depth == state.depth else "false",
        "title": say(state, f"depth.{depth}.told"),
    }
    return h("button", attributes, say(state, f"depth.{depth}"))
