"""The foot of every page, and the list of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.keys import KEYS, shown
from seethrough.core.routes import Route, address_of
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState


def render(state: AppState) -> str:
    """The promise, the glossary, the licences."""
    links = h(
        "p",
        {},
        h("a", {"href": address_of(Route("glossary"))}, say(state, "header.glossary")),
        say(state, "view.separator"),
        h("a", {"href": "./LICENSE.txt"}, say(state, "page.footer.licence")),
        say(state, "view.separator"),
        h("a", {"href": "./NOTICE.txt"}, say(state, "page.footer.notice")),
    )
    return to_html(h("p", {}, say(state, "about.private")), links)


def keys(state: AppState) -> str:
    """Each key and what it does."""
    rows = [
        h(
            "div",
            {},
            h("dt", {}, [key(state, name) for name in names]),
            h("dd", {}, meaning(state, what)),
        )
        for what, names in KEYS.items()
    ]
    return to_html(
        h(
            "h2",
            {"class": "section-title", "id": "keys-title", "tabindex": "-1"},
            say(state, "keys.title"),
        ),
        h("dl", {"class": "keys"}, rows),
        switch(state),
        action_button(state, "close-shortcuts", "keys.close"),
    )


def switch(state: AppState) -> Node:
    """Keys of one letter can be switched off: speech input may press them (WCAG 2.1.4)."""
    box: Attributes = {
        "type": "checkbox",
        "data-action": "set-keys",
        "checked": state.chrome.has_keys,
    }
    return h("label", {"class": "keys-switch"}, h("input", box), say(state, "keys.switch"))


def key(state: AppState, name: str) -> Node:
    """A key as it is written on a keyboard."""
    return h("kbd", {}, say(state, "keys.escape") if name == "Escape" else shown(name))


def meaning(state: AppState, what: str) -> str:
    """What a key does."""
    return say(state, f"keys.{what}")
