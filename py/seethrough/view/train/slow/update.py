"""The update: one number of the model, every number of the formula, and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.train.one_weight import one_weight
from seethrough.core.train.slow import GRAD
from seethrough.view.ideas.plain import lead, picture
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact, readout
from seethrough.view.train.slow import maps
from seethrough.view.train.slow.numbered import number, written_index
from seethrough.view.words import hook_mark, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.one_weight import OneWeight
    from seethrough.core.train.slow import SlowStep

WIDE, HIGH, MARGIN = 560, 130, 90


def idea(state: AppState, step: SlowStep) -> list[Child]:
    """One number on a line: where it was, where it is now; the others in a picture."""
    told = chosen(state, step)
    moved = say(state, f"slow.update.{way_of(told)}")
    drawn = h(
        "div",
        {"class": "slow-update"},
        h(
            "div",
            {"class": "slow-one"},
            h("p", {"class": "slow-told"}, moved),
            line(state, told),
            moves(state, step),
        ),
        h("div", {"class": "slow-aside"}, *maps.gradient(state, step)),
    )
    size = count(state, len(step.gradient))
    words = rich(state, "idea.slow.update", numbers=size)
    return [lead(words), picture(say(state, "slow.update.picture"), drawn)]


def numbers(state: AppState, step: SlowStep) -> list[Child]:
    """The formula line by line, with this weight's own numbers."""
    told = chosen(state, step)
    drawn = h(
        "div",
        {"class": "slow-update"},
        h("div", {"class": "slow-one"}, line(state, told), ledger(state, step, told)),
        h("div", {"class": "slow-aside"}, *maps.gradient(state, step)),
    )
    return [
        h("p", {"class": "lead"}, rich(state, "slow.update.numbers")),
        clipping(state, step),
        drawn,
    ]


def chosen(state: AppState, step: SlowStep) -> OneWeight:
    """The chosen number's update."""
    slow = state.lesson.slow
    return one_weight(step, slow.weight, slow.cell)


def way_of(told: OneWeight) -> str:
    """Where the number went, and whether that is where this step's gradient asked it to go."""
    if told.is_new == told.w:
        return "stays"
    way = "grows" if told.is_new > told.w else "shrinks"
    is_asked = told.gradient != 0 and (told.gradient < 0) == (told.is_new > told.w)
    return way if is_asked else f"{way}_against"


def moves(state: AppState, step: SlowStep) -> Node:
    """How many of all numbers grew, shrank or stayed."""
    change = step.after.weights - step.before.weights
    counts = {"grew": change > 0, "shrank": change < 0, "stayed": change == 0}
    shown = {name: int(is_it.sum()) for name, is_it in counts.items()}
    start, parts = 0.0, []
    for name, number_of in shown.items():
        wide = 100 * number_of / len(change)
        place = {
            "class": f"is-{name}",
            "x": f"{start:.3f}%",
            "width": f"{wide:.3f}%",
            "height": "100%",
        }
        parts.append(h("rect", place))
        start += wide
    written = {name: h("b", {}, count(state, number_of)) for name, number_of in shown.items()}
    bar = h("svg", {"class": "slow-moves", "aria-hidden": "true"}, parts)
    return h(
        "div", {"class": "slow-all"}, bar, h("p", {}, rich(state, "slow.update.moves", **written))
    )


def clipping(state: AppState, step: SlowStep) -> Node:
    """How long the whole gradient is, and what was done about it."""
    fields: dict[str, Node | str] = {
        "length": h("b", {}, readout(state, step.grad_norm)),
        "most": readout(state, step.knobs["clip"]),
        "scale": h("b", {}, exact(state, step.clip_scale)),
    }
    key = "slow.update.clipped" if step.clip_scale < 1 else "slow.update.whole"
    return h("p", {"class": "slow-told"}, rich(state, key, **fields))


