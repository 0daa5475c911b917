"""Every head of every layer in small, as one picture to choose from: layers across, heads down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view.kept import kept_of
from seethrough.view.node import Node, h
from seethrough.view.numbers import probability
from seethrough.view.pickers import layer_of
from seethrough.view.raster import HATCH_PERIOD, enlarge, pooled
from seethrough.view.scales import Ramp, rgb, theme
from seethrough.view.unrecorded import lacks_layer
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

PICTURE = "wall"
READOUT = "wall-readout"
ROLE = "attention"
# Pixels of a pattern, and of the frame around it, in which the chosen one stands.
SIDE, FRAME = 18, 2
STEP = SIDE + 2 * FRAME
# The patterns of all layers are asked for up to so many tokens (11 MB of SmolLM2).
MOST_TOKENS = 100
EVERY = 5


def wants(scene: Scene) -> Wants:
    """The patterns of all layers of a short text, in one pass."""
    config, n_tokens = scene.run.config, len(scene.run.tokens)
    if config is None or not 0 < n_tokens <= MOST_TOKENS:
        return NOTHING
    layers = [at for at in range(config.n_layers) if not lacks_layer(scene, at)]
    return want([hook_name(hooks.PATTERN, layer) for layer in layers])


def figure(scene: Scene) -> Node:
    """The picture with its axes, and what a place tells."""
    config = scene.run.config
    if config is None:
        return h("figure")
    wide, high = config.n_layers * STEP, config.n_heads * STEP
    looks = {"n_layers": config.n_layers, "n_heads": config.n_heads}
    return h(
        "figure",
        {"class": "wall"},
        h("h3", {"class": "aside-title"}, say(scene, "wall.title")),
        h("p", {"class": "is-quiet", "id": "wall-how"}, say(scene, "wall.how")),
        h(
            "div",
            {"class": "scroll wall-scroll"},
            h(
                "canvas",
                {
                    "data-raster": PICTURE,
                    "data-rows": str(config.n_heads),
                    "data-columns": str(config.n_layers),
                    "width": str(wide),
                    "height": str(high),
                    "tabindex": "0",
                    "role": "img",
                    "aria-label": say(scene, "wall.picture", **looks),
                    "aria-describedby": READOUT,
                },
            ),
            axis(config.n_layers, wide),
        ),
        h("output", {"class": "readout", "id": READOUT}, place(scene, scene.choice.head)),
    )


def axis(n_layers: int, wide: int) -> Node:
    """The numbers of the layers below their columns."""
    marks = [
        h("text", {"x": (at + 0.5) * STEP, "y": 13, "text-anchor": "middle"}, str(at))
        for at in range(0, n_layers, EVERY)
    ]
    size = {"width": str(wide), "height": "18", "viewBox": f"0 0 {wide} 18"}
    return h("svg", {"class": "labels", **size, "aria-hidden": "true"}, marks)


def place(scene: Scene, head: int, layer: int | None = None) -> str:
    """A head by its name, and where the chosen token looks most in it."""
    at = layer_of(scene) if layer is None else layer
    pattern = scene.run.pattern(at)
    position = min(max(scene.choice.position, 0), len(scene.run.tokens) - 1)
    if pattern is None or head >= len(pattern):
        return say(scene, "wall.lacking", head=head, layer=at)
    row = pattern[head, position]
    key = int(row.argmax())
    fields = {"query": scene.run.tokens[position].visible, "key": scene.run.tokens[key].visible}
    weight = probability(scene, float(row[key]))
    return say(scene, "wall.place", head=head, layer=at, weight=weight, **fields)


def describe(scene: Scene, row: int, column: int) -> str:
    """What is under the pointer; empty outside."""
    config = scene.run.config
    if config is None or not (0 <= row < config.n_heads and 0 <= column < config.n_layers):
        return ""
    return place(scene, row, column)


def order(_scene: Scene, row: int, column: int) -> tuple[str, Mapping[str, str]]:
    """What a click does: the head of the layer is chosen."""
    return "select-place", {"layer": str(column), "head": str(row)}


def raster(scene: Scene, *, dark: bool) -> Array | None:
    """The pixels: each pattern in its place, what is not known hatched, the chosen one framed."""
    config = scene.run.config
    if config is None or not scene.run.tokens:
        return None
    patterns = tuple(scene.run.pattern(layer) for layer in range(config.n_layers))
    pixels = bare(patterns, config, dark=dark).copy()
    head = min(scene.choice.head, config.n_heads - 1)
    frame(pixels, layer_of(scene), head, theme(dark=dark)["ink"])
    return pixels


@kept_of
def bare(patterns: tuple[Array | None, ...], config: ModelConfig, *, dark: bool) -> Array:
    """The pixels without a frame: another head of the wall draws nothing of them anew.

    Args:
        patterns: Those of each layer; None where they are not known.
    """
    high, wide = config.n_heads * STEP, config.n_layers * STEP
    weights = np.zeros((high, wide), np.float32)
    unknown = np.zeros((high, wide), bool)
    for layer, known in enumerate(patterns):
        across = slice(layer * STEP, (layer + 1) * STEP)
        if known is None:
            unknown[:, across] = True
        else:
            weights[:, across] = column(known)
    pixels = enlarge(Ramp(ROLE).colours(weights, dark=dark), wide=1, high=1)
    roles = theme(dark=dark)
    down, along = np.indices((high, wide))
    pixels[unknown & ((down + along) % HATCH_PERIOD == 0), :3] = rgb(roles["hatch"])
    for lines in (pixels[::STEP], pixels[:, ::STEP]):
        lines[..., :3] = rgb(roles["hairline"])
    return pixels


def column(patterns: Array) -> Array:
    """The heads of a layer, one below the other, as weights a pixel.

    Shapes: patterns [head, query_pos, key_pos] → [head · STEP, STEP].
    """
    few = pooled(patterns, SIDE)
    n_heads, side = few.shape[0], few.shape[1]
    at = np.arange(SIDE) * side // SIDE
    drawn = few[:, at][:, :, at]
    around = ((0, 0), (FRAME, FRAME), (FRAME, FRAME))
    return np.pad(drawn, around).reshape(n_heads * STEP, STEP)


def frame(pixels: Array, layer: int, head: int, ink: str) -> None:
    """Draw the frame of the chosen pattern."""
    colour = rgb(ink).astype(np.uint8)
    top, left = head * STEP, layer * STEP
    tile = pixels[top : top + STEP, left : left + STEP]
    for edge in (tile[:FRAME], tile[-FRAME:], tile[:, :FRAME], tile[:, -FRAME:]):
        edge[..., :3] = colour
