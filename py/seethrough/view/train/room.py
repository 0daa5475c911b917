"""The frame of the room: what happens here, what is chosen, the curve, what the model writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.words import page_title, rich

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot


def frame(state: AppState, slot: Slot) -> list[Node]:
    """From top to bottom; on a wide screen the texts stand beside the curve."""
    return [
        page_title(state, "lesson.title"),
        h("p", {"class": "page-lead"}, rich(state, "train.lead")),
        slot("lesson-plan"),
        slot("lesson-steers"),
        h("div", {"class": "lesson-body"}, slot("lesson-curve"), slot("lesson-written")),
    ]
