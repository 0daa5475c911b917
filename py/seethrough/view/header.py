"""The head of every page: the name, where one can go, theme and language, help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.language import MADE_UP
from seethrough.core.messages import LANGUAGES, text
from seethrough.core.routes import Route, address_of
from seethrough.view import depth
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

LINKS = ("walk", "block", "map", "all")
PAGES = ("glossary", "about")
THEMES = ("system", "light", "dark")
# The languages to choose from; the two made of English are for tests, by address.
OFFERED = tuple(name for name in LANGUAGES if name not in MADE_UP)


def render(state: AppState) -> str:
    """The name, the views, the settings, help and about."""
    return to_html(brand(state), views(state), depth.switch(state), tools(state))


def brand(state: AppState) -> Node:
    """The mark and the name; they lead home."""
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
    mark = h("svg", {"class": "mark", **size, "aria-hidden": "true"}, cells)
    is_here = "page" if state.route.view == "home" else None
    link = {"class": "brand", "href": address_of(Route()), "aria-current": is_here}
    return h("a", link, mark, h("span", {}, say(state, "page.title")))


def views(state: AppState) -> Node:
    """The views, the current one marked."""
    items = [h("li", {}, view_link(state, name)) for name in LINKS]
    return h("nav", {"aria-label": say(state, "header.views")}, h("ul", {"class": "views"}, items))


def view_link(state: AppState, view: str) -> Node:
    """A link to a view that keeps the subject: the same recording, or the reader's prompt."""
    is_here = state.route.view == view
    subject = state.route.subject if state.tour is not None else ""
    target = Route(view, subject if view != "map" else "")
    return h(
        "a",
        {"href": address_of(target), "aria-current": "page" if is_here else None},
        say(state, f"header.{view}"),
    )


def tools(state: AppState) -> Node:
    """Settings in a fold-out, the help on keys, and what this page is."""
    return h(
        "div",
        {"class": "tools"},
        h(
            "details",
            {"class": "menu", "id": "settings"},
            h("summary", {"class": "tool"}, say(state, "header.settings")),
            h("div", {"class": "sheet"}, theme(state), language(state)),
        ),
        action_button(state, "shortcuts", "header.keys", {"class": "tool"}),
        [page_link(state, name) for name in PAGES],
    )


def page_link(state: AppState, view: str) -> Node:
    """A link to a page of words."""
    is_here = "page" if state.route.view == view else None
    link: Attributes = {"class": "tool", "href": address_of(Route(view)), "aria-current": is_here}
    return h("a", link, say(state, f"header.{view}"))


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
