"""The walk: one step at a time, from the text to the next token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.depth import IDEA
from seethrough.core.routes import OWN
from seethrough.view import line, prompt
from seethrough.view.node import Node, h
from seethrough.view.words import heading, say, step_title

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot


def frame(state: AppState, slot: Slot) -> list[Node | str]:
    """The title, the way back and on, the line of the model, the step's picture.

    What leads on comes before what it leads away from: few stops of the Tab key lie between.
    """
    shown = state.step
    if shown is None:
        return []
    step = shown.name
    has_form = state.route.subject == OWN
    return [
        h("div", {"class": "title-row"}, heading(step_title(state)), slot("source")),
        h("div", {"class": "transport"}, slot("transport")),
        line.place(state, slot),
        own_text(state, slot, step) if has_form else "",
        h(
            "div",
            {"class": "walk-body"},
            h("section", {"class": f"plate-of is-{step}"}, slot(shown.place_at(state.depth))),
            h("aside", {"class": "beside"}, slot("sum")),
        ),
        slot("why"),
        slot("guess"),
        slot("peek"),
        h("div", {"class": "visually-hidden", "role": "status"}, slot("sum-spoken")),
        "" if state.depth == IDEA else slot("stack"),
        slot("code"),
    ]


def own_text(state: AppState, slot: Slot, step: str) -> Node:
    """The prompt's form; behind the first step it folds away, so that the picture has the room."""
    form = prompt.form(state, has_sampling=False, cost=slot("cost"))
    is_first = state.tour is not None and step == state.tour.first
    is_open = is_first or not state.run.tokens
    name = "own-text" if is_open else "own-text-folded"  # a choice of the reader's stays with each
    return h(
        "details",
        {"class": "own-text", "id": name, "open": is_open},
        h("summary", {}, say(state, "walk.own_text")),
        form,
    )
