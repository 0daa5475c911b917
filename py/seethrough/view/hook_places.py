"""Where the numbers of a hook are seen, how many there are, and which one stands for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.cell import Cell
from seethrough.core.hooks import OUTSIDE_BLOCKS, axis_sizes, hook_name
from seethrough.core.routes import address_of
from seethrough.core.sums import DIMS
from seethrough.view.node import Child, Node, h
from seethrough.view.words import Framed, hook_mark, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

BLOCK, EVERY_VECTOR = "block", "inside"


def is_drawn(scene: Scene, leaf: str) -> bool:
    """Whether the present step's picture has a hook."""
    return scene.step is not None and leaf in scene.step.hooks


def name_here(scene: Scene, leaf: str) -> str:
    """A leaf's full name, of the chosen layer where every layer has one."""
    return hook_name(leaf, None if leaf in OUTSIDE_BLOCKS else scene.choice.layer)


def cell_here(scene: Scene, leaf: str) -> Cell | None:
    """The number that stands for a hook: the chosen token's (and head's) first one."""
    config, picture = scene.run.config, scene.choice
    if config is None or not scene.run.tokens or leaf not in DIMS:
        return None
    last = len(scene.run.tokens) - 1
    at = min(picture.position, last)
    group = config.n_heads // config.n_key_value_heads
    places = {
        "pos": at,
        "query_pos": at,
        "key_pos": at,
        "head": picture.head,
        "kv_head": picture.head // group,
        "unembed": last,
        "d_vocab": scene.run.top[0].id if scene.run.top else 0,
    }
    return Cell(name_here(scene, leaf), tuple(places.get(axis, 0) for axis in DIMS[leaf]))


def describe_hook(scene: Scene, leaf: str) -> list[Child]:
    """What a hook holds for this input, and where it is seen."""
    config = scene.run.config
    if config is None or leaf not in DIMS:
        return []
    sizes = axis_sizes(config, n_pos=len(scene.run.tokens))
    dims = " \u00d7 ".join(f"{axis} {sizes[axis]}" for axis in DIMS[leaf])
    held = rich(
        scene,
        "code.hook",
        name=hook_mark(name_here(scene, leaf)),
        dims=h("code", {"class": "hook"}, dims),
    )
    if is_drawn(scene, leaf):
        return [*held, " ", say(scene, "code.hook_here")]
    return [*held, " ", *elsewhere(scene, leaf)]


def elsewhere(scene: Scene, leaf: str) -> list[Node | str]:
    """The way to where a hook is seen: a step of this tour, else the inside of the block."""
    steps = scene.tour.steps if scene.tour else ()
    step = next((step.name for step in steps if leaf in step.hooks), "")
    if not step or scene.tour is None:
        here = {"href": address_of(replace(scene.route, view=BLOCK, step=EVERY_VECTOR))}
        layer, is_block = str(scene.choice.layer), Framed(value=True, tag="a", attributes=here)
        return rich(scene, "code.hook_there", is_block=is_block, layer=layer, number="")
    there = {"href": address_of(replace(scene.route, step=step))}
    number, is_block = str(scene.tour.number(step)), Framed(value=False, tag="a", attributes=there)
    return rich(scene, "code.hook_there", is_block=is_block, number=number, layer="")
