"""What the model wrote at some steps, the newest first: from noise to what it learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view import guess
from seethrough.view.guesses import hundred
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.course import Sample

FIELDS = ("samples", "route", *hundred.FIELDS, *guess.STATE)


def render(state: AppState) -> str:
    """A list of samples, each stamped with its step."""
    title = h("h2", {"class": "lesson-title"}, say(state, "train.written.title"))
    samples = state.lesson.samples
    if not samples:
        rest = h("p", {"class": "note"}, rich(state, "train.written.rest"))
        question = guess.open_question(state)
        asked = [] if question is None else guess.ask(state, question)
        return to_html(title, rest, h("div", {"class": "lesson-guess"}, asked) if asked else "")
    items = [h("li", {}, sample(state, one)) for one in reversed(samples)]
    came = guess.verdict(state)
    told = h("p", {"class": "lesson-came", "role": "status"}, came) if came else ""
    return to_html(title, told, h("ol", {"class": "lesson-samples", "reversed": True}, items))


def sample(state: AppState, one: Sample) -> list[Child]:
    """The step, and what was written then."""
    stamp = h("span", {"class": "lesson-stamp"}, say(state, "train.written.step", count=one.step))
    return [stamp, h("span", {"class": "lesson-lines"}, [line(words) for words in one.lines])]


def line(words: str) -> Node:
    """A line, its end marked where it is empty."""
    return h("bdi", {}, words.replace("\n", "↵") or "∅")
