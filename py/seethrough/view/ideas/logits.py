"""The idea of step 5: every token of the list gets a score, the best few as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.ideas.plain import caption, lead, mark, nothing_yet, picture, rect
from seethrough.view.ideas.scores import scores_of
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import with_signs
from seethrough.view.wants import of_logits
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.ideas.scores import Scored

FIELDS = ("language", "busy", "tokens", "top", "config", "captured", "recorded")
wants = of_logits


def render(scene: Scene) -> str:
    """A bar for each of the best tokens."""
    scores = scores_of(scene)
    if scores is None:
        return to_html(nothing_yet(scene, "idea.logits.rest"))
    best = scores.best[0]
    text = mark(scene.run.tokens[-1].visible)
    note = "idea.logits.average" if scores.is_average else "idea.logits.start"
    return to_html(
        lead(rich(scene, "idea.logits.lead", last=text, best=mark(best.name))),
        picture(
            say(scene, "idea.logits.picture"),
            h("ol", {"class": "idea-bars"}, [line(scene, item) for item in scores.best]),
            caption(*rich(scene, note, last=text)),
        ),
    )


def line(scene: Scene, item: Scored) -> Node:
    """A token, its bar, its score."""
    bar = h(
        "svg", {"class": "idea-bar", "width": "100%", "aria-hidden": "true"}, rect(0, item.reach)
    )
    return h(
        "li",
        {},
        h("bdi", {"class": "idea-name"}, item.name),
        bar,
        h("span", {"class": "idea-score number"}, with_signs(scene, f"{item.score:.1f}")),
    )
