"""The last step inside a layer: the neurons write back, the stream moves, the next layer begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.state import BLOCK
from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.moves import Move, move_of
from seethrough.core.routes import Place, Route, address_of_place
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import layer_formula, named
from seethrough.view.block import shapes
from seethrough.view.block.clipped import scale_note, whole
from seethrough.view.block.contract_film import LEAVES, is_whole, moments, timed
from seethrough.view.block.facts import (
    at_once,
    has_norms_after,
    is_open,
    names_of,
    of_scores,
    row,
)
from seethrough.view.block.here import waits
from seethrough.view.block.scored import halves_of, scores
from seethrough.view.block.vectors import line
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, exact, percentage, readout, with_signs
from seethrough.view.pickers import layer_of
from seethrough.view.strip import readout as opened_readout
from seethrough.view.wants import chosen
from seethrough.view.windowed import beyond_note, is_beyond
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.view.node import Attributes

__all__ = ["FIELDS", "moments", "render", "wants"]

FIELDS = (
    *("language", "tokens", "top", "config", "captured", "layer", "position"),
    *("asked_layer", "recorded", "source", "live_bytes", "walk_card", "missing"),
    *("pushes", "second", *layer_formula.FIELDS),
)
READOUT = "contract-readout"
# What each half added.
HALVES = {"attention": hooks.ATTN_OUT, "feed-forward": hooks.MLP_OUT}
WIDE, HIGH = 220, 120
ALONG = 60  # degrees, below which a vector points the way of another


def wants(scene: Scene) -> Wants:
    """The stream through the layer, what enters the next, and what scores are read with."""
    if not is_open(scene):
        return NOTHING
    names = names_of(scene, (*LEAVES, hooks.MLP_MADE))
    names += [next_name(scene)] if next_name(scene) else []
    return want(names, chosen(scene)) | of_scores(scene) | Wants(pushes=halves_pushing(scene))


def halves_pushing(scene: Scene) -> frozenset[Cell]:
    """The halves whose tokens are told, once it is known what they wrote and how it is read."""
    captured, at = scene.run.captured, chosen(scene)
    scale = captured.row(hooks.FINAL_SCALE, at)
    is_known = all(row(scene, leaf) is not None for leaf in (hooks.ATTN_OUT, hooks.MLP_OUT))
    if not is_known or scale is None or scene.choice.asked_layer is not None:
        return frozenset()
    return frozenset(halves_of(scene))


def next_name(scene: Scene) -> str:
    """What enters the next layer; empty behind the last one."""
    n_layers = scene.run.config.n_layers if scene.run.config else 0
    after = layer_of(scene) + 1
    return hook_name(hooks.RESID_PRE, after) if after < n_layers else ""


def render(scene: Scene) -> str:
    """The sum, the next layer's beginning, the two moves, what they did to the scores."""
    if scene.run.config is None or not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, rich(scene, "contract.rest")))
    if is_beyond(scene, chosen(scene)):
        return to_html(title(scene, "step.contract"), beyond_note(scene))
    added = addition(scene)
    return to_html(
        title(scene, "step.contract"),
        named.lead(scene, lead(scene)),
        shapes.line(scene, "contract"),
        layer_formula.box(scene, "contract"),
        added,
        opened_readout(scene, READOUT) if added else "",
        lacking(scene),
        moves(scene),
        scores(scene),
        scale_note(scene, whole(scene, names_of(scene, LEAVES[2:]))) if added else "",
    )


def lead(scene: Scene) -> list[Node | str]:
    """How many neurons write into how many numbers."""
    config = scene.run.config
    return rich(
        scene,
        "contract.lead",
        token=token_mark(visible_at(scene, chosen(scene))),
        d_mlp=count(scene, config.d_mlp if config else 0),
        d_model=count(scene, config.d_model if config else 0),
    )


def lacking(scene: Scene) -> Node | str:
    """What a recording has not, or what is on its way."""
    if is_whole(scene):
        return ""
    return waits(scene)


def addition(scene: Scene) -> Node | str:
    """The neurons' sum joins the stream, which is what the next layer is given."""
    config = scene.run.config
    is_after, place = has_norms_after(config), timed(scene, "add", "rise")
    lines = [
        line(scene, hooks.MLP_MADE, sign="", told_in=READOUT, role="feed-forward")
        if is_after
        else "",
        *before(scene, place),
        line(scene, hooks.MLP_OUT, sign="+", told_in=READOUT, role="feed-forward", place=place),
        line(scene, hooks.RESID_POST, sign="=", told_in=READOUT, place=place),
    ]
    if not any(lines):
        return ""
    normed = h("p", {"class": "note"}, rich(scene, "contract.normed")) if is_after else ""
    both = h("p", {"class": "note"}, rich(scene, "contract.at_once")) if at_once(config) else ""
    return h("div", {"class": "vectors"}, normed, both, lines, onward(scene))


def before(scene: Scene, place: Attributes) -> list[Node | str]:
    """The stream that the neurons' sum joins; where both halves are added at once, both parts."""
    if not at_once(scene.run.config):
        return [line(scene, hooks.RESID_MID, sign="", told_in=READOUT, place=place)]
    return [
        line(scene, hooks.RESID_PRE, sign="", told_in=READOUT, place=place),
        line(scene, hooks.ATTN_OUT, sign="+", told_in=READOUT, role="attention", place=place),
    ]


