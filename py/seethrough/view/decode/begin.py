"""The button that lets the model work in the lab: it tells what a first run fetches, and stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Attributes, Node, h
from seethrough.view.price import priced
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene


def begin_button(scene: Scene, action: str, name: str) -> Node:
    """Begin, or stop what goes on.

    Args:
        name: Of its sentences, `decode.<name>.begin` and `decode.<name>.begin_for`.
    """
    if scene.busy == "generate":
        return action_button(scene, "stop", "loop.stop", {"data-heir": True})
    more: Attributes = {
        "type": "button",
        "class": "button is-primary",
        "data-action": action,
        "data-heir": True,
        "disabled": scene.busy not in {"", "load"},
    }
    words = priced(
        scene,
        say(scene, f"decode.{name}.begin"),
        lambda size: say(scene, f"decode.{name}.begin_for", size=size),
    )
    return h("button", more, words)
