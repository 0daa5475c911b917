"""The document as a row of letters to choose from, a bar above each where one is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.train.slow.letters import has_aim, visible
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.train.slow import SlowStep

HIGH = 100


@dataclass(frozen=True)
class Bars:
    """What stands above the letters: one or two bars each, and what a letter's number is.

    `reach`: the value of a bar of full height. `told`: the number of a place in words.
    """

    kinds: tuple[str, ...]
    values: Sequence[Array]
    told: Sequence[str]
    reach: float = 1.0


def tape(state: AppState, step: SlowStep, bars: Bars | None = None) -> Node:
    """All letters that were to be guessed; the first one is only read."""
    first = h("li", {"class": "slow-first"}, h("bdi", {}, visible(step, int(step.text[0]))))
    places = [at for at in range(len(step.aims)) if has_aim(step, at)]
    tiles = [h("li", {}, tile(state, step, at, bars)) for at in places]
    classes = "slow-tape" if bars is None else "slow-tape has-bars"
    told: Attributes = {"class": classes, "aria-label": say(state, "slow.tape")}
    return h("ol", told, first, tiles)


def tile(state: AppState, step: SlowStep, position: int, bars: Bars | None) -> Node:
    """One letter as a button; what its bar says is told too."""
    letter = visible(step, int(step.aims[position]))
    told = letter if bars is None else bars.told[position]
    inside: list[Child] = [] if bars is None else [column(bars, position)]
    attributes: Attributes = {
        "type": "button",
        "class": "slow-tile",
        "data-action": "slow-place",
        "data-position": str(position),
        "aria-pressed": "true" if position == state.lesson.slow.position else "false",
        "aria-label": None if bars is None else told,
        "title": None if bars is None else told,
    }
    return h("button", attributes, *inside, h("bdi", {}, letter))


def column(bars: Bars, position: int) -> Node:
    """The bars above one letter."""
    wide = HIGH / len(bars.kinds)
    drawn = [
        rect(kind, index * wide, wide, float(values[position]) / bars.reach)
        for index, (kind, values) in enumerate(zip(bars.kinds, bars.values, strict=True))
    ]
    box: Attributes = {
        "viewBox": f"0 0 {HIGH} {HIGH}",
        "preserveAspectRatio": "none",
        "aria-hidden": "true",
    }
    return h("svg", box, drawn)


def rect(kind: str, x: float, wide: float, value: float) -> Node:
    """One bar, from the ground up."""
    high = HIGH * min(max(float(value), 0.0), 1.0)
    place: Attributes = {
        "class": f"slow-bar is-{kind}",
        "x": f"{x + wide * 0.12:.1f}",
        "width": f"{wide * 0.76:.1f}",
        "y": f"{HIGH - high:.2f}",
        "height": f"{high:.2f}",
    }
    return h("rect", place)
