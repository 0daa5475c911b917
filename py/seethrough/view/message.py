"""What the page has to say: a notice, an error with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view import self_check
from seethrough.view.node import Node, h, to_html
from seethrough.view.price import allow_button
from seethrough.view.words import action_button, say, say_message, sentences

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Message, Spoken


CROSS = "\u00d7"
# What only tells that something is done: it leaves by itself, and lies over the page.
PASSING = frozenset(
    {"tools.copied", "tools.copied_part", "tools.making", "tools.saved"}
    | {"done.copied", "ready.only.copied", "check.copied"}
)
# What tells that a link chose recordings only: the way back stands beside it.
UNDONE = frozenset({"ready.by_link"})
# What whoever runs the site should hear of: a report stands beside it.
REPORTED = frozenset({"check.mismatch"})


def render(state: AppState) -> str:
    """The error, then the notice, then that a new version waits; nothing where there is none."""
    return to_html(
        bar(state, state.chrome.error, "error"),
        bar(state, state.chrome.notice, "notice"),
        update(state) if state.site.has_update else "",
    )


def bar(state: AppState, message: Message | None, kind: str) -> Node | str:
    """A sentence that the reader can send away."""
    if message is None:
        return ""
    passes = message.key in PASSING
    more = {"class": "dismiss", "data-kind": kind, "aria-label": say(state, "view.message.dismiss")}
    away = (
        "" if passes else h("button", {"type": "button", "data-action": "dismiss", **more}, CROSS)
    )
    classes = "message-bar is-passing" if passes else "message-bar"
    undo = allow_button(state) if message.key in UNDONE and state.site.is_recordings_only else ""
    report = self_check.report_button(state) if message.key in REPORTED else ""
    told = sentence(state, message, f"is-{kind}", report)
    return h("div", {"class": classes}, told, undo, away)


def update(state: AppState) -> Node:
    """A newer version is stored and waits; the reader may take it now."""
    use = action_button(state, "use-update", "update.use")
    return h("p", {"class": "message is-notice"}, say(state, "update.ready"), " ", use)


def sentence(spoken: Spoken, message: Message, kind: str, more: Node | str = "") -> Node:
    """A sentence with a label, so that colour is not all that tells an error; then its more."""
    return h(
        "p",
        {"class": f"message {kind}"},
        h("b", {}, say(spoken, f"view.message.{kind}")),
        " ",
        sentences(*(say_message(spoken, one) for one in (message, *message.more))),
        " " if more else "",
        more,
    )