def line(state: AppState, told: OneWeight) -> Node:
    """The number before and after, on a line that is drawn as large as the move."""
    reach = max(abs(told.is_new - told.w), 1e-12)
    low = min(told.w, told.is_new)

    def x(value: float) -> float:
        return MARGIN + (WIDE - 2 * MARGIN) * (value - low) / reach

    was, now = x(told.w), x(told.is_new)
    way = 1 if now > was else -1
    ground: Attributes = {"class": "grid", "x1": "10", "x2": str(WIDE - 10), "y1": 70, "y2": 70}
    arrow = f"M{was:.1f} 70H{now - way * 12:.1f}"
    head = f"M{now - way * 14:.1f} 60L{now - way * 4:.1f} 70L{now - way * 14:.1f} 80"
    parts = [
        h("line", ground),
        h("path", {"class": "slow-move", "d": arrow + head}) if now != was else "",
        h("circle", {"class": "slow-was", "cx": f"{was:.1f}", "cy": "70", "r": "8"}),
        h("circle", {"class": "slow-now", "cx": f"{now:.1f}", "cy": "70", "r": "8"}),
        label(was, 40, say(state, "slow.update.was")),
        label(was, 108, exact(state, told.w), is_number=True),
        label(now, 40, say(state, "slow.update.now")),
        label(now, 108, exact(state, told.is_new), is_number=True),
    ]
    box: Attributes = {
        "class": "slow-line",
        "viewBox": f"0 0 {WIDE} {HIGH}",
        "role": "img",
        "aria-label": say(
            state, "slow.update.line", was=exact(state, told.w), now=exact(state, told.is_new)
        ),
    }
    return h("svg", box, parts)


def label(x: float, y: float, words: str, *, is_number: bool = False) -> Node:
    """A word or a number of the line."""
    place: Attributes = {
        "class": "number" if is_number else None,
        "x": f"{x:.0f}",
        "y": f"{y:.0f}",
        "text-anchor": "middle",
    }
    return h("text", place, words)


def ledger(state: AppState, step: SlowStep, told: OneWeight) -> Node:
    """Each line of the update: what it is, how it is made, what it gives."""
    gradient = number(state, f"{told.name}{GRAD}", told.index, told.gradient)
    clipped = f"{q(state, told.gradient)} · {q(state, told.clip_scale)}"
    decay = f"{q(state, told.w)} · (1 − {q(state, told.lr)} · {q(state, told.decay)})"
    lines = [
        row(state, "w", "", exact(state, told.w)),
        row(state, "gradient", "", gradient),
        row(state, "clipped", clipped, exact(state, told.clipped)),
        *(moments(state, step, told) if step.knobs["is_adam"] else ()),
        row(state, "shrunk", decay, exact(state, told.shrunk)),
        row(
            state, "new", f"{q(state, told.shrunk)} − {q(state, told.move)}", exact(state, told.new)
        ),
        row(state, "graph", "", exact(state, told.is_new)),
    ]
    place = h("caption", {}, hook_mark(f"{told.name}[{written_index(told.index)}]"))
    table = h("table", {"class": "data-table slow-ledger"}, place, h("tbody", {}, lines))
    return h("div", {"class": "scroll slow-scroll", "tabindex": "0"}, table)


def row(state: AppState, key: str, made: str, given: Child) -> Node:
    """One line of the update."""
    return h(
        "tr",
        {"class": f"is-{key}"},
        h("th", {"scope": "row"}, rich(state, f"slow.ledger.{key}")),
        h("td", {}, h("code", {}, made) if made else ""),
        h("td", {}, given),
    )


def moments(state: AppState, step: SlowStep, told: OneWeight) -> list[Node]:
    """The running means, what is taken out of them, and how far that moves the number."""
    one, two = q(state, told.beta1), q(state, told.beta2)
    m, v, g = (q(state, value) for value in (told.m_before, told.v_before, told.clipped))
    root = f"{q(state, told.v_root)} + {q(state, told.eps)}"
    start, square = f"(1 − {one}^{step.number})", f"√(1 − {two}^{step.number})"
    move = f"{q(state, told.lr)} · {q(state, told.m_hat)} / ({root})"
    return [
        row(state, "m", f"{one} · {m} + (1 − {one}) · {g}", exact(state, told.m)),
        row(state, "v", f"{two} · {v} + (1 − {two}) · {g}²", exact(state, told.v)),
        row(state, "m_hat", f"{q(state, told.m)} / {start}", exact(state, told.m_hat)),
        row(state, "v_root", f"√{q(state, told.v)} / {square}", exact(state, told.v_root)),
        row(state, "move", move, exact(state, told.move)),
    ]


def q(state: AppState, value: float) -> str:
    """A number inside a formula, by four digits; one below 0 in brackets."""
    written = readout(state, value)
    return f"({written})" if value < 0 else written
