"""What this is, what this browser keeps of it, and how to take it off the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import Storage
from seethrough.core.routes import FIDELITY, Route, address_of
from seethrough.view import ready
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, megabytes
from seethrough.view.words import action_button, page_title, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot

POINTS = ("true", "private", "offline", "open")
EXAMPLE = 'await seethrough.next("January, February, March,")'


def frame(state: AppState, slot: Slot) -> list[Node]:
    """The promises, the self-check, the storage, the console, the way to the style guide."""
    points = [
        h(
            "li",
            {},
            h("h2", {}, say(state, f"about.{name}.title")),
            h("p", {}, say(state, f"about.{name}")),
        )
        for name in POINTS
    ]
    return [
        page_title(state, "about.title"),
        h("p", {"class": "page-lead"}, say(state, "page.tagline")),
        h("ul", {"class": "points"}, points),
        h("h2", {"class": "section-title"}, say(state, "check.title")),
        slot("checked"),
        h(
            "p",
            {"class": "note"},
            h("a", {"href": address_of(Route(FIDELITY))}, say(state, "fidelity.more")),
        ),
        h("h2", {"class": "section-title"}, say(state, "about.storage.title")),
        slot("storage"),
        h("h2", {"class": "section-title"}, say(state, "about.console.title")),
        h("p", {}, say(state, "page.footer.door"), " ", h("code", {}, EXAMPLE)),
        h(
            "p",
            {"class": "note"},
            h("a", {"href": address_of(Route("styleguide"))}, say(state, "about.styleguide")),
        ),
    ]


def storage(state: AppState) -> str:
    """The sizes and the way to remove them."""
    kept = state.site.storage or Storage()
    if not state.site.device.has_store:
        return to_html(h("p", {}, say(state, "about.storage.none")))
    rows = [
        ("site", size(state, kept.site_bytes)),
        ("walks", size(state, kept.walks_bytes)),
        ("engine", size(state, kept.engine_bytes)),
        ("model", size(state, kept.model_bytes)),
        ("run", size(state, kept.run_bytes)),
        ("wishes", wishes(state, kept.n_wishes)),
        ("quota", size(state, kept.quota_bytes)),
    ]
    terms = [
        h("div", {}, h("dt", {}, say(state, f"about.storage.{name}")), h("dd", {}, told))
        for name, told in rows
    ]
    keeping = "about.storage.persisted" if kept.is_persisted else "about.storage.not_persisted"
    return to_html(
        h("dl", {"class": "facts"}, terms),
        ready.line(state),
        h("p", {"class": "note"}, say(state, keeping)),
        action_button(state, "remove-all", "about.storage.remove"),
        h("p", {"class": "note"}, say(state, "about.storage.remove_note")),
    )


def wishes(state: AppState, n_wishes: int | None) -> str:
    """How many settings are remembered, or that the browser does not say."""
    if n_wishes is None:
        return say(state, "about.storage.unknown")
    return count(state, n_wishes)


def size(state: AppState, size_bytes: int | None) -> str:
    """A size, or that the browser does not say."""
    if size_bytes is None:
        return say(state, "about.storage.unknown")
    return megabytes(state, size_bytes)
