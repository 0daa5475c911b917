"""Where the shown numbers come from: a recording, or the model in this page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState, ModelCard

# A load need not be waited for: what is asked for during one begins at its end.
COMPUTING = ("run", "generate")


def render(state: AppState) -> str:
    """One line: recorded or live, and the way to live; nothing before there is anything."""
    if state.source == "live":
        return to_html(badge(state, "live"), " ", h("span", {}, say(state, "source.live")))
    if state.source != "recorded":
        return ""
    model = model_of(state)
    name = model.title if model else state.model
    words = h("span", {}, say(state, "source.recorded", model=name))
    return to_html(badge(state, "recorded"), " ", words, " ", live(state))


def badge(state: AppState, kind: str) -> Node:
    """The word that tells which."""
    return h("b", {"class": f"badge is-{kind}"}, say(state, f"source.badge.{kind}"))


def live(state: AppState) -> Node:
    """The click that runs the same prompt here."""
    attributes: Attributes = {"type": "button", "class": "button", "data-action": "live"}
    return h(
        "button", {**attributes, "disabled": state.busy in COMPUTING}, say(state, "source.run")
    )


def model_of(state: AppState) -> ModelCard | None:
    """The model that the shown numbers are of."""
    return next((card for card in state.models if card.id == state.model), None)
