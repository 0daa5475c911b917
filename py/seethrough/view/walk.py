"""The walk: one step at a time, from the text to the next token."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.routes import OWN, address_of
from seethrough.view import prompt
from seethrough.view.node import Node, h
from seethrough.view.words import page_title, say, subject_name

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot


def frame(state: AppState, slot: Slot) -> list[Node | str]:
    """The subjects, the spine of steps, the step's picture, the way back and on."""
    shown = state.step
    if shown is None:
        return []
    step = shown.name
    has_form = state.route.subject == OWN
    return [
        h(
            "div",
            {"class": "page-head"},
            subjects(state),
            slot("source"),
            own_text(state, step) if has_form else "",
        ),
        spine(state),
        h("div", {"class": "title-row"}, page_title(state, f"step.{step}"), slot("tools")),
        h(
            "div",
            {"class": "walk-body"},
            h("section", {"class": f"plate-of is-{step}"}, slot(shown.place_at(state.depth))),
            h("aside", {"class": "beside"}, slot("sum"), slot("stack")),
        ),
        slot("peek"),
        h("div", {"class": "visually-hidden", "role": "status"}, slot("sum-spoken")),
        slot("code"),
    ]


def own_text(state: AppState, step: str) -> Node:
    """The prompt's form; behind the first step it folds away, so that the picture has the room."""
    form = prompt.form(state, has_sampling=False)
    is_first = state.tour is not None and step == state.tour.first
    is_open = is_first or not state.run.tokens
    name = "own-text" if is_open else "own-text-folded"  # a choice of the reader's stays with each
    return h(
        "details",
        {"class": "own-text", "id": name, "open": is_open},
        h("summary", {}, say(state, "walk.own_text")),
        form,
    )


def subjects(state: AppState) -> Node:
    """What is walked through: a recorded prompt, or the reader's own."""
    names = [card.subject for card in state.site.recordings]
    links = [h("li", {}, subject(state, name)) for name in [*names, OWN]]
    label = say(state, "walk.subjects")
    return h("nav", {"class": "subjects follows", "aria-label": label}, h("ul", {}, links))


def subject(state: AppState, name: str) -> Node:
    """A link to the same view and step of another prompt."""
    is_here = name == state.route.subject
    target = address_of(replace(state.route, subject=name))
    attributes = {"class": "pill", "href": target, "aria-current": "true" if is_here else None}
    return h("a", attributes, subject_name(state, name))


def spine(state: AppState) -> Node:
    """All steps in their order; any can be chosen."""
    names, step = (state.tour.names, state.step) if state.tour else ((), None)
    items = [h("li", {}, joint(state, name, step.name if step else "")) for name in names]
    return h(
        "nav",
        {"class": "spine follows", "aria-label": say(state, "walk.steps")},
        h("ol", {}, items),
    )


def joint(state: AppState, name: str, current: str) -> Node:
    """One step of the spine: its number and name."""
    number = state.tour.number(name) if state.tour else 0
    return h(
        "a",
        {
            "href": address_of(replace(state.route, step=name)),
            "aria-current": "step" if name == current else None,
        },
        h("span", {"class": "joint", "aria-hidden": "true"}, str(number)),
        h("span", {}, say(state, f"step.{name}.short")),
    )
