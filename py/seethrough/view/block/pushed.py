"""Which tokens a vector pushes up and down, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.block.facts import has_norms_after
from seethrough.view.node import Node, h
from seethrough.view.numbers import exact, signed
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cell import Cell
    from seethrough.core.pushes import Push

N_TOLD = 4


def tokens(scene: Scene, name: Cell, times: float = 1.0) -> Node:
    """The tokens that a vector pushes up and down most; that they are on their way, or not here.

    Args:
        times: What the vector is multiplied by: a neuron's activation turns them where it is
            below zero.
    """
    known = scene.run.pushes.get(name)
    if known is None:
        key = "pushed.waits" if scene.run.source == "live" else "pushed.lacking"
        return h("span", {"class": "pushed is-missing"}, say(scene, key))
    shown = known.at(times)
    return h(
        "span",
        {"class": "pushed"},
        side(scene, "up", shown.up, times),
        side(scene, "down", shown.down, times),
    )


def side(scene: Scene, key: str, some: tuple[Push, ...], times: float) -> Node:
    """The tokens of one side, each with its exact push as its title."""
    words: list[Node | str] = []
    for one in some[:N_TOLD]:
        value = one.value * times
        told = say(scene, "pushed.value", value=exact(scene, value), row=exact(scene, one.value))
        number = h("span", {"class": "number"}, signed(scene, value))
        words.append(h("span", {"class": "push", "title": told}, token_mark(one.visible), number))
    return h(
        "span", {"class": f"push-side is-{key}"}, h("b", {}, say(scene, f"pushed.{key}")), words
    )


def caveat(scene: Scene) -> Node:
    """That it is read before the final norm, and what is left out where there is a norm between."""
    key = "pushed.normed" if has_norms_after(scene.run.config) else "pushed.note"
    return h("p", {"class": "note"}, rich(scene, key))
