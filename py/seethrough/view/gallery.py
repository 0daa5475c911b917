"""The prompt gallery: prompts that each show one thing about language models, a card each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import GENERATE, card_of
from seethrough.core.routes import Place, Route, address_of, address_of_place
from seethrough.view.ideas.grown import tint
from seethrough.view.ideas.plain import plain
from seethrough.view.node import Child, Node, h
from seethrough.view.words import page_title, rich, say, subject_name

if TYPE_CHECKING:
    from seethrough.app.state import AppState, RecordingCard, Scene
    from seethrough.view.node import Slot

# The recorded walk that is a card, too: it alone has the whole model.
WHOLE = "cat"
STEP = "simple"
# So many tokens are told before a card is fetched; a text that has fewer ends there.
N_FIRST = 10


def frame(state: AppState, _slot: Slot) -> list[Node]:
    """What the cards are, then the cards; where a build has none, that is said."""
    items = cards(state)
    if not items:
        return [page_title(state, "gallery.title"), h("p", {}, say(state, "gallery.none"))]
    shown = [h("li", {}, card(state, item)) for item in items]
    return [
        page_title(state, "gallery.title"),
        h("p", {"class": "page-lead"}, rich(state, "gallery.lead")),
        h("p", {"class": "note"}, say(state, "gallery.tint")),
        h("ul", {"class": "cards gallery-cards"}, shown),
    ]


def cards(scene: AppState) -> tuple[RecordingCard, ...]:
    """The cards of this build, and the walk that is one."""
    whole = card_of(scene.site.recordings, WHOLE) if scene.site.gallery else None
    return (*scene.site.gallery, *([whole] if whole is not None else []))


def card(state: AppState, item: RecordingCard) -> Node:
    """A prompt, how the model goes on with it, what to look for."""
    return h(
        "a",
        {"class": "card", "href": address(item.subject, item.opens_at)},
        h("h2", {}, subject_name(state, item.subject)),
        h(
            "p",
            {"class": "gallery-text"},
            h("bdi", {"class": "card-prompt"}, item.prompt),
            first(item),
        ),
        h("p", {}, rich_look(state, item.id)),
    )


def first(item: RecordingCard) -> list[Child]:
    """The first new tokens, each the darker the surer the model was; then what follows them."""
    tokens: list[Child] = [
        h("bdi", {"class": f"gallery-new {tint(prob)}"}, read(visible))
        for visible, prob in item.first
    ]
    return [" → ", *spaced(tokens), " …" if len(tokens) == N_FIRST else ""] if tokens else []


def read(visible: str) -> str:
    """A token as it reads: its space is a space."""
    return f" {plain(visible)}" if visible.startswith("·") else plain(visible)


def spaced(tokens: list[Child]) -> list[Child]:
    """Tokens that a line may end between."""
    return [part for token in tokens for part in (token, "\u200b")]


def rich_look(scene: Scene, name: str) -> list[Node | str]:
    """What to look for at a card."""
    return rich(scene, f"gallery.{name}.look")


def address(subject: str, temperature: float) -> str:
    """The room with a card at one of its temperatures."""
    route = Route(GENERATE, subject, STEP)
    return address_of_place(Place(route, settings={"temperature": temperature}))


def link(state: AppState) -> str:
    """The gallery's own address; empty where this build has none."""
    return address_of(Route("gallery")) if state.site.gallery else ""
