"""Ready for offline use: what that means, what it costs, one button; and recordings only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import (
    ALL,
    NOTHING,
    first_model,
    lacks_memory,
    offline_level,
    ready_bytes,
)
from seethrough.core.routes import Place, Route, address_of, address_of_place
from seethrough.view.memory import megabytes_of
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import megabytes, percentage
from seethrough.view.price import allow_button, memory_of
from seethrough.view.words import action_button, page_title, rich, say, say_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState, ModelCard
    from seethrough.view.node import Slot

FIELDS = (
    "language",
    "models",
    "device",
    "stored",
    "offline",
    "preparing",
    "engine",
    "is_recordings_only",
)


# A link that turns recordings only on.
ONLY = address_of_place(Place(Route(), is_recordings_only=True))


def frame(state: AppState, slot: Slot) -> list[Node]:
    """What it is for, then where this device is on the way."""
    return [
        page_title(state, "ready.title"),
        h("p", {"class": "page-lead"}, say(state, "ready.lead")),
        slot("ready"),
    ]


def render(state: AppState) -> str:
    """The offer, its progress or its end; then the other wish."""
    return to_html(
        h("section", {"class": "offer"}, *offer(state)),
        h("section", {"class": "other-wish"}, *recordings_only(state)),
    )


def offer(state: AppState) -> Sequence[Node | str]:
    """What stands there depends on how far this device is."""
    card, preparing = first_model(state.site), state.site.preparing
    if card is None or offline_level(state.site) == NOTHING:
        return [h("p", {"role": "status"}, say(state, "ready.no_store"))]
    if preparing.is_going:
        return going(state)
    if offline_level(state.site) == ALL:
        key = "ready.done" if preparing.stage == "done" else "ready.is_ready"
        return [h("p", {"role": "status"}, say(state, key)), facts(state, card)]
    if lacks_memory(state.site, card):
        needs = megabytes_of(state, min(card.mode_bytes.values()))
        has = megabytes_of(state, state.site.device.memory_bytes or 0)
        told = say(state, "ready.no_memory", needs=needs, has=has)
        return [h("p", {"role": "status"}, told)]
    what = h("p", {}, say(state, "ready.what", model=card.title))
    if preparing.error is None:
        return [what, facts(state, card), told_now(state), button(state)]
    told = say_message(state, preparing.error)
    error = h("p", {"class": "message is-error", "role": "alert"}, told)
    return [error, facts(state, card), told_now(state), button(state)]


def button(state: AppState) -> Node:
    """The one button, with its price."""
    key = "ready.start" if state.site.preparing.error is None else "ready.go_on"
    size = megabytes(state, ready_bytes(state.site))
    more = {"type": "button", "class": "button is-primary", "data-action": "prepare"}
    return h("button", more, say(state, key, size=size))


def going(state: AppState) -> Sequence[Node]:
    """How far it is, in bytes, and the way to stop it."""
    told = state.site.preparing
    done, total = megabytes(state, told.done_bytes), megabytes(state, told.total_bytes)
    label = say(state, "ready.going")
    bar = {"max": str(max(1, told.total_bytes)), "value": str(told.done_bytes)}
    return [
        h("p", {}, label),
        h("div", {"class": "progress"}, h("progress", {**bar, "aria-label": label})),
        h("p", {"class": "number"}, say(state, "view.status.bytes", done=done, total=total)),
        action_button(state, "stop-preparing", "ready.stop"),
    ]


def facts(state: AppState, card: ModelCard) -> Node:
    """What it fetches, and what it needs while it runs."""
    lacks = ready_bytes(state.site)
    rows = (
        ("to_fetch", megabytes(state, lacks) if lacks else say(state, "ready.nothing_more")),
        ("memory", memory_of(state, card)),
    )
    terms = [
        h("div", {}, h("dt", {}, say(state, f"ready.{name}")), h("dd", {}, value))
        for name, value in rows
    ]
    return h("dl", {"class": "facts"}, terms)


def now(state: AppState) -> str:
    """What works without a connection at this moment: the one sentence, wherever it is told."""
    return say(state, f"offline.{offline_level(state.site)}")


def told_now(state: AppState) -> Node:
    """The same, where it stands by itself."""
    return h("p", {"class": "note"}, now(state))


def recordings_only(state: AppState) -> Sequence[Node]:
    """The mode in which nothing is fetched for a text of one's own; on, or to turn on."""
    is_on = state.site.is_recordings_only
    link = h("a", {"href": ONLY}, say(state, "ready.only.open"))
    copy = action_button(state, "copy-link", "ready.only.copy", {"data-address": ONLY})
    act = allow_button(state) if is_on else action_button(state, "recordings-only", "ready.only")
    return [
        h("h2", {"class": "panel-title"}, say(state, "ready.only.title")),
        h("p", {}, say(state, "ready.only.is_on" if is_on else "ready.only.what")),
        h("div", {"class": "buttons"}, act),
        h("p", {"class": "note"}, rich(state, "ready.only.link", link=link)),
        h("div", {"class": "buttons"}, copy),
    ]


def line(state: AppState) -> Node:
    """What works offline now, and the way to more: one quiet line."""
    link = way(state)
    more = [" ", link] if link else []
    return h("p", {"class": "note offline-line"}, h("span", {}, now(state)), *more)


def way(state: AppState) -> Node | None:
    """The link to the page, with the price; none where it can do nothing."""
    card, preparing = first_model(state.site), state.site.preparing
    if preparing.is_going and preparing.total_bytes:
        share = str(preparing.done_bytes * 100 // preparing.total_bytes)
        words = say(state, "ready.link_going", share=percentage(state, share))
    elif (
        card is None
        or state.site.is_recordings_only
        or offline_level(state.site) in {NOTHING, ALL}
        or lacks_memory(state.site, card)
    ):
        return None
    else:
        words = say(state, "ready.link", size=megabytes(state, ready_bytes(state.site)))
    return h("a", {"href": address_of(Route("ready"))}, words)
