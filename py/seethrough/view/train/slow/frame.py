"""The frame of the slow motion: title and depth, the line of its places, the picture, the foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.depth import DEPTHS, IDEA
from seethrough.core.routes import STAGES, stage_of
from seethrough.view import line as spine
from seethrough.view.node import Attributes, Child, Node, flatten, h, to_html
from seethrough.view.numbers import count
from seethrough.view.train.slow import after, back, error, guess, loss, text, update
from seethrough.view.words import action_button, heading, rich, say, say_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep
    from seethrough.view.node import Slot

    Drawn = Callable[[AppState, SlowStep], list[Child]]

FIELDS = (
    *("language", "route", "depth", "slow", "lesson_stage", "lesson_told", "course", "lesson_goal"),
    "unfolded",
)
# The panel at each depth: an idea has larger type.
SLOTS = {depth: "idea-slow" if depth == IDEA else "step-slow" for depth in DEPTHS}
PLACES: Mapping[str, ModuleType] = dict(
    zip(STAGES, (text, guess, loss, error, back, update, after), strict=True)
)


def frame(state: AppState, slot: Slot) -> list[Node | str]:
    """As the walk has it: what leads on comes before what it leads away from."""
    stage = stage_of(state.route)
    return [
        h("div", {"class": "title-row"}, heading(title_of(state))),
        h("div", {"class": "transport"}, slot("transport")),
        spine.place(state, slot),
        h(
            "div",
            {"class": "walk-body"},
            h("section", {"class": f"plate-of is-slow is-slow-{stage}"}, slot(SLOTS[state.depth])),
            h("aside", {"class": "beside"}, slot("slow-sum")),
        ),
        slot("slow-code"),
    ]


def title_of(state: AppState) -> str:
    """What the place is about, in plain words or in those of the trade."""
    kind = "idea" if state.depth == IDEA else "exact"
    return say(state, f"slow.{kind}.{stage_of(state.route)}")


def render(state: AppState) -> str:
    """The picture of the place; where there is no step yet, the way to one."""
    step = state.lesson.slow.step
    if step is None:
        return to_html(*rest(state))
    place = PLACES[stage_of(state.route)]
    draw: Drawn = place.idea if state.depth == IDEA else place.numbers
    return to_html(*flatten(draw(state, step)))


def rest(state: AppState) -> list[Node]:
    """Before a step: a sentence and a button; while the model learns, how far it is."""
    lesson, slow = state.lesson, state.lesson.slow
    lead: Attributes = {"class": "lead idea-lead"}
    told = slow.told or lesson.lesson_told
    parts: list[Node] = []
    if lesson.is_going:
        fields = {
            "done": count(state, lesson.course.n_done),
            "goal": count(state, lesson.lesson_goal),
        }
        parts = [h("p", {**lead, "role": "status"}, rich(state, "slow.going", **fields))]
    elif slow.is_coming or lesson.course.n_done:
        parts = [h("p", {**lead, "role": "status"}, say(state, "slow.coming"))]
    if told is not None:
        parts = [h("p", {"class": "message is-error", "role": "alert"}, say_message(state, told))]
    if told is not None or not parts:
        button = action_button(state, "slow-train", "slow.train", {"class": "button is-primary"})
        parts += [h("p", lead, rich(state, "slow.rest")), h("div", {"class": "buttons"}, button)]
    return parts
