"""What the model wrote: the prompt in grey, then each new token with its probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.messages import catalogue
from seethrough.core.tokens import LIMIT
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, probability
from seethrough.view.tokens import N_HUES
from seethrough.view.words import say, title

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.tokens import NewToken


def render(state: AppState) -> str:
    """The continuation and why it ended; nothing before the first one."""
    if not state.continuation and not state.stop:
        return ""
    first = len(state.tokens)
    prompt = [h("bdi", {"class": "prompt-token"}, token.visible) for token in state.tokens]
    new = [chip(state, token, first + index) for index, token in enumerate(state.continuation)]
    return to_html(
        title(state, "page.continuation.title"),
        h("p", {"class": "plain-text"}, *plain_text(state)),
        h("div", {"class": "chips continuation"}, prompt, new),
        h("p", {"class": "note"}, stop_reason(state)) if state.stop else "",
    )


def plain_text(state: AppState) -> list[Node]:
    """The same as plain text, to read and to copy."""
    before = "".join(token.text for token in state.tokens if not token.is_special)
    after = "".join(token.text for token in state.continuation)
    return [h("span", {"class": "is-quiet"}, before), h("span", {}, after)]


def chip(state: AppState, token: NewToken, position: int) -> Node:
    """One new token; its rank is told where it was not the most likely one."""
    prob = probability(token.prob, state.language)
    note = [prob]
    if token.rank > 0:
        note.append(say(state, "view.continuation.rank", rank=token.rank + 1))
    return h(
        "span",
        {
            "class": f"chip is-new hue-{position % N_HUES}",
            "title": say(state, "view.tokens.chip", position=position, id=token.id),
        },
        h("bdi", {"class": "chip-text"}, token.visible),
        h("span", {"class": "chip-note"}, " ".join(note)),
    )


def stop_reason(state: AppState) -> str:
    """Why the loop ended, in words; an unknown reason is shown as it came."""
    if state.stop == LIMIT and state.recorded is not None:
        n_new = len(state.recorded.continuation)
        return say(state, "view.stop_recorded", n_new=count(n_new))
    key = f"view.stop.{state.stop}"
    known = key in catalogue(state.language)
    return say(state, key) if known else say(state, "view.stop", reason=state.stop)
