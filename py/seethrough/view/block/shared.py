"""Which queries read which keys and values: drawn, the chosen head lit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.numbers import count
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.block.here import Here
    from seethrough.view.node import Attributes

WIDE, HIGH, BOX = 560, 118, 26
TOP, LOW = 14, 84


def figure(scene: Scene, here: Here, place: Attributes) -> Node:
    """Query heads above, the key/value heads that they share below.

    Args:
        place: Its place in the film.
    """
    config = here.config
    is_shared = config.n_group > 1
    key = "shared.told" if is_shared else "shared.alone"
    words = rich(
        scene,
        key,
        n_heads=count(scene, config.n_heads),
        n_key_value_heads=count(scene, config.n_key_value_heads),
        n_group=count(scene, config.n_group),
        head=str(here.head),
        kv_head=str(here.kv_head),
    )
    return h(
        "figure",
        {"class": "shared", **place},
        h("h3", {"class": "aside-title"}, say(scene, "shared.title")),
        picture(scene, here) if is_shared else "",
        h("figcaption", {}, words),
    )


def picture(scene: Scene, here: Here) -> Node:
    """The two rows of heads and the lines between them."""
    config = here.config
    lines = [link(here, head) for head in range(config.n_heads)]
    queries = [box(scene, here, head, is_query=True) for head in range(config.n_heads)]
    keys = [box(scene, here, head, is_query=False) for head in range(config.n_key_value_heads)]
    return h(
        "svg",
        {
            "class": "shared-picture",
            "viewBox": f"0 0 {WIDE} {HIGH}",
            "role": "img",
            "aria-label": say(scene, "shared.picture"),
        },
        [lines, queries, keys],
    )


def across(at: int, many: int) -> float:
    """The middle of a head's box among as many."""
    return (at + 0.5) * WIDE / many


def link(here: Here, head: int) -> Node:
    """From a query head to the keys and values that it reads."""
    config = here.config
    shared = head // config.n_group
    ends = across(head, config.n_heads), across(shared, config.n_key_value_heads)
    classes = "is-lit" if head == here.head else "is-kin" if shared == here.kv_head else None
    bends = f"{ends[0]:.1f} {LOW - 16} {ends[1]:.1f} {TOP + BOX + 16}"
    path = f"M{ends[0]:.1f} {TOP + BOX}C{bends} {ends[1]:.1f} {LOW}"
    return h("path", {"d": path, "class": classes})


def box(scene: Scene, here: Here, head: int, *, is_query: bool) -> Node:
    """One head's box with its number."""
    config = here.config
    many = config.n_heads if is_query else config.n_key_value_heads
    side = min(BOX, WIDE / config.n_heads - 2) if is_query else 2 * BOX
    middle, top = across(head, many), TOP if is_query else LOW
    chosen = here.head if is_query else here.kv_head
    classes = f"is-{'query' if is_query else 'key'}{' is-lit' if head == chosen else ''}"
    shape = {"x": f"{middle - side / 2:.1f}", "y": str(top), "width": f"{side:.1f}"}
    written = str(head) if is_query else say(scene, "shared.set", head=str(head))
    size = {"x": f"{middle:.1f}", "y": str(top + BOX / 2), "text-anchor": "middle"}
    return h(
        "g",
        {"class": classes},
        h("rect", {**shape, "height": str(BOX), "rx": "5"}),
        h("text", {**size, "dominant-baseline": "central"}, written),
    )
