"""The run before, laid under the one that is shown, and named by what differs between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.train.course import Course
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, limit
from seethrough.view.words import rich

if TYPE_CHECKING:
    from seethrough.app.state import AppState

# What two runs of one text can differ in.
SETTINGS = ("size", "rate", "seed")


def course_under(state: AppState) -> Course:
    """The course of the run before, where it learned the same text by another plan."""
    earlier = state.lesson.earlier_run
    return earlier.course if earlier and differing(state) else Course()


def differing(state: AppState) -> list[str]:
    """The settings that the run before had otherwise; nothing where the texts differ."""
    lesson = state.lesson
    if lesson.earlier_run is None:
        return []
    old, new = lesson.earlier_run.chosen, lesson.chosen
    if (old.data, old.text) != (new.data, new.text):
        return []
    return [name for name in SETTINGS if getattr(old, name) != getattr(new, name)]


def key(state: AppState) -> list[Node]:
    """The curve's name: what the run before had otherwise."""
    lesson = state.lesson
    names = differing(state)
    if lesson.earlier_run is None or not names:
        return []
    was = lesson.earlier_run.chosen
    told = {"rate": limit(state, was.rate), "seed": count(state, was.seed)}
    name = names[0] if len(names) == 1 else "plan"
    words = rich(state, f"train.key.earlier.{name}", value=told.get(name, ""))
    return [h("span", {"class": "lesson-key is-earlier"}, words)]
