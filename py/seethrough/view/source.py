"""Where the shown numbers come from: a recording, or the model in this page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h, to_html
from seethrough.view.price import live_button
from seethrough.view.words import model_name, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

# A load need not be waited for: what is asked for during one begins at its end.
COMPUTING = ("run", "generate")


def render(state: AppState) -> str:
    """One line: recorded or live, and the way to live; nothing before there is anything."""
    if state.run.source == "live":
        return to_html(badge(state, "live"), " ", h("span", {}, say(state, "source.live")))
    if state.run.source != "recorded":
        return ""
    words = h("span", {}, say(state, "source.recorded", model=model_name(state)))
    recorded = state.run.recorded
    # A card of the gallery has a button of its own.
    is_card = recorded is not None and recorded.is_text_alone and not recorded.read
    way = "" if is_card else live(state)
    return to_html(badge(state, "recorded"), " ", words, " ", way)


def badge(state: AppState, kind: str) -> Node:
    """The word that tells which."""
    return h("b", {"class": f"badge is-{kind}"}, say(state, f"source.badge.{kind}"))


def live(state: AppState) -> Node:
    """The click that runs the same prompt here."""
    return live_button(state, {"disabled": state.busy in COMPUTING})
