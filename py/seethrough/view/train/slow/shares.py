"""What the model believed at one place: its likeliest letters and the right one, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.train.slow.letters import visible
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.train.slow import SlowStep

FEW = 5


def likeliest(step: SlowStep, position: int, shares: Array, most: int = FEW) -> list[int]:
    """The likeliest letters, and the right one where it is not among them."""
    order = [int(one) for one in np.argsort(-shares[position], kind="stable")[:most]]
    aim = int(step.aims[position])
    return order if aim < 0 or aim in order else [*order[:-1], aim]


def bars(
    state: AppState,
    step: SlowStep,
    letters: Sequence[int],
    columns: Sequence[tuple[str, Array]],
    *,
    written: Sequence[Sequence[Child]],
    position: int,
) -> Node:
    """A row a letter: its bars, its numbers; the right one is marked.

    Args:
        columns: The kind of each bar and its values by letter, each from 0 to 1.
        written: What stands behind the bars of each letter.
    """
    reach = max(*(float(values[one]) for _, values in columns for one in letters), 1e-9)
    aim = int(step.aims[position])
    rows = [
        h(
            "li",
            {"class": "is-aim" if letter == aim else None},
            h("bdi", {"class": "slow-letter"}, visible(step, letter)),
            bar([(kind, float(values[letter]) / reach) for kind, values in columns]),
            h("span", {"class": "slow-number"}, *words),
            h("span", {"class": "slow-aim"}, say(state, "slow.came") if letter == aim else ""),
        )
        for letter, words in zip(letters, written, strict=True)
    ]
    return h("ol", {"class": "slow-bars"}, rows)


def bar(parts: Sequence[tuple[str, float]]) -> Node:
    """One bar, or some above one another."""
    high = 100 / len(parts)
    drawn = [
        h(
            "rect",
            {
                "class": f"slow-bar is-{kind}",
                "x": "0",
                "y": f"{high * at:.1f}%",
                "height": f"{high * 0.88:.1f}%",
                "width": f"{100 * min(max(value, 0), 1):.2f}%",
            },
        )
        for at, (kind, value) in enumerate(parts)
    ]
    box: Attributes = {"class": "slow-across", "aria-hidden": "true"}
    return h("svg", box, drawn)
