"""After the step: the same text guessed again with the new weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.train.backward import IGNORED
from seethrough.view.folded import folded
from seethrough.view.ideas.plain import lead, picture
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import count, exact, probability
from seethrough.view.train.slow.guess import reach_of, scale_note
from seethrough.view.train.slow.letters import before_mark, has_aim, mark, visible
from seethrough.view.train.slow.shares import bars, likeliest
from seethrough.view.train.slow.tables import data_table
from seethrough.view.train.slow.tape import Bars, tape
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep

KINDS = ("before", "share")


def idea(state: AppState, step: SlowStep) -> list[Child]:
    """Two bars above each letter, and the chosen place's letters before and after."""
    fields = {
        "before": h("b", {}, f"{step.loss:.3f}"),
        "after": h("b", {}, f"{step.after_loss:.3f}"),
    }
    key = "idea.slow.after" if step.after_loss < step.loss else "idea.slow.after_worse"
    drawn = tape(state, step, both(state, step))
    bars = h("div", {}, legend(state), drawn, scale_note(state, step))
    shown = picture(say(state, "slow.after.picture"), bars, at_place(state, step))
    return [lead(rich(state, key, **fields)), shown, counted(state, step)]


def numbers(state: AppState, step: SlowStep) -> list[Child]:
    """The same with all digits."""
    fields = {
        "before": h("b", {}, exact(state, float(np.float32(step.loss)))),
        "after": h("b", {}, exact(state, float(np.float32(step.after_loss)))),
    }
    return [
        h("p", {"class": "lead"}, rich(state, "slow.after.numbers", **fields)),
        legend(state),
        tape(state, step, both(state, step)),
        scale_note(state, step),
        at_place(state, step),
        counted(state, step),
        folded(state, "slow-after", say(state, "slow.after.table"), lambda: table(state, step)),
    ]


def both(state: AppState, step: SlowStep) -> Bars:
    """p of the right letter at each place, before and after."""
    shares = step.p_of_aim(step.shares), step.p_of_aim(step.after_shares)
    told = [
        say(
            state,
            "slow.after.told",
            letter=visible(step, int(aim)),
            before=probability(state, before),
            after=probability(state, after),
        )
        for aim, before, after in zip(step.aims, *(map(float, one) for one in shares), strict=True)
    ]
    return Bars(KINDS, shares, told, reach_of(step))


def legend(state: AppState) -> Node:
    """Which bar is which."""
    words = [
        h("span", {"class": f"slow-key is-{kind}"}, say(state, f"slow.after.key_{kind}"))
        for kind in KINDS
    ]
    return h("p", {"class": "slow-legend"}, words)


def at_place(state: AppState, step: SlowStep) -> Node:
    """The likeliest letters at the chosen place, before and after."""
    position = state.lesson.slow.position
    if not has_aim(step, position):
        return h("p", {"class": "idea-note"}, say(state, "slow.no_aim"))
    before, after = step.shares[position], step.after_shares[position]
    letters = likeliest(step, position, step.shares)
    written: list[list[Child]] = [
        [
            f"{probability(state, float(before[one]))} → ",
            h("b", {}, probability(state, float(after[one]))),
        ]
        for one in letters
    ]
    aim = int(step.aims[position])
    words = rich(
        state,
        "slow.after.place",
        read=before_mark(state, step, position),
        letter=mark(step, aim),
        before=h("b", {}, probability(state, float(before[aim]))),
        after=h("b", {}, probability(state, float(after[aim]))),
    )
    columns = (("before", before), ("share", after))
    drawn = bars(state, step, letters, columns, written=written, position=position)
    return h("div", {"class": "slow-place"}, h("p", {"class": "slow-told"}, words), drawn)


def counted(state: AppState, step: SlowStep) -> Node:
    """How many letters of the whole batch became more likely."""
    better = int((step.after_losses < step.losses)[step.counted].sum())
    fields = {"better": count(state, better), "targets": count(state, step.n_targets)}
    return h("p", {"class": "idea-note"}, rich(state, "slow.after.counted", **fields))


def table(state: AppState, step: SlowStep) -> Node:
    """Each place's loss before and after."""
    names = ("place", "came", "before", "after")
    head = [say(state, f"slow.column.{name}") for name in names]
    before, after = step.losses[step.document], step.after_losses[step.document]
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, str(at)),
            h("td", {}, h("bdi", {}, visible(step, int(aim)))),
            h("td", {}, exact(state, before[at])),
            h("td", {}, exact(state, after[at])),
        )
        for at, aim in enumerate(step.aims)
        if aim != IGNORED
    ]
    return data_table(head, rows)
