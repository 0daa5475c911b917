"""The documents of the room of training: which one an address names, and the first sight of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.cards import card_of
from seethrough.core.routes import OWN, TRAIN

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.cards import RecordingCard
    from seethrough.app.state import AppState
    from seethrough.core.routes import Route


def document_at(state: AppState, route: Route) -> RecordingCard | None:
    """The document that a route names; None on any other page."""
    return card_of(state.site.documents, route.subject) if route.view == TRAIN else None


def settled_subject(route: Route, state: AppState) -> Route:
    """Training's route with a subject: a document, or the text that runs here, or one's own.

    An address that leaves it open, or names none that is there, means the document that is shown,
    else the first.
    """
    card = document_at(state, route)
    if card is None and route.subject != OWN and state.run.source != "live":
        known = state.site.documents
        shown = (one for one in known if one.is_of(state.run.recorded))
        card = next(shown, next(iter(known), None))
    return replace(route, subject=OWN if card is None else card.subject, step="")


async def show_document(actions: Actions, card: RecordingCard) -> bool:
    """Show a document at the token that it opens at; one that is shown already stays as it is.

    Returns: Whether it is shown now.
    """
    if card.is_of(actions.state.run.recorded) and actions.state.run.read:
        return True
    await actions.show_document(card)
    is_shown = card.is_of(actions.state.run.recorded)
    if is_shown:
        actions.select_position(int(card.opens_at))
    return is_shown
