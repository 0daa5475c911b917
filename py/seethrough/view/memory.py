"""How the open model's weights are held: what that costs, what it changes, and the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.modes import ENGINE_BYTES, EXACT, ROUNDING, SMALL
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, percentage
from seethrough.view.words import action_button, engine_card, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState, ModelCard

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
        change(state, other) if other in card.modes else "",
    )


def change(state: AppState, other: str) -> Node:
    """The button for the other mode; it waits for the end of a run."""
    key = "modes.use_exact" if other == EXACT else "modes.use_small"
    is_running = state.site.engine.stage == "running"
    return action_button(state, "mode", key, {"data-mode": other, "disabled": is_running})


def limit(state: AppState, card: ModelCard) -> Node | str:
    """Why a model is held in the small mode alone; nothing where there is a choice."""
    if EXACT in card.modes:
        return ""
    size, most = megabytes_of(state, card.mode_bytes[EXACT]), megabytes_of(state, ENGINE_BYTES)
    return h("p", {"class": "note"}, say(state, "modes.only_small", size=size, most=most))


def words(state: AppState, mode: str, size_bytes: int) -> str:
    """What the mode costs, and by how much its numbers may differ from the other's."""
    size = megabytes_of(state, size_bytes)
    if mode == EXACT:
        return say(state, "modes.exact", size=size)
    bound = percentage(state, f"{ROUNDING * 100:.3f}")
    return say(state, "modes.small", size=size, bound=bound)


def megabytes_of(state: AppState, size_bytes: int) -> str:
    """A size in tens of MB: an estimate has no more digits."""
    return say(state, "view.megabytes", value=count(state, round(size_bytes / TEN_MB) * 10))
