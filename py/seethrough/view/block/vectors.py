"""A vector as a line: its name, its strip of numbers, its length; and how it was made of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.length import length_cell, length_of, vector_of
from seethrough.view import strip
from seethrough.view.block.facts import name_of
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import count, exact, limit, readout
from seethrough.view.scales import symmetric_limit
from seethrough.view.wants import chosen
from seethrough.view.words import hook_mark, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.node import Attributes

# A hook's plain name in the catalogue.
NAMED = {
    hooks.RESID_PRE: "before",
    hooks.ATTN_MADE: "heads",
    hooks.ATTN_OUT: "attention",
    hooks.RESID_MID: "middle",
    hooks.LN2_OUT: "norm",
    hooks.MLP_MADE: "neurons",
    hooks.MLP_OUT: "mlp",
    hooks.RESID_POST: "after",
}


def line(
    scene: Scene,
    leaf: str,
    *,
    sign: str,
    told_in: str,
    role: str = "residual",
    place: Attributes | None = None,
) -> Node | str:
    """One hook of the chosen layer at the chosen token; nothing where it is not known.

    Args:
        sign: What stands before it: "+", "=", or nothing.
        told_in: The id of the readout where its cells open.
        place: Its place in the film.
    """
    name, at = name_of(scene, leaf), chosen(scene)
    values = scene.run.captured.row(name, at)
    if values is None:
        return ""
    reach = symmetric_limit(values)
    fields = {"n": count(scene, len(values)), "limit": limit(scene, reach)}
    label = say(scene, "inside.strip", name=f"{name}[{at}]", **fields)
    return vector(
        scene,
        sign=sign,
        named=[h("b", {}, say(scene, f"vector.name.{NAMED[leaf]}")), " ", hook_mark(name)],
        picture=strip.strip(scene, name, at, reach=reach, label=label, told_in=told_in),
        length=length(scene, name, at),
        look=f"is-{role}",
        place={"data-part": leaf, **(place or {})},
    )


def vector(
    scene: Scene,
    *,
    sign: str,
    named: Child,
    picture: Child,
    length: Node | str,
    look: str,
    place: Attributes,
) -> Node:
    """The line of any vector."""
    return h(
        "div",
        {"class": f"vector {look}", **place},
        h("span", {"class": "vector-sign", "aria-hidden": "true"}, sign),
        h("span", {"class": "vector-name"}, named),
        h("span", {"class": "vector-strip scroll", "tabindex": "0"}, picture),
        h("span", {"class": "vector-length"}, rich(scene, "vector.length", length=length)),
    )


def length(scene: Scene, name: str, at: int) -> Node | str:
    """A hook's length, which opens; nothing where it is not known."""
    values = scene.run.captured.row(name, at)
    if values is None:
        return ""
    size = length_of(values)
    if vector_of(length_cell(name, at).name) is None:
        return h("span", {"class": "number", "title": exact(scene, size)}, readout(scene, size))
    return cell_button(length_cell(name, at), readout(scene, size), exact(scene, size))
