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
from seethrough.core.routes import OWN, Route, address_of
from seethrough.view import guess, ready, top
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, megabytes, probability
from seethrough.view.price import allow_button
from seethrough.view.tokens import N_HUES
from seethrough.view.words import model_name, page_title, rich, say, subject_name, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import AppState, RecordingCard
    from seethrough.core.guesses import Question
    from seethrough.core.tokens import TokenView
    from seethrough.view.node import Slot

FIELDS = ("route", "config", "source", "models", *guess.STATE, "tokens", "top", "model")
N_SHOWN = 5
MOST_TILES = 8
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
    names = [tour.view for tour in state.site.tours]
    return [
        h(
            "div",
            {"class": "hero"},
            h("div", {"class": "hero-words"}, *words(state), slot("price")),
            slot("hero"),
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
    """The title, what is different here, the two ways in."""
    first = state.site.recordings[0].subject if state.site.recordings else OWN
    return [
        page_title(state, "home.title"),
        h("p", {"class": "tagline"}, say(state, "home.tagline")),
        h(
            "p",
            {"class": "ways"},
            h(
                "a",
                {"class": "button is-primary", "href": address_of(Route("walk", first))},
                say(state, "home.start"),
            ),
            h(
                "a",
                {"class": "button", "href": address_of(Route("walk", OWN))},
                say(state, "home.own"),
            ),
        ),
    ]


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
    return to_html(h("p", {"class": "note"}, *free, told), ready.line(state))


def hero(state: AppState) -> str:
    """The recorded prediction; first what the reader expects, where that is asked."""
    question = guess.open_question(state)
    shown = figure(state) if question is None else guessed(state, question)
    return to_html(shown) if isinstance(shown, Node) else shown


def guessed(state: AppState, question: Question) -> Node:
    """The text with its gap, and what could come next."""
    asked = h("p", {"class": "guess-ask"}, rich(state, "guess.next.ask"))
    answers = guess.answers(state, question)
    return h("div", {"class": "hero-plate is-asking"}, prompt_line(state), asked, *answers)


def prompt_line(state: AppState) -> Node:
    """The last tokens of the text, and the place of the next one."""
    first = max(0, len(state.run.tokens) - MOST_TILES)
    shown = list(enumerate(state.run.tokens))[first:]
    line = [h("li", {}, tile(token, index)) for index, token in shown]
    if first:
        line.insert(0, h("li", {"class": "is-quiet"}, say(state, "home.before", n_tokens=first)))
    blank = h("li", {}, h("span", {"class": "tile is-blank"}, say(state, "home.blank")))
    return h("ol", {"class": "tiles"}, line, blank)


def figure(state: AppState) -> Node | str:
    """The recorded prediction that is at hand: the prompt's tokens, then the best next ones."""
    if not state.run.top or not state.run.tokens:
        return h("div", {"class": "hero-plate"})
    rows = [
        h(
            "li",
            {"class": "guess"},
            token_mark(item.visible),
            h("span", {"class": "number"}, probability(state, item.prob)),
            top.bar(item.prob, "bar-fill"),
        )
        for item in state.run.top[:N_SHOWN]
    ]
    axis = top.heading(state, "bar")
    scale = h("li", {"class": "guess", "aria-hidden": "true"}, h("span"), h("span"), axis)
    came = guess.verdict(state)
    told = h("p", {"class": "guess-told", "role": "status"}, came) if came else ""
    return h(
        "figure",
        {"class": "hero-plate"},
        prompt_line(state),
        told,
        h("ol", {"class": "guesses"}, rows, scale),
        h("figcaption", {"class": "note"}, caption(state)),
    )


def tile(token: TokenView, position: int) -> Node:
    """A token of the prompt, with its id."""
    return h(
        "span",
        {"class": f"tile hue-{position % N_HUES}"},
        h("bdi", {"class": "chip-text"}, token.visible),
        h("span", {"class": "chip-note"}, str(token.id)),
    )


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
