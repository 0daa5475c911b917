"""What running something live costs: bytes and memory, told beside the button that spends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import REMOTE, first_model, model_state, price_bytes
from seethrough.view.memory import megabytes_of
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import megabytes
from seethrough.view.words import action_button, engine_card, rich, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState, ModelCard, Scene, Terms
    from seethrough.view.node import Attributes

FIELDS = (
    "language",
    "models",
    "model",
    "engine",
    "device",
    "stored",
    "offline",
    "is_recordings_only",
)


def priced(scene: Scene, words: str, words_for: Callable[[str], str]) -> str:
    """What stands on a click that runs something here: with the size where it fetches that first.

    Args:
        words_for: The same words with a size in them.
    """
    return words_for(megabytes(scene, scene.live_bytes)) if scene.live_bytes else words


def live_button(scene: Scene, more: Attributes | None = None) -> Node:
    """The click that runs the shown prompt here, with what it fetches first."""
    attributes = {"type": "button", "class": "button", "data-action": "live", **(more or {})}
    words = priced(
        scene, say(scene, "source.run"), lambda size: say(scene, "source.run_for", size=size)
    )
    return h("button", attributes, words)


def of_run(state: AppState) -> str:
    """What Run fetches first, under the form's buttons; nothing where the model is here."""
    if state.site.is_recordings_only and not state.site.engine.mode:
        told = say(state, "ready.only_here")
        return to_html(h("p", {"class": "note"}, told, " ", allow_button(state)))
    card = engine_card(state) or first_model(state.site)
    if card is None or model_state(state.site, card.id) != REMOTE:
        return ""
    size = megabytes(state, price_bytes(state.site, card.id))
    told = say(state, "ready.run_for", model=card.title, size=size, memory=memory_of(state, card))
    agreed = [" ", terms(state, card.terms)] if card.terms else []
    return to_html(h("p", {"class": "note"}, told, *agreed))


def terms(state: AppState, agreed: Terms) -> Node:
    """What who fetches a model agrees to, with the way to its text."""
    link = h("a", {"href": agreed.text}, agreed.title)
    return h("span", {}, rich(state, "view.model.terms", terms=link))


def memory_of(state: AppState, card: ModelCard) -> str:
    """About how much memory the page takes while the model runs as this device holds it."""
    needs = card.mode_bytes
    mode = state.site.device.mode if state.site.device.mode in card.modes else card.modes[0]
    return megabytes_of(state, needs.get(mode, max(needs.values(), default=0)))


def allow_button(state: AppState) -> Node:
    """The end of "recordings only"."""
    return action_button(state, "allow-live", "ready.allow")
