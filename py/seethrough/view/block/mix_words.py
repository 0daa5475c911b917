"""What is said of the sums in the step "mix": which rows of W_O, and why lengths do not add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.length import length_of
from seethrough.core.moves import move_of
from seethrough.view.block import shapes
from seethrough.view.block.facts import row
from seethrough.view.block.mix_facts import W_O
from seethrough.view.node import Node, h
from seethrough.view.numbers import readout, with_signs
from seethrough.view.words import rich

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array


def through(scene: Scene, matrix: Node) -> list[Node | str]:
    """Which rows of the output matrix a head's mix goes through, and what all heads make."""
    config = scene.run.config
    assert config is not None
    has_bias = family_of(config).has_bias(W_O)
    sizes = shapes.sizes(scene, config)
    return rich(scene, "mix.heads.lead", name=matrix, has_bias=has_bias, **sizes)


def why_no_sum(scene: Scene) -> Node | str:
    """Why the lengths do not add up as the vectors do: the angle between them."""
    before, added = row(scene, hooks.RESID_PRE), row(scene, hooks.ATTN_OUT)
    if before is None or added is None:
        return ""
    move = move_of(before, added)
    fields: dict[str, Node | str] = {
        "before": readout(scene, move.before),
        "added": readout(scene, move.added),
        "after": readout(scene, move.after),
        "angle": with_signs(scene, f"{move.angle:.0f}"),
    }
    return h("p", {"class": "note"}, rich(scene, "mix.lengths", **fields))


def why_no_sum_of_heads(scene: Scene, written: Array) -> Node:
    """The same of what the heads write. Shapes: written [head, d_model]."""
    lengths = sum(length_of(one) for one in written)
    whole = length_of(written.sum(axis=0, dtype=float))
    fields: dict[str, Node | str] = {
        "lengths": readout(scene, lengths),
        "whole": readout(scene, whole),
    }
    return h("p", {"class": "note"}, rich(scene, "mix.heads.lengths", **fields))
