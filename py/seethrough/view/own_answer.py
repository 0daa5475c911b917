"""Under the form of one's own text: how far the model is, then the next word at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import DECODE, GENERATE
from seethrough.core.routes import OWN, TRAIN, Route, address_of
from seethrough.view.ideas.plain import names, rect, whole
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import percentage
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.tokens import Candidate

FIELDS = ("language", "engine", "busy", "source", "top", "route")
N_BEST = 3


def render(state: AppState) -> str:
    """Loading in per cent, that the model reads, its answer; nothing before Run was pressed.

    Where a text grows the answer stands in the picture already.
    """
    engine = state.site.engine
    if engine.stage == "download":
        done, total = engine.done_bytes, max(1, engine.total_bytes)
        return to_html(loading(state, min(done, total) / total))
    if engine.stage == "session":
        return to_html(told(say(state, "own.opening")))
    if state.busy == "run":
        return to_html(told(say(state, "own.running")))
    is_shown = state.route.view in {GENERATE, DECODE, TRAIN}
    if state.run.source != "live" or not state.run.top or is_shown:
        return ""
    return to_html(*answer(state))


def loading(state: AppState, share: float) -> Node:
    """How much of the model is here, in whole per cent and as a bar."""
    words = say(state, "own.loading", share=percentage(state, str(int(share * 100))))
    bar = h("progress", {"max": "1", "value": f"{share:.3f}", "aria-label": words})
    return h("p", {"class": "own-told"}, words, " ", bar)


def told(words: str) -> Node:
    """A sentence of how far it is."""
    return h("p", {"class": "own-told"}, words)


def answer(state: AppState) -> list[Node]:
    """The best next tokens as bars, and the way to see how they were found."""
    best = state.run.top[:N_BEST]
    shown = names(item.visible for item in best)
    rows = [row(state, item, name) for item, name in zip(best, shown, strict=True)]
    link = h("a", {"href": address_of(Route("walk", OWN, "tokenize"))}, say(state, "own.onward"))
    return [
        told(say(state, "own.ready")),
        h("ul", {"class": "idea-look-bars own-bars"}, rows),
        h("p", {"class": "own-told"}, link),
    ]


def row(state: AppState, item: Candidate, name: str) -> Node:
    """One token, its share as a bar and in per cent."""
    bar = h("svg", {"aria-hidden": "true"}, rect(0, item.prob, class_="is-now"))
    return h("li", {}, h("bdi", {}, name), bar, h("span", {}, whole(state, item.prob)))
