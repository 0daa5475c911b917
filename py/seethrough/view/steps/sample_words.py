"""How tokens and shares of the step "sample" are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.numbers import probability
from seethrough.view.words import name_of, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.view.node import Node


def named(scene: Scene, token: int) -> str:
    """A token's text as shown; its number where nobody knows the text here."""
    known = name_of(scene, token)
    return say(scene, "step.sample.unnamed", id=token) if known is None else known


def marked(scene: Scene, token: int) -> Node:
    """A token inside a sentence."""
    return token_mark(named(scene, token))


def share(scene: Scene, value: float) -> str:
    """A probability as the page writes them."""
    return probability(scene, float(value))


def share_of(scene: Scene, probs: Array, token: int) -> str:
    """A token's probability among some."""
    return share(scene, float(probs[token]))
