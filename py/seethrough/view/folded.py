"""What is folded away under a picture: its numbers, written when the reader opens them.

A step has thousands of numbers behind its picture; writing them all before anyone asks would make
every click wait. `state.unfolded` names what is open; None writes everything, as tests and files
want it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Child, Node, h
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import Scene


def folded(scene: Scene, name: str, summary: Child, make: Callable[[], Child]) -> Node:
    """Details that hold tables; `make` is called only where they are open.

    Args:
        name: The element's id, by which the page tells what is open.
        summary: What is said of it while it is folded.
    """
    is_open = scene.unfolded is None or name in scene.unfolded
    body = make() if is_open else h("p", {"class": "note"}, say(scene, "view.folded"))
    return h("details", {"class": "data", "id": name}, h("summary", {}, summary), body)
