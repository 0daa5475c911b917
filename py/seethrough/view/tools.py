"""What a reader can take along from a step, and the way to show it to a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import h, to_html
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

KINDS = ("png", "svg", "csv", "json")


def render(state: AppState) -> str:
    """Copy the link, save picture or data, present; nothing outside the walk."""
    if state.step is None:
        return ""
    kinds = [
        h(
            "li",
            {},
            action_button(state, "save", f"tools.{kind}", {"class": "tool", "data-kind": kind}),
        )
        for kind in KINDS
    ]
    saves = h(
        "details",
        {"class": "menu", "id": "save-menu"},
        h("summary", {"class": "tool"}, say(state, "tools.save")),
        h("ul", {"class": "sheet"}, kinds),
    )
    presents = "tools.leave" if state.chrome.is_presenting else "tools.present"
    return to_html(
        action_button(state, "copy-link", "tools.copy", {"class": "tool"}),
        saves,
        action_button(state, "present", presents, {"class": "tool"}),
    )
