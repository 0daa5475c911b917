"""The frame of the room: what happens here, what is chosen, the curve, what the model writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import TRAIN, Route, address_of
from seethrough.view.node import Node, h
from seethrough.view.words import page_title, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot


def first(state: AppState) -> Node:
    """The way to where one guess is looked at."""
    link = h("a", {"href": address_of(Route(TRAIN))}, say(state, "title.train"))
    return h("span", {}, rich(state, "train.first", link=link))


def frame(state: AppState, slot: Slot) -> list[Node]:
    """From top to bottom; on a wide screen the texts stand beside the curve."""
    return [
        page_title(state, "lesson.title"),
        h("p", {"class": "page-lead"}, rich(state, "train.lead"), " ", first(state)),
        slot("lesson-plan"),
        slot("lesson-steers"),
        h("div", {"class": "lesson-body"}, slot("lesson-curve"), slot("lesson-written")),
    ]