def onward(scene: Scene) -> Node | str:
    """That the next layer begins with these very numbers, which was looked at."""
    after, name = row(scene, hooks.RESID_POST), next_name(scene)
    if after is None:
        return ""
    place = {"class": "note is-checked", **timed(scene, "next", "rise")}
    if not name:
        return h("p", place, rich(scene, "contract.last"))
    begins = scene.run.captured.row(name, chosen(scene))
    if begins is None:
        return ""
    fields: dict[str, Node | str] = {"name": hook_mark(name), "next": str(layer_of(scene) + 1)}
    if np.array_equal(after, begins):
        n = count(scene, len(after))
        return h("p", place, "✓ ", *rich(scene, "contract.next", **fields, n=n), " ", way_on(scene))
    most = float(np.abs(begins.astype(np.float64) - after.astype(np.float64)).max())
    told = exact(scene, most)
    return h(
        "p", place, *rich(scene, "contract.next_differs", **fields, most=told), " ", way_on(scene)
    )


def way_on(scene: Scene) -> Node:
    """Into the next layer, at the same token and head."""
    after = layer_of(scene) + 1
    route = Route(BLOCK, scene.route.subject, "qkv")
    place = Place(route, position=chosen(scene), layer=after, head=scene.choice.head)
    return h("a", {"href": address_of_place(place)}, say(scene, "contract.go_on", layer=after))


def moves(scene: Scene) -> Node | str:
    """How far each half moved the stream, and which way."""
    known = {half: move_in(scene, half) for half in HALVES}
    told = [move_row(scene, half, move) for half, move in known.items() if move is not None]
    if not told:
        return ""
    return h(
        "div",
        {"class": "moves", **timed(scene, "moves", "rise")},
        h("h3", {"class": "part-title"}, say(scene, "contract.moves")),
        h("div", {"class": "move-rows"}, told),
    )


def move_in(scene: Scene, half: str) -> Move | None:
    """One half's move; None where its numbers are not known."""
    added = row(scene, HALVES[half])
    start = row(scene, hooks.RESID_PRE) if half == "attention" else behind_attention(scene)
    return None if start is None or added is None else move_of(start, added)


def behind_attention(scene: Scene) -> Array | None:
    """The stream with what attention wrote: a hook, or the sum of two. Shapes: → [d_model]."""
    if not at_once(scene.run.config):
        return row(scene, hooks.RESID_MID)
    entered, wrote = row(scene, hooks.RESID_PRE), row(scene, hooks.ATTN_OUT)
    return None if entered is None or wrote is None else entered + wrote


def move_row(scene: Scene, half: str, move: Move) -> Node:
    """One half: an arrow onto an arrow, and the same in words."""
    ratio = move.added / move.before if move.before else 0.0
    key = "contract.move.attention" if half == "attention" else "contract.move.mlp"
    words = rich(
        scene,
        key,
        before=h("b", {}, readout(scene, move.before)),
        added=h("b", {}, readout(scene, move.added)),
        after=h("b", {}, readout(scene, move.after)),
        share=h("span", {"class": "number"}, percentage(scene, f"{100 * ratio:.0f}")),
        angle=with_signs(scene, f"{move.angle:.0f}"),
        turned=with_signs(scene, f"{move.turned:.1f}"),
    )
    return h(
        "figure",
        {"class": f"move is-{half}"},
        arrows(scene, move),
        h(
            "figcaption",
            {},
            words,
            " ",
            h("span", {"class": "is-quiet"}, direction_of(scene, move)),
        ),
    )


def direction_of(scene: Scene, move: Move) -> Node:
    """What an angle means, in words."""
    along, against = move.angle < ALONG, move.angle > 180 - ALONG
    key = "along" if along else "against" if against else "across"
    return h("span", {"class": "is-quiet"}, say(scene, f"contract.angle.{key}"))


def arrows(scene: Scene, move: Move) -> Node:
    """Before, added and after as a triangle, its lengths and angle true to scale.

    Any two vectors lie in a plane: this is that plane.
    """
    angle = np.radians(move.angle)
    tip = move.before + move.added * float(np.cos(angle)), move.added * float(np.sin(angle))
    lowest, highest = min(0.0, tip[0]), max(move.before, tip[0])
    size = max((highest - lowest) / (WIDE - 20), tip[1] / (HIGH - 24)) or 1.0

    def at(x: float, y: float) -> str:
        return f"{10 + (x - lowest) / size:.1f} {HIGH - 12 - y / size:.1f}"

    start, before, after = at(0.0, 0.0), at(move.before, 0.0), at(*tip)
    return h(
        "svg",
        {
            "class": "move-arrows",
            "viewBox": f"0 0 {WIDE} {HIGH}",
            "role": "img",
            "aria-label": say(scene, "contract.arrows"),
        },
        h("path", {"class": "is-before", "d": f"M{start}L{before}"}),
        h("path", {"class": "is-after", "d": f"M{start}L{after}"}),
        h("path", {"class": "is-added", "d": f"M{before}L{after}"}),
        h("circle", {"class": "is-tip", "cx": after.split()[0], "cy": after.split()[1], "r": "4"}),
    )
