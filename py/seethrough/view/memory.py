"""How the open model's weights are held: what that costs, what it changes, and the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.modes import EXACT, ROUNDING, SMALL
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, percentage
from seethrough.view.words import action_button, engine_card, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

# The stages in which a model is open.
OPEN = ("ready", "running")
TEN_MB = 10_000_000


def choice(state: AppState) -> Node | str:
    """The mode that is in use, in words and bytes, and a button for the other one."""
    card = engine_card(state)
    mode = state.site.engine.mode
    if card is None or state.site.engine.stage not in OPEN or SMALL not in card.mode_bytes:
        return ""
    other = EXACT if mode == SMALL else SMALL
    return h(
        "div",
        {"class": "model"},
        h("h3", {}, say(state, "modes.title")),
        h("p", {"class": "note"}, words(state, mode, card.mode_bytes[mode])),
        action_button(
            state,
            "mode",
            "modes.use_exact" if other == EXACT else "modes.use_small",
            {"data-mode": other, "disabled": state.site.engine.stage == "running"},
        ),
    )


def words(state: AppState, mode: str, size_bytes: int) -> str:
    """What the mode costs, and by how much its numbers may differ from the other's."""
    rounded = round(size_bytes / TEN_MB) * 10  # an estimate has no more digits
    size = say(state, "view.megabytes", value=count(state, rounded))
    if mode == EXACT:
        return say(state, "modes.exact", size=size)
    bound = percentage(state, f"{ROUNDING * 100:.3f}")
    return say(state, "modes.small", size=size, bound=bound)
