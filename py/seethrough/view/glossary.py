"""The glossary: a card for one term, and the page of all of them with its search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import BLOCK, WALK
from seethrough.core.depth import IDEA
from seethrough.core.messages import catalogue
from seethrough.core.routes import LESSON, OWN, TRAIN, Route, address_of
from seethrough.view.glossary_places import PLACES
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.words import action_button, page_title, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Child, Slot

FIELDS = ("language", "term", "config", "tokens", "route", "depth", "recordings")
SEARCH = "terms-search"


def render(state: AppState) -> str:
    """The card of the open term; nothing where none is."""
    term = state.chrome.term
    if term not in PLACES:
        return ""
    ways = h(
        "p",
        {"class": "ways"},
        *([] if is_here(state, term) else [h("span", {}, say(state, "terms.see"))]),
        *([] if is_here(state, term) else [place_link(state, term)]),
        h("a", {"class": "button", "href": address_of(Route("glossary"))}, say(state, "terms.all")),
        action_button(state, "close-term", "terms.close"),
    )
    name = h("h2", {"id": "term-name", "class": "term-name"}, say(state, f"glossary.{term}.name"))
    return to_html(name, h("div", {"id": "term-told"}, told(state, term)), ways)


def told(state: AppState, term: str) -> list[Child]:
    """What a term means; and what it is in the present run, where that is known."""
    meaning = h("p", {}, say(state, f"glossary.{term}.told"))
    here = fields_of(state)
    if here is None or f"glossary.{term}.here" not in catalogue():
        return [meaning]
    return [meaning, h("p", {"class": "note"}, say(state, f"glossary.{term}.here", **here))]


def fields_of(state: AppState) -> dict[str, object] | None:
    """What the sentences on the present run may use; None before there is one."""
    config = state.run.config
    if config is None or not state.run.tokens:
        return None
    return {
        "n_layers": config.n_layers,
        "n_heads": config.n_heads,
        "n_ctx": config.n_ctx,
        "n_tokens": len(state.run.tokens),
        "d_model": count(state, config.d_model),
        "d_head": count(state, config.d_head),
        "d_mlp": count(state, config.d_mlp),
        "d_vocab": count(state, config.d_vocab),
        "last_id": count(state, config.d_vocab - 1),
    }


def is_here(state: AppState, term: str) -> bool:
    """Whether the reader is at the very step where a term is seen."""
    at, place = state.route, PLACES[term]
    return place in {at.view, at.step} if at.view in {WALK, TRAIN, LESSON} else False


def place_link(state: AppState, term: str) -> Node:
    """The way to where a term is seen, as the button that leads on."""
    return see(state, term, {"class": "button is-primary"})


def frame(state: AppState, slot: Slot) -> list[Node]:
    """The page: what it is, the search, the terms."""
    box: Attributes = {
        "type": "search",
        "id": SEARCH,
        "data-live": "seek-term",
        "autocomplete": "off",
        "value": state.chrome.sought,
    }
    return [
        page_title(state, "terms.title"),
        h("p", {"class": "page-lead"}, say(state, "terms.lead")),
        h("label", {"class": "picker"}, h("span", {}, say(state, "terms.search")), h("input", box)),
        slot("terms"),
    ]


def found(state: AppState) -> str:
    """The terms that fit what is searched for, in the order of the language's words."""
    names = {term: say(state, f"glossary.{term}.name") for term in PLACES}
    meant = {term: say(state, f"glossary.{term}.told") for term in PLACES}
    sought = state.chrome.sought.casefold().strip()
    fitting = [term for term in names if sought in f"{names[term]} {meant[term]}".casefold()]
    ordered = sorted(fitting, key=lambda term: names[term].casefold())
    entries = [
        h("div", {}, h("dt", {}, names[term]), h("dd", {}, meant[term], " ", see(state, term)))
        for term in ordered
    ]
    n_found = say(state, "terms.found", n_found=len(ordered))
    return to_html(
        h("p", {"class": "note", "role": "status"}, n_found), h("dl", {"class": "terms"}, entries)
    )


def see(state: AppState, term: str, more: Attributes | None = None) -> Node:
    """A link to where a term is seen, with the present text; else with the first recorded one."""
    step, recorded = PLACES[term], state.site.recordings
    first = recorded[0].subject if recorded else OWN
    subject = state.route.subject if state.tour is not None else first
    if step in {TRAIN, LESSON}:
        link: Attributes = {"href": address_of(Route(step)), **(more or {})}
        return h("a", link, say(state, f"title.{step}"))
    route = Route(BLOCK, subject) if step == BLOCK else Route(WALK, subject, step)
    titled = f"idea.{step}.title" if state.depth == IDEA else f"step.{step}"
    key = "block.title" if step == BLOCK else titled
    return h("a", {"href": address_of(route), **(more or {})}, say(state, key))
