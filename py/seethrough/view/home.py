"""The first page: one real prediction, then the ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import (
    FAILED,
    LOADING,
    OPEN,
    REMOTE,
    STORED,
    first_model,
    model_state,
    price_bytes,
)
from seethrough.core.routes import GALLERY, MAP, OWN, Route, address_of
from seethrough.view import guess, line, living, ready, self_check, transport
from seethrough.view.moments import moments_of
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, megabytes
from seethrough.view.price import allow_button
from seethrough.view.words import (
    action_button,
    model_name,
    page_title,
    rich,
    say,
    subject_name,
)

if TYPE_CHECKING:
    from seethrough.app.state import AppState, RecordingCard
    from seethrough.core.guesses import Question
    from seethrough.view.node import Attributes, Child, Slot

FIELDS = ("route", "model", "film", "prompt", *guess.STATE, *living.FIELDS)
SPINE_FIELDS = (*line.FIELDS, "stage")
FILM_FIELDS = (*FIELDS, "source", "models", "stage")
# Which sentence tells of the default model's price, by where it is.
PRICE = {
    REMOTE: "remote",
    FAILED: "remote",
    LOADING: "loading",
    STORED: "stored",
    OPEN: "stored",
}


def frame(state: AppState, slot: Slot) -> list[Node]:
    """What this is, a real prediction, the recorded walks, the views."""
    names = [
        *(tour.view for tour in state.site.tours),
        *([GALLERY] if state.site.gallery else []),
        MAP,
    ]
    return [
        h(
            "div",
            {"class": "hero"},
            h("div", {"class": "hero-words"}, *words(state)),
            h(
                "div",
                {"class": "hero-plate", "role": "group", "aria-label": say(state, "home.picture")},
                slot("living-line"),
                slot("hero"),
                slot("living"),
            ),
            h("div", {"class": "hero-ways"}, ways(state), slot("price")),
        ),
        *walks(state),
        h("h2", {"class": "section-title"}, say(state, "home.views")),
        h(
            "ul",
            {"class": "cards"},
            [h("li", {}, view_card(state, name)) for name in names],
        ),
    ]


def walks(state: AppState) -> list[Node]:
    """The recorded walks; a build need not have any."""
    if not state.site.recordings:
        return []
    cards = [h("li", {}, card(state, item)) for item in state.site.recordings]
    title = h("h2", {"class": "section-title"}, say(state, "home.walks"))
    return [title, h("ul", {"class": "cards"}, cards)]


def words(state: AppState) -> list[Node]:
    """The title, and what is different here."""
    return [
        page_title(state, "home.title"),
        h("p", {"class": "tagline"}, say(state, "home.tagline")),
    ]


def ways(state: AppState) -> Node:
    """The ways in: alone, before a class, with a text of one's own."""
    first = state.site.recordings[0].subject if state.site.recordings else OWN
    return h(
        "p",
        {"class": "ways"},
        h(
            "a",
            {"class": "button is-primary", "href": address_of(Route("walk", first))},
            say(state, "home.start"),
        ),
        h(
            "button",
            {
                "type": "button",
                "class": "button",
                "data-action": "present-walk",
                "data-address": address_of(Route("walk", first)),
            },
            say(state, "home.present"),
        ),
        h(
            "a",
            {"class": "button", "href": address_of(Route("walk", OWN))},
            say(state, "home.own"),
        ),
    )


def price(state: AppState) -> str:
    """What a text of one's own costs, or that it is here; what works offline, and the way to it."""
    card = first_model(state.site)
    if card is None:
        return to_html(h("p", {"class": "note"}, say(state, "about.private")))
    if state.site.is_recordings_only:
        only = h("p", {"class": "note"}, say(state, "home.price.only"), " ", allow_button(state))
        return to_html(only, ready.line(state))
    size = price_bytes(state.site, card.id)
    where = PRICE[model_state(state.site, card.id)] if size else "stored"
    told = say(state, f"home.price.{where}", model=card.title, size=megabytes(state, size))
    free = [say(state, "home.walks_free"), " "] if state.site.recordings else []
    note = h("p", {"class": "note"}, *free, told)
    return to_html(note, ready.line(state), self_check.line(state))


def hero(state: AppState) -> str:
    """The text and what was written behind it; first what the reader expects, where it is asked."""
    if not state.run.top or not state.run.tokens:
        return ""
    question = guess.open_question(state)
    shown = living.text(state, is_asked=question is not None)
    if question is not None:
        return to_html(h("div", {"class": "is-asking"}, shown, *asked(state, question)))
    came = guess.verdict(state)
    return to_html(shown, h("p", {"class": "guess-told", "role": "status"}, came) if came else "")


def asked(state: AppState, question: Question) -> list[Child]:
    """What comes next?"""
    words = h("p", {"class": "guess-ask"}, rich(state, "guess.next.ask"))
    return [words, *guess.answers(state, question)]


def film(state: AppState) -> str:
    """What the model says, a sentence of it, and what plays the film; nothing during a question."""
    if not state.run.top or not state.run.tokens or guess.open_question(state) is not None:
        return ""
    sentences, at = moments_of(state), state.chrome.stage.moment
    told = sentences[at] if at is not None and at < len(sentences) else caption(state)
    return to_html(
        h("div", {"class": "living-plate"}, living.plate(state, at)),
        h("p", {"class": "note living-caption"}, told),
        controls(state, len(sentences)) if sentences else "",
    )


def controls(state: AppState, n_moments: int) -> Node:
    """Play or pause, and the moments as a slider."""
    name = "pause" if state.chrome.stage.is_playing else "play"
    more: Attributes = {"class": "button is-play", "data-heir": True}
    button = action_button(state, name, f"home.film.{name}", more)
    return h("div", {"class": "living-controls"}, button, transport.scrubber(state, n_moments))


def caption(state: AppState) -> list[Node | str]:
    """Whose numbers these are."""
    size = count(state, state.run.config.d_vocab) if state.run.config else ""
    key = "home.caption" if state.run.source == "recorded" else "home.caption_live"
    return rich(state, key, model=h("b", {}, model_name(state)), d_vocab=size)


def card(state: AppState, item: RecordingCard) -> Node:
    """A recorded walk: its prompt as it is, and how long it is."""
    name = subject_name(state, item.subject)
    return h(
        "a",
        {"class": "card", "href": address_of(Route("walk", item.subject))},
        h("h3", {}, name),
        h("bdi", {"class": "card-prompt"}, item.prompt),
        h("p", {"class": "note"}, facts(state, item)),
    )


def facts(state: AppState, item: RecordingCard) -> str:
    """Tokens, and whether the prompt went through the chat template."""
    key = "home.facts_chat" if item.chat else "home.facts"
    return say(state, key, n_tokens=count(state, item.n_tokens))


def view_card(state: AppState, view: str) -> Node:
    """A view in two lines."""
    return h(
        "a",
        {"class": "card", "href": address_of(Route(view))},
        h("h3", {}, say(state, f"header.{view}")),
        h("p", {}, say(state, f"home.{view}")),
    )
