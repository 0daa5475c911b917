"""A gradient as a number that opens the sum behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.numbers import exact, readout
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Spoken


def written_index(index: tuple[int, ...]) -> str:
    """A place as a button carries it."""
    return ",".join(map(str, index))


def number(spoken: Spoken, name: str, index: tuple[int, ...], value: float) -> Node:
    """The button: four digits, all of them and the name where a pointer rests.

    Args:
        name: The gradient's, with its end: `blocks.0.attn.W_Q.grad`.
    """
    place = f"{name}[{written_index(index)}]"
    told = {
        "type": "button",
        "class": "cell-button number",
        "data-action": "slow-sum",
        "data-name": name,
        "data-index": written_index(index),
        "title": exact(spoken, value),
        "aria-label": say(spoken, "sums.named", name=place, value=readout(spoken, value)),
    }
    return h("button", told, readout(spoken, value))
