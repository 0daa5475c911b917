"""What is read, and by which model: three documents or one's own text, three readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import LESSON, OWN, TRAIN, Route, address_of
from seethrough.core.train.course import UNTRAINED
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.words import model_name, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState

FIELDS = ("language", "route", "documents", "model", "models", "own_model", "course", "busy")


def render(state: AppState) -> str:
    """Two rows of choices."""
    return to_html(h("div", {"class": "read-choices"}, texts(state), readers(state)))


def texts(state: AppState) -> Node:
    """The documents of this build, and the reader's own text."""
    names = [(card.subject, card.id) for card in state.site.documents]
    links = [link(state, *name) for name in [*names, (OWN, OWN)]]
    return group(state, "texts", links)


def link(state: AppState, subject: str, name: str) -> Node:
    """A link to a text."""
    is_here = state.route.subject == subject
    attributes: Attributes = {
        "class": "button",
        "href": address_of(Route(TRAIN, subject)),
        "aria-current": "true" if is_here else None,
    }
    return h("a", attributes, say(state, f"read.text.{name}"))


def readers(state: AppState) -> Node:
    """The model that reads, one that has learned nothing yet, the reader's own."""
    lesson = state.lesson
    is_blank = state.run.model.startswith(UNTRAINED)
    is_own = bool(lesson.own_model) and state.run.model == lesson.own_model
    is_pupil = is_blank or is_own
    known = next(iter(state.site.models), None)
    title = known.title if is_pupil and known is not None else model_name(state)
    own: Node = ask(state, "own", is_here=is_own)
    if not lesson.course.n_done:
        room = {"class": "button", "href": address_of(Route(LESSON))}
        own = h("a", room, say(state, "read.own_first"))
    first: Child = h("span", {"class": "read-here"}, title)
    if is_pupil:
        target = address_of(Route(TRAIN, document_of(state)))
        first = h("a", {"class": "button", "href": target}, title)
    untrained = ask(state, UNTRAINED, is_here=is_blank)
    return group(state, "readers", [first, untrained, own])


def document_of(state: AppState) -> str:
    """The document whose beginning is read now, else the first; one's own text without any."""
    given, cards = state.run.given, state.site.documents
    same = (card for card in cards if given and card.prompt.startswith(given[0]))
    card = next(same, next(iter(cards), None))
    return OWN if card is None else card.subject


def ask(state: AppState, name: str, *, is_here: bool) -> Node:
    """A button that lets another model read."""
    attributes: Attributes = {
        "type": "button",
        "class": "button",
        "data-action": "lesson-reader",
        "data-reader": name,
        "aria-pressed": "true" if is_here else "false",
        "disabled": state.busy not in {"", "load"},
    }
    return h("button", attributes, say(state, f"read.{name}"))


def group(state: AppState, name: str, items: Sequence[Child]) -> Node:
    """A row of choices with its name."""
    label = say(state, f"read.{name}")
    named: Attributes = {"class": "read-row-of", "role": "group", "aria-label": label}
    return h("div", named, h("span", {"class": "read-label", "aria-hidden": "true"}, label), items)
