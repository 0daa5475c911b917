"""Pages of words: an address that leads nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import Route, address_of
from seethrough.view.node import Node, h
from seethrough.view.words import page_title, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot


def render_unknown(state: AppState, _slot: Slot) -> list[Node]:
    """No such page, in words, with the address that was asked for."""
    asked = h("code", {}, h("bdi", {}, address_of(state.route)))
    return [
        page_title(state, "missing.title"),
        h("p", {"class": "page-lead"}, rich(state, "missing.lead", address=asked)),
        ways(state),
    ]


def ways(state: AppState) -> Node:
    """On to what there is."""
    return h(
        "p",
        {"class": "ways"},
        h("a", {"class": "button is-primary", "href": address_of(Route())}, say(state, "go.home")),
        h("a", {"class": "button", "href": address_of(Route("walk"))}, say(state, "go.walk")),
    )
