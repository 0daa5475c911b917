"""The page of one input with everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view import prompt
from seethrough.view.node import Node, h
from seethrough.view.words import page_title, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot

EVERYTHING = ("tokens", "top", "continuation", "residual", "attention")


def everything(state: AppState, slot: Slot) -> list[Node]:
    """The prompt and all panels on one page."""
    return [
        page_title(state, "all.title"),
        h("p", {"class": "page-lead"}, rich(state, "page.prompt.lead")),
        h("div", {"class": "page-head"}, slot("source")),
        prompt.form(state, has_sampling=True, cost=slot("cost")),
        h("div", {"class": "panels"}, [panel(state, name, slot) for name in EVERYTHING]),
        *traced(slot),
    ]


def traced(slot: Slot) -> list[Node]:
    """Where the sum behind a number stands, and what is said of it."""
    return [
        slot("sum"),
        slot("peek"),
        h("div", {"class": "visually-hidden", "role": "status"}, slot("sum-spoken")),
    ]


def panel(state: AppState, name: str, slot: Slot) -> Node:
    """One panel with its frame."""
    attributes = {"id": f"panel-{name}", "class": "panel"}
    label = {"aria-label": say(state, f"page.{name}.title")}
    return h("section", {**attributes, **label}, slot(name))
