"""The head of every page: the name, the subject, the depth; where one can go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.state import DECODE, GENERATE, card_of
from seethrough.core.language import MADE_UP
from seethrough.core.messages import LANGUAGES, text
from seethrough.core.routes import GALLERY, LESSON, MAP, OWN, SLOW, TRAIN, Route, address_of
from seethrough.view import depth
from seethrough.view.node import Node, h, to_html
from seethrough.view.words import say, subject_name

if TYPE_CHECKING:
    from seethrough.app.state import AppState

LINKS = (GENERATE, DECODE, GALLERY, "walk", "block", "all", MAP, TRAIN)
THEMES = ("system", "light", "dark")
# The languages to choose from; the two made of English are for tests, by address.
OFFERED = tuple(name for name in LANGUAGES if name not in MADE_UP)


def render(state: AppState) -> str:
    """The name, what is walked through, how much of it is told; elsewhere where one can go."""
    where = views(state) if state.tour is None else subject_menu(state)
    if state.route.view == SLOW:
        where = room(state)
    return to_html(brand(state), where, depth.switch(state))


def room(state: AppState) -> Node:
    """From the slow motion of a step to the run that it is of; the other views are in the menu."""
    link = {"class": "tool slow-room", "href": address_of(Route(LESSON))}
    return h("a", link, say(state, "slow.room"))


def brand(state: AppState) -> Node:
    """The mark and the name; they lead home."""
    is_here = "page" if state.route.view == "home" else None
    link = {"class": "brand", "href": address_of(Route()), "aria-current": is_here}
    return h("a", link, mark(), h("span", {}, say(state, "page.title")))


def mark() -> Node:
    """The sign of the page: what each token looks at."""
    cells = [
        h("rect", {"x": x, "y": y, "width": 5, "height": 5, "opacity": shade})
        for x, y, shade in (
            (1, 1, 1),
            (1, 8, 0.55),
            (8, 8, 1),
            (1, 15, 0.3),
            (8, 15, 0.7),
            (15, 15, 1),
        )
    ]
    size = {"viewBox": "0 0 21 21", "width": "21", "height": "21"}
    return h("svg", {"class": "mark", **size, "aria-hidden": "true"}, cells)


def views(state: AppState) -> Node:
    """The views, the current one marked."""
    names = [name for name in LINKS if name != GALLERY or state.site.gallery]
    items = [h("li", {}, view_link(state, name)) for name in names]
    label = {"class": "is-views", "aria-label": say(state, "header.views")}
    return h("nav", label, h("ul", {"class": "views"}, items))


def view_link(state: AppState, view: str) -> Node:
    """A link to a view; a tour keeps the subject: the same recording, or the reader's prompt."""
    is_here = state.route.view == view
    cards = (*state.site.gallery, *state.site.documents)
    is_card = card_of(cards, state.route.subject) is not None
    keeps = state.tour is not None and view not in {MAP, GALLERY, TRAIN} and not is_card
    target = Route(view, state.route.subject if keeps else "")
    return h(
        "a",
        {"href": address_of(target), "aria-current": "page" if is_here else None},
        say(state, f"header.{view}"),
    )


def subject_menu(state: AppState) -> Node:
    """What is walked through, by its name; the other texts fold out."""
    name = subject_name(state, state.route.subject or OWN)
    return h(
        "details",
        {"class": "menu", "id": "subjects"},
        h("summary", {"class": "tool"}, h("span", {"class": "menu-name"}, name)),
        h("div", {"class": "sheet"}, subjects(state)),
    )


def subjects(state: AppState) -> Node:
    """The recorded prompts, and the reader's own."""
    is_reading = state.route.view == TRAIN
    cards = state.site.documents if is_reading else state.site.recordings
    names = [card.subject for card in cards]
    links = [h("li", {}, subject(state, name)) for name in [*names, OWN]]
    return h(
        "nav", {"class": "subjects", "aria-label": say(state, "walk.subjects")}, h("ul", {}, links)
    )


def subject(state: AppState, name: str) -> Node:
    """A link to the same view and step of another prompt."""
    is_here = name == state.route.subject
    target = address_of(replace(state.route, subject=name))
    attributes = {"class": "tool", "href": target, "aria-current": "true" if is_here else None}
    return h("a", attributes, subject_name(state, name))


def theme(state: AppState) -> Node:
    """Light, dark, or as the device has it."""
    options = [
        h(
            "option",
            {"value": name, "selected": name == state.chrome.theme},
            say(state, f"theme.{name}"),
        )
        for name in THEMES
    ]
    return choice(say(state, "header.theme"), "set-theme", options)


def language(state: AppState) -> Node | None:
    """The languages of this build, each by its own name; nothing while there is only one."""
    if len(OFFERED) == 1:
        return None
    options = [
        h(
            "option",
            {"value": name, "selected": name == state.language},
            text("language.name", name),
        )
        for name in OFFERED
    ]
    return choice(say(state, "header.language"), "set-language", options)


def choice(label: str, action: str, options: list[Node]) -> Node:
    """A labelled list."""
    return h(
        "label",
        {"class": "picker"},
        h("span", {}, label),
        h("select", {"data-action": action}, options),
    )
