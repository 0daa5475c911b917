"""The guess: how much the model believed in each letter before it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view.ideas.plain import lead, picture, whole
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import probability, readout
from seethrough.view.scales import nice_above
from seethrough.view.train.slow.letters import before_mark, has_aim, mark, visible
from seethrough.view.train.slow.shares import bars, likeliest
from seethrough.view.train.slow.tape import Bars, tape
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep


def idea(state: AppState, step: SlowStep) -> list[Child]:
    """Above each letter its share; beside, what else was likely at the chosen place."""
    drawn = tape(state, step, shares_of(state, step))
    return [
        lead(rich(state, "idea.slow.guess")),
        picture(
            say(state, "slow.guess.picture"),
            h("div", {}, drawn, scale_note(state, step)),
            at_place(state, step),
        ),
    ]


def numbers(state: AppState, step: SlowStep) -> list[Child]:
    """The same with every letter's score and share at the chosen place."""
    return [
        h("p", {"class": "lead"}, rich(state, "slow.guess.numbers")),
        tape(state, step, shares_of(state, step)),
        scale_note(state, step),
        every_letter(state, step),
    ]


def shares_of(state: AppState, step: SlowStep) -> Bars:
    """p of the right letter at each place."""
    shares = step.p_of_aim(step.shares)
    told = [
        say(state, "slow.guess.told", letter=visible(step, int(aim)), share=probability(state, p))
        for aim, p in zip(step.aims, map(float, shares), strict=True)
    ]
    return Bars(("share",), (shares,), told, reach_of(step))


def reach_of(step: SlowStep) -> float:
    """What a bar of full height means: the same before the step and after it."""
    most = max(step.p_of_aim(step.shares).max(), step.p_of_aim(step.after_shares).max())
    return min(1.0, nice_above(max(float(most), 0.01)))


def scale_note(state: AppState, step: SlowStep) -> Node:
    """The height of the bars in words."""
    reach = whole(state, reach_of(step))
    return h("p", {"class": "slow-note"}, say(state, "slow.guess.scale", share=reach))


def at_place(state: AppState, step: SlowStep) -> Node:
    """The likeliest letters at the chosen place, and the one that came."""
    position = state.lesson.slow.position
    if not has_aim(step, position):
        return h("p", {"class": "idea-note"}, say(state, "slow.no_aim"))
    letters = likeliest(step, position, step.shares)
    row = step.shares[position]
    aim = int(step.aims[position])
    written = [[whole(state, float(row[letter]))] for letter in letters]
    words = rich(
        state,
        "slow.guess.place",
        before=before_mark(state, step, position),
        letter=mark(step, aim),
        share=h("b", {}, whole(state, float(row[aim]))),
    )
    drawn = bars(state, step, letters, (("share", row),), written=written, position=position)
    return h("div", {"class": "slow-place"}, h("p", {"class": "slow-told"}, words), drawn)


def every_letter(state: AppState, step: SlowStep) -> Node:
    """Every letter's score and share at the chosen place, the likeliest first."""
    position = state.lesson.slow.position
    row = step.shares[position]
    letters = sorted(range(len(row)), key=lambda letter: -row[letter])
    scores = step.arrays[hooks.LOGITS][position]
    written: list[list[Child]] = [
        [h("span", {}, readout(state, float(scores[letter]))), " ", probability(state, row[letter])]
        for letter in letters
    ]
    words = rich(state, "slow.guess.every", before=before_mark(state, step, position))
    drawn = bars(state, step, letters, (("share", row),), written=written, position=position)
    return h("div", {"class": "slow-place"}, h("p", {"class": "slow-told"}, words), drawn)
