"""What the colours of a step's strips do not reach: how many numbers, and the largest of them.

The first token's vector is thousands long in a few of its numbers: a strip that reached them would
show nothing else, so it stops short, marks them with a tick, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.node import Node, h
from seethrough.view.numbers import count, readout
from seethrough.view.scales import Diverging, symmetric_limit
from seethrough.view.wants import chosen
from seethrough.view.words import hook_mark, rich, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array


def scale_note(scene: Scene, strips: Iterable[tuple[str, Array]]) -> Node:
    """The colours in words, and what they do not reach of some strips (see `beyond`)."""
    return h("p", {"class": "note scale"}, say(scene, "mix.scale"), " ", beyond(scene, strips))


def whole(scene: Scene, names: Iterable[str]) -> list[tuple[str, Array]]:
    """The strips of some hooks at the chosen token, as far as they are known."""
    at, row = chosen(scene), scene.run.captured.row
    return [(f"{name}[{at}", values) for name in names if (values := row(name, at)) is not None]


def beyond(scene: Scene, strips: Iterable[tuple[str, Array]]) -> list[Node | str]:
    """How many numbers of some strips have a tick, and the largest; nothing where none has.

    Args:
        strips: Each one's name up to its last index, and its numbers.
    """
    n_beyond, most, where = 0, 0.0, ""
    for name, values in strips:
        is_beyond = Diverging(symmetric_limit(values)).clipped(values)
        n_beyond += int(is_beyond.sum())
        at = int(np.abs(values).argmax())
        if is_beyond[at] and abs(values[at]) > abs(most):
            most, where = float(values[at]), f"{name},{at}]"
    if not n_beyond:
        return []
    number = h("b", {}, readout(scene, most))
    return rich(scene, "clipped.told", n=count(scene, n_beyond), most=number, name=hook_mark(where))
