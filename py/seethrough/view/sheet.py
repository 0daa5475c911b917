"""Pages around one input: everything at once, and the inside of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import OWN
from seethrough.view import prompt
from seethrough.view.node import Node, h
from seethrough.view.walk import subjects
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState

    Slot = Callable[[AppState, str], Node]

PANELS = ("tokens", "top", "continuation", "residual", "attention")


def everything(state: AppState, slot: Slot) -> list[Node]:
    """The prompt and all panels on one page."""
    return [
        h("h1", {"class": "page-title", "tabindex": "-1"}, say(state, "all.title")),
        h("p", {"class": "page-lead"}, say(state, "page.prompt.lead")),
        h("div", {"class": "page-head"}, subjects(state), slot(state, "source")),
        prompt.form(state, has_sampling=True),
        h("div", {"class": "panels"}, [panel(state, name, slot) for name in PANELS]),
    ]


def panel(state: AppState, name: str, slot: Slot) -> Node:
    """One panel with its frame."""
    attributes = {"id": f"panel-{name}", "class": "panel"}
    label = {"aria-label": say(state, f"page.{name}.title")}
    return h("section", {**attributes, **label}, slot(state, name))


def block(state: AppState, slot: Slot) -> list[Node | str]:
    """One block: which tokens each head of it looks at."""
    return [
        h("h1", {"class": "page-title", "tabindex": "-1"}, say(state, "block.title")),
        h("p", {"class": "page-lead"}, say(state, "block.lead")),
        h("div", {"class": "page-head"}, subjects(state), slot(state, "source")),
        prompt.form(state, has_sampling=False) if state.route.demo == OWN else "",
        h("div", {"class": "panels is-single"}, [panel(state, n, slot) for n in BLOCK]),
    ]


BLOCK = ("tokens", "attention")
