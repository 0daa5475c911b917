"""The idea of the first step: a word becomes three short lists, each with a use of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view import slices
from seethrough.view.block import here
from seethrough.view.block.here import here_of, of_head, of_layer
from seethrough.view.ideas.plain import caption, lead, mark_at, nothing_yet, picture
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, limit
from seethrough.view.scales import symmetric_limit
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.wants import Wants
    from seethrough.view.block.here import Here

FIELDS = (*here.FIELDS, "busy")
LISTS = {"query": hooks.Q, "key": hooks.K, "value": hooks.V}


def wants(scene: Scene) -> Wants:
    """Query, key and value of the token."""
    return of_layer(scene, LISTS.values())


def render(scene: Scene) -> str:
    """The word, and what is made of it, one list below the other."""
    place = here_of(scene)
    if place is None:
        return to_html(nothing_yet(scene, "idea.qkv.rest"))
    token = mark_at(scene, place.position)
    cards = [card for name in LISTS if (card := one(scene, place, name)) is not None]
    first = lead(rich(scene, "idea.qkv.lead", token=token))
    if not cards:
        return to_html(first, here.waits(scene))
    note = rich(scene, "idea.qkv.note", n=count(scene, place.config.d_head))
    return to_html(
        first,
        picture(
            say(scene, "idea.qkv.picture"),
            h("ol", {"class": "idea-lists"}, cards),
            caption(note),
        ),
    )


def one(scene: Scene, place: Here, name: str) -> Node | None:
    """One list: what it is for, its numbers as colours."""
    leaf = LISTS[name]
    values = of_head(scene, place, leaf, place.position)
    if values is None:
        return None
    head, hook = place.head if leaf == hooks.Q else place.kv_head, place.name(leaf)
    reach = symmetric_limit(values)
    label = say(
        scene,
        "inside.strip",
        name=f"{hook}[{place.position},{head}]",
        n=count(scene, len(values)),
        limit=limit(scene, reach),
    )
    return h(
        "li",
        {"class": f"is-{name}"},
        h("b", {}, say(scene, f"idea.qkv.{name}")),
        h("span", {}, rich(scene, f"idea.qkv.{name}.told")),
        slices.strip(hook, (place.position, head), values, reach=reach, label=label, told_in=""),
    )
