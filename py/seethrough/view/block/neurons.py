"""All neurons of a layer for one token: their numbers, the strongest, the field that shows them.

The field's picture is named `neurons:3@5~2.5`: layer, position, the magnitude of full colour. Its
cells are the neurons in order, row by row; what is left of the last row is hatched.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name
from seethrough.core.neurons import activated, strongest
from seethrough.view.kept import kept_with
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import count, exact, limit, signed
from seethrough.view.pickers import layer_of
from seethrough.view.raster import diverging_raster, hatched
from seethrough.view.scales import Diverging, symmetric_limit
from seethrough.view.wants import chosen
from seethrough.view.words import hook_mark, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.config import ModelConfig

PREFIX = "neurons:"
NAME = re.compile(r"neurons:(\d+)@(\d+)~([\d.e+-]+)")
N_TOLD = 6
SIDE = 8  # pixels
WIDE = 3  # times as wide as high


@dataclass(frozen=True, eq=False)
class Neurons:
    """What the neurons of the chosen layer are at the chosen token.

    Shapes: pre, squashed (what the activation makes of it), post [d_mlp]; linear [d_mlp], None
    where the model has no second half.
    """

    pre: Array
    squashed: Array
    linear: Array | None
    post: Array

    @cached_property
    def told(self) -> tuple[int, ...]:
        """The strongest neurons, strongest first."""
        return strongest(self.post, N_TOLD)


def neurons_of(scene: Scene) -> Neurons | None:
    """The neurons; None where they are not known."""
    config = scene.run.config
    if config is None:
        return None
    return _neurons(scene.run.captured, config, layer_of(scene), chosen(scene))


@kept_with
def _neurons(captured: Captured, config: ModelConfig, layer: int, position: int) -> Neurons | None:
    """The same, told once of each place: everything in this room asks for them."""
    pre, post, linear = (
        captured.row(hook_name(leaf, layer), position)
        for leaf in (hooks.MLP_PRE, hooks.MLP_POST, hooks.MLP_PRE_LINEAR)
    )
    if pre is None or post is None:
        return None
    return Neurons(pre, activated(config, pre), linear, post)


def neuron_of(scene: Scene, known: Neurons) -> int:
    """The chosen neuron, inside the layer; the strongest where none is chosen."""
    asked = scene.choice.neuron
    return known.told[0] if asked is None or asked >= len(known.post) else asked


def shown_of(scene: Scene, known: Neurons) -> tuple[int, ...]:
    """The neurons that are told of: the strongest, and the chosen one where it is another."""
    own = neuron_of(scene, known)
    return known.told if own in known.told else (*known.told, own)


def reach_of(known: Neurons) -> float:
    """The activation that gets the full colour: the strongest but one in a hundred."""
    return symmetric_limit(known.post)


def columns_of(size: int) -> int:
    """Neurons in a row of the field: a multiple of 8, so that rows can be counted."""
    return max(8 * round(math.sqrt(size * WIDE) / 8), 8)


def field(scene: Scene, known: Neurons, *, told_in: str, place: Attributes) -> Node:
    """The canvas of all neurons.

    Args:
        told_in: The id of the readout where its cells open.
        place: Its place in the film.
    """
    size, reach = len(known.post), reach_of(known)
    columns = columns_of(size)
    rows = -(-size // columns)
    label = say(
        scene,
        "neurons.summary",
        n=count(scene, size),
        token=visible_at(scene, chosen(scene)),
        limit=limit(scene, reach),
    )
    return h(
        "canvas",
        {
            "class": "neuron-field",
            "data-raster": f"{PREFIX}{layer_of(scene)}@{chosen(scene)}~{reach:g}",
            "data-part": hooks.MLP_POST,
            "data-rows": str(rows),
            "data-columns": str(columns),
            "width": str(columns * SIDE),
            "height": str(rows * SIDE),
            "tabindex": "0",
            "role": "img",
            "aria-label": label,
            "aria-describedby": told_in,
            **place,
        },
    )


def read(scene: Scene, name: str) -> tuple[str, int, Array, float] | None:
    """Hook, position, numbers and reach of a field's name; None where they are not known."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    hook, position = hook_name(hooks.MLP_POST, int(found[1])), int(found[2])
    values = scene.run.captured.row(hook, position)
    return None if values is None else (hook, position, values, float(found[3]))


def raster(scene: Scene, name: str, *, dark: bool) -> Array | None:
    """The field's pixels; None where its numbers are not known any more."""
    told = read(scene, name)
    if told is None:
        return None
    values, columns = told[2], columns_of(len(told[2]))
    short = -len(values) % columns
    matrix = np.pad(values, (0, short)).reshape(-1, columns)
    scale = Diverging(told[3])
    pixels = diverging_raster(matrix, scale, dark=dark, wide=SIDE, high=SIDE, tick=2)
    if short:
        end = pixels[-SIDE:, -short * SIDE :]
        end[:] = hatched(end.copy(), np.ones(SIDE, bool), dark=dark)
    return pixels


def cell_of(scene: Scene, name: str, line: int, column: int) -> Cell | None:
    """Which neuron a place of the field is; None outside it."""
    told = read(scene, name)
    if told is None:
        return None
    columns = columns_of(len(told[2]))
    at = line * columns + column
    if not (0 <= column < columns and 0 <= at < len(told[2])):
        return None
    return Cell(told[0], (told[1], at))


def opened(scene: Scene, name: str, line: int, column: int) -> str:
    """The neuron under the pointer: its name, its activation; empty outside."""
    told, cell = read(scene, name), cell_of(scene, name, line, column)
    if told is None or cell is None:
        return ""
    value = float(told[2][cell.index[1]])
    return to_html(
        h(
            "span",
            {"class": "opened-value"},
            rich(
                scene,
                "neurons.one",
                neuron=str(cell.index[1]),
                token=token_mark(visible_at(scene, told[1])),
                value=h("b", {"title": exact(scene, value)}, signed(scene, value)),
                name=hook_mark(str(cell)),
            ),
        )
    )
