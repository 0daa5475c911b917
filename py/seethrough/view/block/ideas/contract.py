"""The idea of the layer's end: what both halves added goes on, and what it did to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.block import contract
from seethrough.view.block.here import waits
from seethrough.view.block.scored import HALVES, Scored, averages, has_written, scored
from seethrough.view.ideas.plain import caption, lead, mark_at, nothing_yet, picture, plain
from seethrough.view.node import Node, h, to_html
from seethrough.view.pickers import layer_of, n_layers
from seethrough.view.unrecorded import note
from seethrough.view.wants import chosen
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

FIELDS = (*contract.FIELDS, "busy")
N_SHOWN = 3
LITTLE = 0.05
wants = contract.wants


def render(scene: Scene) -> str:
    """Bars for the leading words: which half made them more likely, which less."""
    if scene.run.config is None or not scene.run.tokens:
        return to_html(nothing_yet(scene, "idea.contract.rest"))
    token = mark_at(scene, chosen(scene))
    is_end = layer_of(scene) + 1 == n_layers(scene)
    key = "idea.contract.lead_end" if is_end else "idea.contract.lead"
    told = lead(rich(scene, key, token=token, next=str(layer_of(scene) + 1)))
    known = scored(scene)[:N_SHOWN]
    if not known or (scene.run.source == "live" and averages(scene) is None):
        if scene.run.recorded is not None and has_written(scene):
            return to_html(told, note(scene, say(scene, "scored.lacking")))
        is_read = bool(known)
        return to_html(
            told, caption(say(scene, "idea.contract.waits")) if is_read else waits(scene)
        )
    most = max(abs(value) for one in known for value in one[1:])
    return to_html(
        told,
        picture(
            say(scene, "idea.contract.picture"),
            h("ol", {"class": "idea-scored"}, [word(scene, one, most) for one in known]),
            caption(say(scene, "idea.contract.how")),
        ),
    )


def word(scene: Scene, one: Scored, most: float) -> Node:
    """One word and its two bars, each with a word for it."""
    halves = zip(HALVES, one[1:], strict=True)
    return h(
        "li",
        {},
        h("bdi", {"class": "idea-name"}, plain(one.answer.visible)),
        [half(scene, name, value, most) for name, value in halves],
    )


def half(scene: Scene, name: str, value: float, most: float) -> Node:
    """One half's bar: to the right where it made the word more likely."""
    size = 50 * abs(value) / most if most and np.isfinite(value) else 0.0
    start = 50 if value >= 0 else 50 - size
    told = "up" if value > LITTLE * most else "down" if value < -LITTLE * most else "still"
    return h(
        "span",
        {"class": f"idea-half is-{name}"},
        h("span", {}, say(scene, "scored.attention" if name == "attention" else "scored.mlp")),
        h(
            "svg",
            {"aria-hidden": "true"},
            h("line", {"x1": "50%", "x2": "50%", "y1": "0", "y2": "100%"}),
            h("rect", {"x": f"{start:.2f}%", "width": f"{size:.2f}%", "height": "100%"}),
        ),
        h("span", {}, say(scene, f"idea.contract.{told}")),
    )
