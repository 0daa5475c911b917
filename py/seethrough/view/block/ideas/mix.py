"""The idea of mixing: what a head takes from each word flows together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core.pushes import of_head
from seethrough.view.block import mix
from seethrough.view.block.here import waits
from seethrough.view.block.mix_facts import Mixed, mixed_of
from seethrough.view.ideas.plain import (
    caption,
    lead,
    mark,
    mark_at,
    name_at,
    names,
    nothing_yet,
    picture,
    plain,
    whole,
)
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.unrecorded import note
from seethrough.view.wants import chosen
from seethrough.view.words import rich, say, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.pushes import Push

FIELDS = (*mix.FIELDS, "busy")
N_STREAMS, N_WORDS = 4, 3
HIGH, THICK = 44, 38  # pixels: one row, and a stream of everything
wants = mix.wants


def render(scene: Scene) -> str:
    """The words with the streams that come from them, and what the mix points to."""
    mixed = mixed_of(scene)
    if mixed is None:
        has_run = bool(scene.run.config and scene.run.tokens)
        return to_html(waits(scene) if has_run else nothing_yet(scene, "idea.mix.rest"))
    token = mark_at(scene, chosen(scene))
    return to_html(
        lead(rich(scene, "idea.mix.lead", token=token)),
        picture(say(scene, "idea.mix.picture"), streams(scene, mixed), points(scene, mixed)),
    )


def streams(scene: Scene, mixed: Mixed) -> Node:
    """The heaviest words and all others, streams as wide as their weights, that flow into one."""
    shown = mixed.heaviest(N_STREAMS)
    weights = [float(mixed.weights[key]) for key in shown]
    bare = names(visible_at(scene, key) for key in shown)
    words = [name_at(scene, key, name) for key, name in zip(shown, bare, strict=True)]
    rest = max(0.0, 1 - sum(weights))
    if len(mixed.weights) > len(shown) and math.isfinite(rest):
        words, weights = [*words, say(scene, "idea.mix.others")], [*weights, rest]
    rows = [
        h("li", {}, h("bdi", {"class": "idea-name"}, name), h("span", {}, whole(scene, weight)))
        for name, weight in zip(words, weights, strict=True)
    ]
    size = len(weights) * HIGH
    flows = h(
        "svg",
        {
            "class": "idea-streams",
            "viewBox": f"0 0 100 {size}",
            "height": str(size),
            "preserveAspectRatio": "none",
            "aria-hidden": "true",
        },
        [h("path", {"d": path}) for path in paths(weights)],
    )
    into = mark_at(scene, chosen(scene))
    end = h("p", {"class": "idea-mixed"}, *rich(scene, "idea.mix.into", token=into))
    return h("div", {"class": "idea-mix"}, h("ol", {}, rows), flows, end)


def paths(weights: list[float]) -> list[str]:
    """The outline of each stream: from the middle of its row to its place in the one they make."""
    known = [weight if math.isfinite(weight) else 0.0 for weight in weights]
    top = (len(known) * HIGH - THICK * sum(known)) / 2
    made = []
    for at, weight in enumerate(known):
        wide = THICK * weight
        start = at * HIGH + (HIGH - wide) / 2
        made.append(
            f"M0 {start:.1f}C55 {start:.1f} 45 {top:.1f} 100 {top:.1f}V{top + wide:.1f}"
            f"C45 {top + wide:.1f} 55 {start + wide:.1f} 0 {start + wide:.1f}Z"
        )
        top += wide
    return made


def points(scene: Scene, mixed: Mixed) -> Node:
    """Which words the mix makes more likely, read straight."""
    known = scene.run.pushes.get(of_head(mixed.layer, mixed.position, mixed.head))
    if known is None and scene.run.source == "live":
        return caption(say(scene, "idea.mix.waits"))
    if known is None:
        return note(scene, say(scene, "idea.mix.lacking"))
    return caption(
        *rich(scene, "idea.mix.points", words=listed(known.up), others=listed(known.down))
    )


def listed(some: tuple[Push, ...]) -> Node:
    """A few tokens by their plain names, those of one name once."""
    words: list[Child] = []
    different = {plain(one.visible).casefold(): one for one in reversed(some)}
    for one in [one for one in some if one in different.values()][:N_WORDS]:
        words += [mark(one.visible), " "]
    return h("span", {"class": "idea-words"}, words[:-1])
