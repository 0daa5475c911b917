"""The frame of a tour in steps: the walk from the text to the next token, the inside of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.depth import CODE, IDEA
from seethrough.core.routes import OWN
from seethrough.view import line, prompt
from seethrough.view.block import second
from seethrough.view.node import Node, h
from seethrough.view.words import heading, say, step_title

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Step, Tour
    from seethrough.view.node import Slot


def frame(state: AppState, slot: Slot) -> list[Node | str]:
    """The title, the way back and on, the line of the steps, what steers them, the step's picture.

    What leads on comes before what it leads away from: few stops of the Tab key lie between. Who
    came for the code has it first, the picture behind it.
    """
    tour, shown = state.tour, state.step
    if tour is None or shown is None:
        return []
    has_form = state.route.subject == OWN
    return [
        h("div", {"class": "title-row"}, heading(title_of(state)), slot("source")),
        h("div", {"class": "transport"}, slot("transport")),
        line.place(state, slot),
        h("div", {"class": "steering"}, slot(tour.above)) if tour.above else "",
        own_text(state, slot, tour) if has_form else "",
        h("div", {"class": "code-first"}, slot("code")) if state.depth == CODE else "",
        h(
            "div",
            {"class": "walk-body"},
            h("section", {"class": f"plate-of is-{shown.name}"}, plate(state, slot, shown)),
            h("aside", {"class": "beside"}, slot("sum")),
        ),
        slot("why"),
        slot("guess"),
        slot("peek"),
        h("div", {"class": "visually-hidden", "role": "status"}, slot("sum-spoken")),
        "" if state.depth == IDEA else slot("stack"),
        "" if state.depth == CODE else slot("code"),
    ]


def plate(state: AppState, slot: Slot, shown: Step) -> list[Node]:
    """The step's picture; where it can stand beside itself, that too, with what steers it."""
    own = slot(shown.place_at(state.depth))
    if shown.pair is None:
        return [own]
    return [slot(second.SLOT), own, slot(second.place_of(shown, state.depth))]


def title_of(state: AppState) -> str:
    """What the step is about; the only step of a tour has the tour's name."""
    return step_title(state) or say(state, f"title.{state.route.view}")


def own_text(state: AppState, slot: Slot, tour: Tour) -> Node:
    """The prompt's form; behind the walk's first step it folds away: the picture has the room."""
    below = h("div", {}, slot("cost"), slot("own-answer"))
    form = prompt.form(state, has_sampling=False, cost=below)
    is_of_text = not tour.above and tour.settled(state.route.step) in {"", tour.first}
    is_open = is_of_text or not state.run.tokens
    name = "own-text" if is_open else "own-text-folded"  # a choice of the reader's stays with each
    return h(
        "details",
        {"class": "own-text", "id": name, "open": is_open},
        h("summary", {}, say(state, "walk.own_text")),
        form,
    )
