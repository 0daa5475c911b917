"""What a recording does not hold: it is marked, and said in its place, with the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.insides import layer_of_part
from seethrough.core.written import list_of
from seethrough.view.node import Node, h
from seethrough.view.price import live_button

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene, Spoken

UNRECORDED = "is-unrecorded"


def lacks_position(scene: Scene, position: int) -> bool:
    """Whether the residual stream of a position is not in the recording that is shown."""
    return scene.run.recorded is not None and position not in scene.run.recorded.positions


def lacks_layer(scene: Scene, layer: int) -> bool:
    """Whether the attention of a layer is not in the recording that is shown."""
    return scene.run.recorded is not None and layer not in scene.run.recorded.layers


def inside_layers(scene: Scene) -> tuple[int, ...]:
    """The layers whose inside the shown recording has, in files of their own."""
    card = scene.walk_card
    layers = () if card is None else (layer_of_part(name) for name in card.parts)
    return tuple(sorted(layer for layer in layers if layer is not None))


def lacks_inside(scene: Scene, layer: int) -> bool:
    """Whether the inside of a layer is not in the shown recording; without any, its attention."""
    layers = inside_layers(scene)
    if not layers:
        return lacks_layer(scene, layer)
    return scene.run.recorded is not None and layer not in layers


def lacks_inside_at(scene: Scene, layer: int, position: int) -> bool:
    """Whether the inside of a layer is here, but not of this token."""
    name = hook_name(hooks.Q, layer)
    is_here = scene.run.recorded is not None and scene.run.captured.has(name)
    return is_here and scene.run.captured.row(name, position) is None


def note(scene: Scene, *sentence: Node | str) -> Node:
    """The sentence in the picture's place, announced, and a button that runs the prompt live."""
    words = (*sentence, " ", live_button(scene))
    return h("p", {"class": "lead unrecorded", "role": "status"}, *words)


def spans(spoken: Spoken, values: Sequence[int]) -> str:
    """Rising numbers in short: 0, 3, 5–8."""
    parts: list[str] = []
    first = 0
    for index, value in enumerate(values):
        if index + 1 == len(values) or values[index + 1] != value + 1:
            start = values[first]
            parts.append(str(value) if start == value else f"{start}\N{EN DASH}{value}")
            first = index + 1
    return list_of(parts, spoken.language)
