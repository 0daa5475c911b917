"""What the model wrote at some steps, the newest first: from noise to what it learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.course import Sample

FIELDS = ("language", "samples", "kept_steps", "lesson_stage", "course")


def render(state: AppState) -> str:
    """A list of samples, each stamped with its step."""
    title = h("h2", {"class": "lesson-title"}, say(state, "train.written.title"))
    samples = state.lesson.samples
    if not samples:
        return to_html(title, h("p", {"class": "note"}, rich(state, "train.written.rest")))
    items = [h("li", {}, sample(state, one)) for one in reversed(samples)]
    return to_html(title, h("ol", {"class": "lesson-samples", "reversed": True}, items))


def sample(state: AppState, one: Sample) -> list[Child]:
    """The step, and what was written then."""
    told = say(state, "train.written.step", count=one.step)
    stamp = h("span", {"class": "lesson-stamp"}, told, " ", back(state, one.step))
    return [stamp, h("span", {"class": "lesson-lines"}, [line(words) for words in one.lines])]


def back(state: AppState, step: int) -> Node | None:
    """Leads back to a step that is kept, and is not the newest."""
    lesson = state.lesson
    if step not in lesson.kept_steps or step == lesson.course.n_done:
        return None
    told: Attributes = {
        "type": "button",
        "class": "lesson-back",
        "data-action": "lesson-back",
        "data-step": str(step),
        "disabled": lesson.is_going,
    }
    return h("button", told, say(state, "train.back", count=step))


def line(words: str) -> Node:
    """A line, its end marked where it is empty."""
    return h("bdi", {}, words.replace("\n", "↵") or "∅")
