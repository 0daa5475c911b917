"""Pages around one input: everything at once, and the inside of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import OWN
from seethrough.view import line, prompt
from seethrough.view.node import Node, h
from seethrough.view.words import page_title, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot

EVERYTHING = ("tokens", "top", "continuation", "residual", "attention")
BLOCK = ("tokens", "attention")


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


def block(state: AppState, slot: Slot) -> list[Node | str]:
    """One block: which tokens each head of it looks at; then the step's own panel."""
    names = (*BLOCK, *([state.step.place] if state.step else []))
    has_films = state.tour is not None and state.tour.has_films
    return [
        h("div", {"class": "title-row"}, page_title(state, "block.title"), slot("source")),
        h("div", {"class": "transport"}, slot("transport")) if has_films else "",
        line.place(state, slot) if state.tour is not None and len(state.tour.steps) > 1 else "",
        h("p", {"class": "page-lead"}, rich(state, "block.lead")),
        prompt.form(state, has_sampling=False, cost=slot("cost"))
        if state.route.subject == OWN
        else "",
        h("div", {"class": "panels is-single"}, [panel(state, name, slot) for name in names]),
        *traced(slot),
    ]
