"""What the model wrote at some steps, the newest first: from noise to what it learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.train.copies import HELD, LEARNED
from seethrough.view import guess
from seethrough.view.folded import folded
from seethrough.view.guesses import hundred
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.words import rich, say, sentences

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.copies import Source
    from seethrough.core.train.course import Sample

FIELDS = (
    *("samples", "kept_steps", "lesson_stage", "course", "unfolded", "route"),
    *hundred.FIELDS,
    *guess.STATE,
)


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
    parts = [title, told, h("ol", {"class": "lesson-samples", "reversed": True}, items)]
    newest = samples[-1]
    if newest.sources:
        words = say(state, "train.nearest", count=newest.step)
        parts.append(folded(state, "lesson-nearest", words, lambda: nearest(state, newest)))
    return to_html(*parts)


def sample(state: AppState, one: Sample) -> list[Child]:
    """The step, and what was written then."""
    told = say(state, "train.written.step", count=one.step)
    stamp = h("span", {"class": "lesson-stamp"}, told, " ", back(state, one.step))
    sources = one.sources or (None,) * len(one.lines)
    lines = [line(state, *each) for each in zip(one.lines, sources, strict=True)]
    parts: list[Child] = [stamp, h("span", {"class": "lesson-lines"}, lines)]
    if one.sources:
        parts.append(h("p", {"class": "note"}, copied(state, one)))
    return parts


def copied(state: AppState, one: Sample) -> str:
    """How many lines the model knows by heart, and how many are real that it never saw."""
    kinds = [source.kind for source in one.sources]
    n_learned, n_held = kinds.count(LEARNED), kinds.count(HELD)
    said = say(state, "train.copied", count=n_learned, n_lines=count(state, len(kinds)))
    if not n_held:
        return said
    return sentences(said, say(state, "train.real", count=n_held))


def back(state: AppState, step: int) -> Node | None:
    """Leads back to a step that is kept, and is not the newest."""
    lesson = state.lesson
    if step not in lesson.kept_steps or step == lesson.course.n_done:
        return None
    told: Attributes = {
        "type": "button",
        "class": "button lesson-back",
        "data-action": "lesson-back",
        "data-step": str(step),
        "disabled": lesson.is_going,
    }
    return h("button", told, say(state, "train.back", count=step))


def line(state: AppState, words: str, source: Source | None) -> Node:
    """A line, its end marked where it is empty; one that stands in the data is marked."""
    shown = words.replace("\n", "↵") or "∅"
    if source is None:
        return h("bdi", {}, shown)
    told: Attributes = {"class": f"is-{source.kind}", "title": told_of(state, source)}
    return h("bdi", told, shown)


def told_of(state: AppState, source: Source) -> str:
    """Where a line is from, in words."""
    if source.kind == LEARNED:
        return say(state, "train.source.learned")
    near = say(state, "train.near", line=source.near, count=source.n_changes) if source.near else ""
    return sentences(say(state, f"train.source.{source.kind}"), near)


def nearest(state: AppState, one: Sample) -> Node:
    """Each line of the newest sample with the learned line that is nearest to it."""
    names = ("line", "from", "near", "changes")
    head = [h("th", {"scope": "col"}, say(state, f"train.table.{name}")) for name in names]
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, h("bdi", {}, words or "∅")),
            h("td", {}, say(state, f"train.source.{source.kind}")),
            h("td", {}, h("bdi", {}, source.near or "–")),
            h("td", {}, count(state, source.n_changes) if source.near else "–"),
        )
        for words, source in zip(one.lines, one.sources, strict=True)
    ]
    return h(
        "table", {"class": "data-table"}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)
    )
