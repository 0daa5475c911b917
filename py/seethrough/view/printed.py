"""What a printed page has beside what the screen shows: whose numbers these are, room to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h, to_html
from seethrough.view.words import model_name, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

FIELDS = ("language", "route", "model", "models", "given")
N_LINES = 2


def render(state: AppState) -> str:
    """One line over the page: the text, the model, the name of the page."""
    name = h("b", {}, say(state, "page.title"))
    if state.tour is None or state.run.given is None:
        return to_html(name)
    separator = say(state, "view.separator")
    prompt = h("bdi", {}, state.run.given[0])
    return to_html(name, separator, prompt, separator, model_name(state))


def answer(state: AppState) -> Node:
    """Lines to write an answer on, under the page."""
    lines = [h("div", {"class": "answer-line"}) for _ in range(N_LINES)]
    return h("div", {"class": "answer"}, h("p", {}, say(state, "printed.answer")), lines)
