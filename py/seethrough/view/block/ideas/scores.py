"""The idea of the second step: the word asks, every word before it answers with a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.view.block import here
from seethrough.view.block.here import here_of, of_layer, row_by_head
from seethrough.view.ideas.plain import (
    caption,
    lead,
    mark_at,
    name_at,
    nothing_yet,
    picture,
    rect,
)
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import with_signs
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.wants import Wants

FIELDS = (*here.FIELDS, "busy")
N_BEST = 5


def wants(scene: Scene) -> Wants:
    """The scores of the layer."""
    return of_layer(scene, (hooks.SCORES,))


def render(scene: Scene) -> str:
    """A bar for each of the words that match best."""
    place = here_of(scene)
    if place is None:
        return to_html(nothing_yet(scene, "idea.scores.rest"))
    token = mark_at(scene, place.position)
    first = lead(rich(scene, "idea.scores.lead", token=token))
    row = row_by_head(scene, place, hooks.SCORES)
    if row is None:
        return to_html(first, here.waits(scene))
    best = np.argsort(-row, kind="stable")[:N_BEST].tolist()
    least = float(row.min())
    wide = float(row[best[0]]) - least
    lines = [
        line(scene, at, float(row[at]), (float(row[at]) - least) / wide if wide else 1.0)
        for at in best
    ]
    note = "idea.scores.few" if len(row) <= N_BEST else "idea.scores.best"
    return to_html(
        first,
        picture(
            say(scene, "idea.scores.picture"),
            h("ol", {"class": "idea-bars is-scores"}, lines),
            caption(say(scene, note)),
        ),
    )


def line(scene: Scene, at: int, score: float, reach: float) -> Node:
    """A word, its bar, its score."""
    name = name_at(scene, at)
    bar = h("svg", {"class": "idea-bar", "width": "100%", "aria-hidden": "true"}, rect(0, reach))
    number = h("span", {"class": "idea-score number"}, with_signs(scene, f"{score:.1f}"))
    return h("li", {}, h("bdi", {"class": "idea-name"}, name), bar, number)
