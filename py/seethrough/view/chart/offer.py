"""Why something of the rows is not there, what a box may have meant, and what can be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import LOADING, NEEDS_MODEL, model_state, price_bytes
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import megabytes
from seethrough.view.price import allow_button
from seethrough.view.words import say, say_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState, Message

# What the offer of a model looks at.
FIELDS = ("chart_model", "models", "engine", "stored", "offline", "is_recordings_only")


def lack(state: AppState, told: Message | None) -> list[Node]:
    """Why there is nothing; where the model is needed, the button that opens it, with its size."""
    if told is None:
        return [h("p", {"role": "status"}, say(state, "rows.coming"))]
    said = h("p", {"role": "status"}, say_message(state, told))
    return [said, *opening(state)] if told.key == NEEDS_MODEL else [said]


def opening(state: AppState) -> list[Node]:
    """The button that opens the map's model; what stands there while it comes."""
    site, model = state.site, state.chart.chart_model
    card = next((card for card in site.models if card.id == model), None)
    if card is None:
        return []
    if model_state(site, model) == LOADING:
        return [h("p", {"class": "note"}, say(state, "rows.model_comes", model=card.title))]
    if site.is_recordings_only:
        return [h("p", {"class": "note"}, say(state, "ready.only_here"), " ", allow_button(state))]
    size = price_bytes(site, model)
    words = (
        say(state, "rows.open_for", model=card.title, size=megabytes(state, size))
        if size
        else say(state, "rows.open", model=card.title)
    )
    more: Attributes = {"type": "button", "class": "button", "data-action": "download"}
    return [h("p", {}, h("button", {**more, "data-model": model}, words))]


def meant(state: AppState, boxes: Sequence[str], held: Sequence[int | None]) -> list[Node]:
    """The tokens that the box which was typed in last may mean, the one that it holds pressed."""
    atlas, (box, found) = state.chart.atlas, state.by_rows.box_found
    if atlas is None or box not in boxes:
        return []
    if not found:
        return [h("p", {"class": "note", "role": "status"}, say(state, "rows.box.nothing"))]
    if len(found) == 1:
        return []
    now, buttons = held[list(boxes).index(box)], []
    for token in found:
        more: Attributes = {"type": "button", "class": "chart-token", "data-action": "rows-take"}
        is_on = "true" if token == now else "false"
        told = {**more, "data-box": box, "data-token": str(token), "aria-pressed": is_on}
        buttons.append(h("li", {}, h("button", told, h("bdi", {}, atlas.visible(token)))))
    words = say(state, "rows.box.meant")
    listed = h("ul", {"class": "chart-list", "aria-label": words}, buttons)
    return [h("p", {"class": "note rows-known"}, words), listed]


def known(words: str, buttons: Sequence[Node]) -> list[Node]:
    """A few things to try."""
    if not buttons:
        return []
    listed = h(
        "ul", {"class": "chart-list", "aria-label": words}, [h("li", {}, one) for one in buttons]
    )
    return [h("p", {"class": "note rows-known"}, words), listed]
