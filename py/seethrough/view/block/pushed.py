"""Which tokens a vector pushes up and down, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.view.block.facts import has_norms_after
from seethrough.view.kept import kept_with
from seethrough.view.node import Node, h
from seethrough.view.numbers import exact, signed
from seethrough.view.words import Reader, rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import Scene
    from seethrough.core.cell import Cell
    from seethrough.core.pushes import Push, Pushes

N_TOLD = 4
LINES = 4  # pixels of the thickest line under a word


def tokens(scene: Scene, name: Cell, times: float = 1.0, reach: float = 0.0) -> Node:
    """The tokens that a vector pushes up and down most; that they are on their way, or not here.

    Args:
        times: What the vector is multiplied by: a neuron's activation turns them where it is
            below zero.
        reach: The push that gets the thickest line, of all vectors beside each other; 0: no lines
            are compared.
    """
    known = scene.run.pushes.get(name)
    if known is None:
        key = "pushed.waits" if scene.run.source == "live" else "pushed.lacking"
        return h("span", {"class": "pushed is-missing"}, say(scene, key))
    return told(known, scene.language, times, reach)


@kept_with
def told(known: Pushes, language: str, times: float, reach: float) -> Node:
    """The same of tokens that are known, written once: another head leaves them as they are."""
    reader, shown = Reader(language), known.at(times)
    return h(
        "span",
        {"class": "pushed"},
        side(reader, "up", shown.up, (times, reach)),
        side(reader, "down", shown.down, (times, reach)),
    )


def reach_of(scene: Scene, vectors: Mapping[Cell, float]) -> float:
    """The largest push of some vectors beside each other, each times a number; 0: none is here."""
    known = [(scene.run.pushes.get(name), times) for name, times in vectors.items()]
    values = [
        abs(one.value * times)
        for pushes, times in known
        if pushes is not None
        for one in (*pushes.up[:N_TOLD], *pushes.down[:N_TOLD])
    ]
    return max(values, default=0.0)


def thickness(value: float, reach: float) -> str:
    """How thick the line under a word is: one of LINES, by its push."""
    return f" is-{min(math.ceil(abs(value) / reach * LINES) or 1, LINES)}" if reach else ""


def side(reader: Reader, key: str, some: tuple[Push, ...], measure: tuple[float, float]) -> Node:
    """The tokens of one side, each with its exact push as its title."""
    words = [push(reader, one, measure) for one in some[:N_TOLD]]
    name = h("b", {}, say(reader, f"pushed.{key}"))
    return h("span", {"class": f"push-side is-{key}"}, name, words)


def push(reader: Reader, one: Push, measure: tuple[float, float]) -> Node:
    """One token, and how far it is pushed.

    Args:
        measure: What the vector is multiplied by, and the largest push beside this one.
    """
    times, reach = measure
    value = one.value * times
    row = exact(reader, one.value)
    is_whole = times == 1.0
    title = say(reader, "pushed.value", value=row if is_whole else exact(reader, value), row=row)
    number = h("span", {"class": "number"}, signed(reader, value))
    classes = f"push{thickness(value, reach)}"
    return h("span", {"class": classes, "title": title}, token_mark(one.visible), number)


def caveat(scene: Scene) -> Node:
    """That it is read before the final norm, and what is left out where there is a norm between."""
    key = "pushed.normed" if has_norms_after(scene.run.config) else "pushed.note"
    return h("p", {"class": "note"}, rich(scene, key))
