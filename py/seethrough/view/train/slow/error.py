"""The error: p − y, what each letter's score should have done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.train.slow import GRAD
from seethrough.view.ideas.plain import lead, picture, whole
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, probability, readout
from seethrough.view.train.slow.letters import before_mark, has_aim, mark, visible
from seethrough.view.train.slow.numbered import number
from seethrough.view.train.slow.tape import tape
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep

MOST_ARROWS = 32
WIDE, UP, LETTERS = 40, 190, 44  # of a column; of the longest arrow; of the line of letters
ROOM = 12
HEAD = 7


def idea(state: AppState, step: SlowStep) -> list[Child]:
    """An arrow for each letter: up for the one that came, down for what was believed in wrongly."""
    position = state.lesson.slow.position
    if not has_aim(step, position):
        return [lead(say(state, "slow.no_aim")), tape(state, step)]
    aim = int(step.aims[position])
    fields = {
        "before": before_mark(state, step, position),
        "letter": mark(step, aim),
        "share": h("b", {}, whole(state, float(step.shares[position, aim]))),
    }
    return [
        lead(rich(state, "idea.slow.error", **fields)),
        picture(say(state, "slow.error.picture"), arrows(state, step), tape(state, step)),
    ]


def numbers(state: AppState, step: SlowStep) -> list[Child]:
    """p, y and p − y of each letter, and the graph's own gradient."""
    counted = count(state, step.n_targets)
    parts: list[Child] = [
        h("p", {"class": "lead"}, rich(state, "slow.error.numbers", targets=counted)),
        tape(state, step),
    ]
    if not has_aim(step, state.lesson.slow.position):
        return [*parts, h("p", {"class": "note"}, say(state, "slow.no_aim"))]
    return [*parts, arrows(state, step), table(state, step)]


def errors_of(step: SlowStep, position: int) -> np.ndarray:
    """p − y of each letter, from the graph's gradient times the number of letters."""
    errors: np.ndarray = step.arrays[f"{hooks.LOGITS}{GRAD}"][position] * np.float32(step.n_targets)
    return errors


def arrows(state: AppState, step: SlowStep) -> Node:
    """The letters in a row, each with its arrow: the longest ones where there are many letters."""
    position = state.lesson.slow.position
    errors = errors_of(step, position)
    letters = sorted(np.argsort(-np.abs(errors), kind="stable")[:MOST_ARROWS].tolist())
    aim = int(step.aims[position])
    size = max(float(np.abs(errors).max()), 1e-9)
    columns = [
        column(step, letter, at, float(errors[letter]) / size, is_aim=letter == aim)
        for at, letter in enumerate(letters)
    ]
    wide = WIDE * len(letters)
    ground_y = ROOM + UP
    high = ground_y + LETTERS + UP * max(float(errors.max()), 0.0) / size + ROOM
    box: Attributes = {
        "class": "slow-arrows",
        "viewBox": f"0 0 {wide} {high:.0f}",
        "width": str(wide),
        "height": f"{high:.0f}",
        "role": "img",
        "aria-label": say(state, "slow.error.picture"),
    }
    ground: Attributes = {
        "class": "grid",
        "x1": "0",
        "x2": str(wide),
        "y1": ground_y,
        "y2": ground_y,
    }
    drawn = h("svg", box, h("line", ground), columns)
    return h("div", {"class": "scroll slow-scroll", "tabindex": "0"}, drawn, key(state))


def column(step: SlowStep, letter: int, at: int, error: float, *, is_aim: bool) -> Node:
    """A letter below the line, its arrow from the line to where its score should go."""
    x = WIDE * (at + 0.5)
    start = ROOM + UP + (LETTERS if error > 0 else 0)
    end = start + error * UP
    kind = "up" if error < 0 else "down"
    name: Attributes = {
        "class": "slow-arrow-letter is-aim" if is_aim else "slow-arrow-letter",
        "x": f"{x:.0f}",
        "y": f"{ROOM + UP + 30}",
        "text-anchor": "middle",
    }
    return h(
        "g",
        {"class": f"slow-arrow is-{kind}"},
        h("text", name, visible(step, letter)),
        shaft(x, start, end),
    )


def shaft(x: float, start: float, end: float) -> Node:
    """An arrow; one too short for its head is a stroke."""
    length, way = abs(end - start), 1 if end > start else -1
    if length < HEAD * 1.5:
        return h("path", {"d": f"M{x:.1f} {start:.1f}V{end:.1f}"})
    tip = end - way * HEAD
    points = f"M{x - HEAD:.1f} {tip:.1f}L{x:.1f} {end:.1f}L{x + HEAD:.1f} {tip:.1f}"
    return h("path", {"d": f"M{x:.1f} {start:.1f}V{end:.1f}{points}"})


def key(state: AppState) -> Node:
    """What up and down mean."""
    words = [
        h("span", {"class": f"slow-key is-{way}"}, say(state, f"slow.error.{way}"))
        for way in ("up", "down")
    ]
    return h("p", {"class": "slow-legend"}, words)


def table(state: AppState, step: SlowStep) -> Node:
    """Every letter, the largest error first; each gradient opens."""
    position, aim = state.lesson.slow.position, int(step.aims[state.lesson.slow.position])
    gradient = step.arrays[f"{hooks.LOGITS}{GRAD}"][position]
    errors = errors_of(step, position)
    order = np.argsort(-np.abs(gradient), kind="stable").tolist()
    names = ("letter", "share", "wanted", "error", "gradient")
    head = [h("th", {"scope": "col"}, say(state, f"slow.column.{name}")) for name in names]
    rows = [
        h(
            "tr",
            {"class": "is-aim" if letter == aim else None},
            h("th", {"scope": "row"}, h("bdi", {}, visible(step, letter))),
            h("td", {}, probability(state, float(step.shares[position, letter]))),
            h("td", {}, "1" if letter == aim else "0"),
            h("td", {}, readout(state, float(errors[letter]))),
            h(
                "td",
                {},
                number(state, f"{hooks.LOGITS}{GRAD}", (position, letter), gradient[letter]),
            ),
        )
        for letter in order
    ]
    whole_table = h(
        "table", {"class": "data-table"}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)
    )
    return h("div", {"class": "scroll slow-scroll", "tabindex": "0"}, whole_table)
