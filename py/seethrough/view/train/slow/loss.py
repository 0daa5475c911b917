"""The loss: how wrong each guess was, −log p of the letter that came, and the mean of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.folded import folded
from seethrough.view.ideas.plain import lead, picture, whole
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact, probability
from seethrough.view.train.slow.letters import before_mark, has_aim, mark, visible
from seethrough.view.train.slow.tables import data_table
from seethrough.view.train.slow.tape import Bars, tape
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep

WIDE, HIGH, LEFT, FOOT = 420, 220, 34, 30
TOP = 5.0  # nats; what is above stands at the edge
SHARES = np.linspace(0.006, 1, 120)


def idea(state: AppState, step: SlowStep) -> list[Child]:
    """Above each letter how wrong the guess was; beside, the curve that says so."""
    drawn = tape(state, step, losses_of(state, step))
    told = h("p", {"class": "slow-told"}, at_place(state, step, is_exact=False))
    beside = h("div", {"class": "slow-place is-beside"}, told, curve(state, step))
    return [
        lead(rich(state, "idea.slow.loss", loss=h("b", {}, f"{step.loss:.2f}"))),
        picture(say(state, "slow.loss.picture"), drawn, beside),
    ]


def numbers(state: AppState, step: SlowStep) -> list[Child]:
    """Each letter's −log p, each snippet's mean, and the mean of all, which is the loss."""
    fields: dict[str, Node | str] = {
        "loss": h("b", {}, exact(state, float(np.float32(step.loss)))),
        "targets": count(state, step.n_targets),
    }
    told = h("p", {"class": "slow-told"}, at_place(state, step, is_exact=True))
    return [
        h("p", {"class": "lead"}, rich(state, "slow.loss.numbers", **fields)),
        tape(state, step, losses_of(state, step)),
        h("div", {"class": "slow-place is-beside"}, told, curve(state, step)),
        folded(state, "slow-losses", say(state, "slow.loss.table"), lambda: table(state, step)),
        folded(state, "slow-means", say(state, "slow.loss.means"), lambda: means(state, step)),
    ]


def losses_of(state: AppState, step: SlowStep) -> Bars:
    """−log p of each place, against TOP."""
    losses = step.losses[step.document]
    told = [
        say(state, "slow.loss.told", letter=visible(step, int(aim)), loss=f"{loss:.2f}")
        for aim, loss in zip(step.aims, map(float, losses), strict=True)
    ]
    return Bars(("loss",), (losses,), told, TOP)


def at_place(state: AppState, step: SlowStep, *, is_exact: bool) -> Child:
    """The chosen letter: its share, and what that costs."""
    position = state.lesson.slow.position
    if not has_aim(step, position):
        return say(state, "slow.no_aim")
    share, loss = float(step.p_of_aim(step.shares)[position]), step.losses[step.document, position]
    fields: dict[str, Node | str] = {
        "before": before_mark(state, step, position),
        "letter": mark(step, int(step.aims[position])),
        "share": probability(state, share) if is_exact else whole(state, share),
        "loss": h("b", {}, exact(state, loss) if is_exact else f"{loss:.2f}"),
    }
    return rich(state, "slow.loss.place", **fields)


def curve(state: AppState, step: SlowStep) -> Node:
    """−log p over p, a dot for each letter of the snippet, the chosen one large."""

    def x(share: float) -> str:
        return f"{LEFT + (WIDE - LEFT - 10) * share:.1f}"

    def y(loss: float) -> str:
        return f"{8 + (HIGH - FOOT - 8) * (1 - min(loss, TOP) / TOP):.1f}"

    line = " ".join(f"{x(share)},{y(-np.log(share))}" for share in SHARES)
    shares, losses = step.p_of_aim(step.shares), step.losses[step.document]
    dots = [
        h("circle", {"cx": x(shares[at]), "cy": y(losses[at]), "r": 3})
        for at in range(len(shares))
        if has_aim(step, at)
    ]
    position = state.lesson.slow.position
    chosen: Attributes = {
        "class": "is-chosen",
        "cx": x(shares[position]),
        "cy": y(losses[position]),
        "r": 7,
    }
    axes = [
        h("line", {"class": "grid", "x1": x(0), "x2": x(1), "y1": y(0), "y2": y(0)}),
        h("line", {"class": "grid", "x1": x(0), "x2": x(0), "y1": y(0), "y2": y(TOP)}),
        label(LEFT, HIGH - 8, "0", "middle"),
        label(WIDE - 10, HIGH - 8, say(state, "slow.loss.axis"), "end"),
        label(LEFT - 6, 8 + 10, f"{TOP:.0f}", "end"),
    ]
    box: Attributes = {
        "class": "slow-curve",
        "viewBox": f"0 0 {WIDE} {HIGH}",
        "role": "img",
        "aria-label": say(state, "slow.loss.curve"),
    }
    return h("svg", box, axes, h("polyline", {"points": line}), dots, h("circle", chosen))


def label(x: float, y: float, words: str, anchor: str) -> Node:
    """A word of the picture."""
    return h("text", {"x": f"{x:.0f}", "y": f"{y:.0f}", "text-anchor": anchor}, words)


def table(state: AppState, step: SlowStep) -> Node:
    """Each place's p and −log p with all digits."""
    shares, losses = step.p_of_aim(step.shares), step.losses[step.document]
    head = [say(state, f"slow.column.{name}") for name in ("place", "came", "share", "loss")]
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, str(at)),
            h("td", {}, h("bdi", {}, visible(step, int(step.aims[at])))),
            h("td", {}, exact(state, shares[at])),
            h("td", {}, exact(state, losses[at])),
        )
        for at in range(len(shares))
        if has_aim(step, at)
    ]
    return data_table(head, rows)


def means(state: AppState, step: SlowStep) -> Node:
    """The mean of each snippet, and how many letters it is the mean of."""
    head = [say(state, f"slow.column.{name}") for name in ("document", "letters", "loss")]
    rows = []
    for at, (losses, counted) in enumerate(zip(step.losses, step.counted, strict=True)):
        mean = float(losses[counted].mean(dtype=np.float64)) if counted.any() else 0.0
        number = h("th", {"scope": "row"}, str(at + 1))
        cells = h("td", {}, str(int(counted.sum()))), h("td", {}, f"{mean:.4f}")
        rows.append(h("tr", {}, number, *cells))
    return data_table(head, rows)
