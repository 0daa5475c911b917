"""The other ways that the text went, and the way back to the prompt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core.tokens import END
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import count, probability, with_signs
from seethrough.view.steps.written import bits, text_of
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Branch, Scene, Spoken

MOST_LETTERS = 120
EXPONENT_FROM = 30


def panel(scene: Scene) -> list[Node]:
    """The other ways, each with its text and what it was given; nothing where there is none."""
    if not scene.run.branches and not scene.run.written:
        return []
    items = [h("li", {}, way(scene, index)) for index in range(len(scene.run.branches))]
    heading = h("h2", {"class": "part-title"}, say(scene, "loop.branches"))
    ways = [heading, h("ol", {}, items)] if items else []
    return [h("section", {"class": "branches"}, back(scene) if scene.run.written else None, ways)]


def back(scene: Scene) -> Node:
    """The walk is about a longer text now: say so, with the way back."""
    attributes: Attributes = {
        "data-new": "0",
        "data-to": "loop",
        "disabled": scene.busy not in {"", "load"},
    }
    last = token_mark(scene.run.written[-1].visible)
    words = rich(scene, "loop.longer", n_new=count(scene, len(scene.run.written)), token=last)
    button = action_button(scene, "go-to", "loop.back", attributes)
    return h("p", {"class": "note"}, words, " ", button)


def way(scene: Scene, index: int) -> list[Node | str]:
    """One way: a button that takes it, its text from the fork on, its probability."""
    branch = scene.run.branches[index]
    fork = fork_of(scene, branch)
    attributes: Attributes = {
        "class": "way",
        "type": "button",
        "data-action": "return-to",
        "data-index": str(index),
        "disabled": scene.busy not in {"", "load"},
    }
    ended = branch.stop == END
    same = text_of(branch.steps[:fork], has_end=False)
    other = text_of(branch.steps[fork:], has_end=ended)
    told = rich(
        scene,
        "loop.way" if other else "loop.way_same",
        n_tokens=count(scene, len(branch.steps)),
        step=count(scene, fork + 1),
        prob=odds(scene, math.fsum(bits(step.prob) for step in branch.steps)),
    )
    words = h(
        "bdi", {}, h("span", {"class": "is-quiet"}, same[-MOST_LETTERS:]), other[:MOST_LETTERS]
    )
    return [h("button", attributes, words), h("span", {"class": "note"}, told)]


def fork_of(scene: Scene, branch: Branch) -> int:
    """The first step at which a way differs from the present one."""
    pairs = zip(branch.steps, scene.run.steps, strict=False)
    shared = min(len(branch.steps), len(scene.run.steps))
    return next((at for at, (old, new) in enumerate(pairs) if old.id != new.id), shared)


def odds(spoken: Spoken, n_bits: float) -> str:
    """The probability of so much surprise, however small: `1 in 3.4e310`."""
    if not EXPONENT_FROM < n_bits < math.inf:
        return probability(spoken, 2.0**-n_bits)
    power, part = divmod(n_bits * math.log10(2), 1)
    return say(spoken, "view.one_in", count=with_signs(spoken, f"{10**part:.1f}e{power:.0f}"))
