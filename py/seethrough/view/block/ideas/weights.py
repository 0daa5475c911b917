"""The idea of the third step: one head's arcs from the chosen word back to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view.block import here
from seethrough.view.block.here import here_of, row_by_head
from seethrough.view.ideas.layers_heads import kind_of
from seethrough.view.ideas.layers_picture import Look, pictures
from seethrough.view.ideas.plain import caption, lead, mark_at, nothing_yet, whole
from seethrough.view.node import Node, h, to_html
from seethrough.view.wants import of_attention
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.wants import Wants

FIELDS = (*here.FIELDS, "busy", "top", "off", "without", "unfolded")


def wants(scene: Scene) -> Wants:
    """The patterns of the layer."""
    return of_attention(scene)


def render(scene: Scene) -> str:
    """The lead, the words with their arcs, where the head looks most."""
    place = here_of(scene)
    if place is None:
        return to_html(nothing_yet(scene, "idea.weights.rest"))
    row = row_by_head(scene, place, hooks.PATTERN)
    if row is None:
        return to_html(lead(rich(scene, "idea.weights.rest")), here.waits(scene))
    look = Look((place.layer, place.head), row, is_off=False)
    token, key = (mark_at(scene, at) for at in (place.position, int(row.argmax())))
    words: dict[str, Node | str] = {
        "token": token,
        "key": key,
        "share": h("b", {}, whole(scene, float(row.max()))),
    }
    return to_html(
        lead(rich(scene, "idea.weights.lead", token=token)),
        h(
            "div",
            {
                "class": "idea-picture",
                "role": "group",
                "aria-label": say(scene, "idea.weights.picture"),
            },
            h(
                "div",
                {"class": "idea-look-picture is-alone"},
                pictures(scene, [look], has_answer=False),
            ),
            caption(rich(scene, f"idea.weights.looks.{kind_of(row)}", **words)),
        ),
    )
