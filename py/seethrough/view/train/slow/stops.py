"""The line of the places, as the walk's has its steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.routes import STAGES, address_of, stage_of
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState


def render(state: AppState) -> str:
    """All places in their order; any can be chosen."""
    here = stage_of(state.route)
    stops = [
        h("li", {}, stop(state, name, at, is_here=name == here)) for at, name in enumerate(STAGES)
    ]
    return to_html(h("ol", {}, stops))


def stop(state: AppState, name: str, at: int, *, is_here: bool) -> Node:
    """One place: its number and name."""
    link: Attributes = {
        "href": address_of(replace(state.route, step=name)),
        "aria-current": "step" if is_here else None,
    }
    number = h("span", {"class": "joint", "aria-hidden": "true"}, str(at + 1))
    return h("a", link, number, h("span", {}, say(state, f"slow.line.{name}")))
