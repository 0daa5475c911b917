"""How many of something, in words: six tokens, one token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.numbers import count
from seethrough.view.words import rich

if TYPE_CHECKING:
    from seethrough.app.state import Scene


def counted(scene: Scene, what: str, number: int) -> Node:
    """A number with its noun; `what` is characters, bytes, words, pieces, merges or tokens."""
    key = f"counted.{what}.one" if number == 1 else f"counted.{what}.many"
    return h("span", {"class": "counted"}, rich(scene, key, n=h("b", {}, count(scene, number))))
