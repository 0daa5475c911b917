"""The numbers of step 6 as they are written: what adds up does so by the digits shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.addends import add_up, shares
from seethrough.view.node import Node, h
from seethrough.view.numbers import bracketed, cell, in_column, signed
from seethrough.view.words import rich, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.addends import Addends, Shares
    from seethrough.view.steps.softened import Softened

N_WORKED = 2


@dataclass(frozen=True)
class Digits:
    """The columns, row by row: logits, what is below the best, powers of e, shares."""

    logits: tuple[str, ...]
    below: tuple[str, ...]
    powers: Addends
    shares: Shares


def digits_of(scene: Scene, made: Softened) -> Digits:
    """What stands in the columns: in each one number of decimals, its sum the shown one."""
    powers = [row.power for row in made.rows]
    return Digits(
        tuple(signed(scene, row.item.logit) for row in made.rows),
        tuple(cell(scene, row.below) for row in made.rows),
        add_up(scene, powers, made.total, made.rest),
        shares(scene, [row.prob for row in made.rows], made.rest / made.total),
    )


def worked(scene: Scene, made: Softened) -> Node:
    """Softmax as a formula, and the same with the numbers of the two best tokens."""
    told = digits_of(scene, made)
    powers = in_column(scene, [row.power for row in made.rows[:N_WORKED]])
    lines = [
        h(
            "li",
            {},
            rich(
                scene,
                "softmax.worked",
                token=token_mark(row.item.visible),
                logit=told.logits[at],
                max=bracketed(cell(scene, made.largest)),
                below=told.below[at],
                power=powers[at],
                total=told.powers.whole,
                share=h("b", {}, told.shares.parts[at]),
            ),
        )
        for at, row in enumerate(made.rows[:N_WORKED])
    ]
    return h(
        "div",
        {"class": "worked"},
        h("p", {}, rich(scene, "softmax.formula", total=told.powers.whole)),
        h("ul", {}, lines),
    )
