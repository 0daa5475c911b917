"""The foot: which place this is, back and on; at the end ten steps more, or the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import LESSON, STAGES, Route, address_of, stage_beside, stage_of
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState


def render(state: AppState) -> str:
    """The whole bar."""
    at = STAGES.index(stage_of(state.route)) + 1
    words = say(state, "walk.place", step=at, steps=len(STAGES))
    told = h("p", {"class": "caption is-at-rest", "role": "status"}, words)
    return to_html(told, buttons(state))


def buttons(state: AppState) -> Node:
    """Back, and on by the name of where it leads."""
    label = say(state, "walk.transport")
    on = stage_beside(state.route, 1)
    more = [move(state, "step-next", on)] if on is not None else onward(state)
    return h(
        "div",
        {"class": "transport-buttons", "role": "group", "aria-label": label},
        move(state, "step-back", stage_beside(state.route, -1)),
        *more,
    )


def move(state: AppState, action: str, target: Route | None) -> Node:
    """A button to the place beside."""
    is_on = action == "step-next"
    told: Attributes = {
        "type": "button",
        "class": "button is-primary" if is_on else "button",
        "data-action": action,
        "disabled": target is None,
        "data-heir": not is_on,
    }
    words = say(state, f"walk.{action}")
    if target is not None and is_on:
        words = say(state, f"slow.on.{stage_of(target)}")
    return h("button", told, words)


def onward(state: AppState) -> list[Node]:
    """Ten steps more, whose last is shown; or the room, for all of them."""
    is_going = state.lesson.is_going or state.lesson.slow.is_coming
    more: Attributes = {"class": "button is-primary", "disabled": is_going}
    link: Attributes = {"class": "button", "href": address_of(Route(LESSON))}
    return [
        h("a", link, say(state, "slow.on.room")),
        action_button(state, "slow-train", "slow.on.again", more),
    ]
