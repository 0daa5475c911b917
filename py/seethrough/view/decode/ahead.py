"""What will stand in a picture of the lab that nothing was computed for yet, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.numbers import count, duration
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene


def told(scene: Scene, name: str, n_passes: int) -> Node:
    """What will be seen, how often the model runs for it at the most, and about how long.

    Args:
        name: Of its sentence, `decode.<name>.ahead`.
    """
    price = say(scene, "decode.passes", n_passes=count(scene, n_passes))
    took = pass_ms(scene)
    about = None
    if took:
        about = say(scene, "decode.about", time=duration(scene, took * n_passes))
    seen = h("p", {}, rich(scene, f"decode.{name}.ahead"))
    return h("div", {"class": "decode-ahead"}, seen, h("p", {"class": "note"}, price, " ", about))


def pass_ms(scene: Scene) -> float:
    """What a pass over one token took here last; 0 where none was measured."""
    known = [step.elapsed_ms for step in scene.run.steps if step.elapsed_ms]
    return sorted(known)[len(known) // 2] if known else 0.0
