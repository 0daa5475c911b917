"""The way to show a step to a class, and what else there is, behind one button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import WALK
from seethrough.core.routes import SLOW, Route, address_of
from seethrough.view import guess, header
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

PICTURES, NUMBERS, PAGE = ("png", "svg"), ("csv", "json"), "page"
PAGES = ("glossary", "about")


def render(state: AppState) -> str:
    """Present, where there is something to show; then the menu."""
    is_shown = state.tour is not None or state.route.view == SLOW
    presents = "tools.leave" if state.chrome.is_presenting else "tools.present"
    return to_html(
        action_button(state, "present", presents, {"class": "tool"}) if is_shown else "",
        menu(state),
    )


def menu(state: AppState) -> Node:
    """Views, what can be taken along, theme and language, help, what this page is."""
    return h(
        "details",
        {"class": "menu", "id": "settings"},
        h(
            "summary",
            {"class": "tool"},
            h("span", {"class": "menu-name"}, say(state, "header.settings")),
        ),
        h(
            "div",
            {"class": "sheet"},
            header.views(state) if state.tour is not None or state.route.view == SLOW else "",
            taken_along(state),
            header.theme(state),
            guess.switch(state),
            header.language(state),
            h("div", {"class": "sheet-row"}, help_on_keys(state), pages(state)),
        ),
    )


def taken_along(state: AppState) -> Node | str:
    """The link to what is shown, its picture and its numbers; nothing outside the tours."""
    if state.tour is None:
        return ""
    saves = [
        action_button(state, "save", f"tools.{kind}", {"class": "tool", "data-kind": kind})
        for kind in kinds_of(state)
    ]
    copy = action_button(state, "copy-link", "tools.copy", {"class": "tool"})
    label = say(state, "tools.save")
    return h(
        "div",
        {"class": "taken-along"},
        copy,
        h(
            "div",
            {"class": "sheet-row", "id": "save-menu", "role": "group", "aria-label": label},
            saves,
            action_button(state, "print", "tools.print", {"class": "tool"}),
        ),
    )


def kinds_of(state: AppState) -> tuple[str, ...]:
    """The files that can be made; an idea has no tables of numbers, the walk is a page whole."""
    is_idea = state.step is not None and state.step.is_idea_at(state.depth)
    shown = PICTURES if is_idea else PICTURES + NUMBERS
    return (*shown, PAGE) if state.route.view == WALK and state.run.tokens else shown


def help_on_keys(state: AppState) -> Node:
    """The list of keys."""
    return action_button(state, "shortcuts", "header.keys", {"class": "tool"})


def pages(state: AppState) -> list[Node]:
    """The pages of words: the terms, and what this page is."""
    return [page_link(state, name) for name in PAGES]


def page_link(state: AppState, view: str) -> Node:
    """A link to a page of words."""
    is_here = "page" if state.route.view == view else None
    link: Attributes = {"class": "tool", "href": address_of(Route(view)), "aria-current": is_here}
    return h("a", link, say(state, f"header.{view}"))
