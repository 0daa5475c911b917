"""The loss over the whole run: learned text, held-out text, four marks that counting reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.folded import folded
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.train import earlier
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState
    from seethrough.core.train.course import Course

FIELDS = (
    *("language", "course", "lesson_marks", "lesson_goal", "unfolded", "earlier_run"),
    *("lesson_data", "lesson_text", "lesson_size", "lesson_rate", "lesson_seed"),
)
WIDE, HIGH, LEFT, FOOT = 760, 320, 30, 26
ENDS = WIDE - 150  # where the axis of steps ends; names of marks stand behind it
LEAST_STEPS = 100  # the axis is never shorter
SMOOTHED = 10  # steps of which the mean is drawn
MOST_POINTS = 240


def render(state: AppState) -> str:
    """The curve with its legend; before the first step, what will be seen."""
    lesson = state.lesson
    title = h("h2", {"class": "lesson-title"}, rich(state, "train.curve.title"))
    if not lesson.lesson_marks:
        return to_html(title, h("p", {"class": "note"}, rich(state, "train.curve.rest")))
    shown = h("figure", {"class": "lesson-curve"}, drawn(state), legend(state))
    table = folded(state, "lesson-data", say(state, "train.curve.table"), lambda: whole(state))
    return to_html(title, h("p", {"class": "lesson-told"}, told(state)), shown, table)


def told(state: AppState) -> list[Node | str]:
    """Which mark the model is below now, in words."""
    lesson = state.lesson
    loss = now_of(lesson.course)
    if loss is None:
        return []
    below = [name for name, mark in lesson.lesson_marks.items() if loss < mark]
    name = min(below, key=lesson.lesson_marks.__getitem__) if below else "none"
    return rich(state, f"train.below.{name}", loss=f"{loss:.2f}")


def now_of(course: Course) -> float | None:
    """The newest loss of the held-out text; of a text that holds nothing out, of its windows."""
    if course.held:
        return course.held[-1][1]
    recent = course.losses[-SMOOTHED:]
    return float(np.mean(recent)) if recent else None


def drawn(state: AppState) -> Node:
    """Axes, marks, both curves: steps to the right, nats upwards."""
    lesson = state.lesson
    before = earlier.course_under(state)
    longest = max(lesson.course.n_done, before.n_done)
    most_steps = max(LEAST_STEPS, lesson.lesson_goal, longest)
    heights = (*smoothed(lesson.course), *smoothed(before), 0.1)
    top = 1.06 * max(lesson.lesson_marks["uniform"], *heights)

    def x(step: float) -> float:
        return LEFT + (ENDS - LEFT) * step / most_steps

    def y(loss: float) -> float:
        return 8 + (HIGH - FOOT - 8) * (1 - min(loss, top) / top)

    held = [(x(step), y(loss)) for step, loss in lesson.course.held]
    learned = [(x(at), y(loss)) for at, loss in thinned(lesson.course)]
    under = before.held or thinned(before)
    parts: list[Child] = [
        *axes(state, most_steps, top, y),
        *[mark(state, name, y(value)) for name, value in lesson.lesson_marks.items()],
        line("lesson-earlier", [(x(step), y(loss)) for step, loss in under]),
        line("lesson-learned", learned),
        line("lesson-held", held),
        *[dot(*place) for place in held[-1:]],
    ]
    words = say(state, "train.curve.picture", steps=count(state, lesson.course.n_done))
    box: Attributes = {"viewBox": f"0 0 {WIDE} {HIGH}", "role": "img", "aria-label": words}
    return h("svg", box, parts)


def axes(state: AppState, most_steps: int, top: float, y: Callable[[float], float]) -> list[Node]:
    """A line for each whole nat, the last step, and what the axes count."""
    lines = []
    for nats in range(int(top) + 1):
        place = f"{y(nats):.1f}"
        across: Attributes = {"class": "grid", "x1": LEFT, "x2": ENDS, "y1": place, "y2": place}
        lines.append(h("line", across))
        lines.append(words_at(LEFT - 8, y(nats) + 4, str(nats), "end"))
    foot = HIGH - 6
    lines.append(words_at(LEFT, foot, "0", "middle"))
    lines.append(words_at(ENDS, foot, say(state, "train.curve.steps", count=most_steps), "end"))
    return lines


def mark(state: AppState, name: str, height: float) -> Node:
    """A mark's line and its name."""
    place = f"{height:.1f}"
    across: Attributes = {"class": "lesson-mark", "x1": LEFT, "x2": ENDS, "y1": place}
    label = say(state, f"train.mark.{name}")
    return h("g", {}, h("line", {**across, "y2": place}), words_at(ENDS + 6, height + 4, label))


def words_at(x: float, y: float, words: str, anchor: str = "start") -> Node:
    """A label of the picture."""
    return h("text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}, words)


def line(name: str, points: list[tuple[float, float]]) -> Node:
    """A curve through some places."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return h("polyline", {"class": name, "points": joined})


def dot(x: float, y: float) -> Node:
    """Where a curve is now."""
    return h("circle", {"class": "lesson-dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 4})


def smoothed(course: Course) -> list[float]:
    """The mean of each SMOOTHED steps of the learned text."""
    losses = course.losses
    return [float(np.mean(losses[at : at + SMOOTHED])) for at in range(0, len(losses), SMOOTHED)]


def thinned(course: Course) -> list[tuple[float, float]]:
    """Those means at their middle steps, at most MOST_POINTS of them."""
    means = smoothed(course)
    each = -(-len(means) // MOST_POINTS) or 1
    return [(SMOOTHED * (at + 0.5), means[at]) for at in range(0, len(means), each)]


def legend(state: AppState) -> Node:
    """What the two curves and the lines are."""
    keys = [
        h("span", {"class": f"lesson-key is-{name}"}, rich(state, f"train.key.{name}"))
        for name in ("learned", "held", "marks")
    ]
    keys += earlier.key(state)
    values = [
        h("li", {}, say(state, f"train.mark.{name}"), " ", h("b", {}, f"{value:.2f}"))
        for name, value in state.lesson.lesson_marks.items()
    ]
    marks = h("ul", {"class": "lesson-marks"}, values)
    return h("figcaption", {}, h("p", {"class": "lesson-legend"}, keys), marks)


def whole(state: AppState) -> Node:
    """The held-out text's losses as a table."""
    lesson = state.lesson
    head = [say(state, "train.table.step"), say(state, "train.table.loss")]
    rows = [
        h("tr", {}, h("th", {"scope": "row"}, count(state, step)), h("td", {}, f"{loss:.4f}"))
        for step, loss in lesson.course.held
    ]
    columns = h("tr", {}, [h("th", {"scope": "col"}, name) for name in head])
    return h("table", {"class": "data-table"}, h("thead", {}, columns), h("tbody", {}, rows))
