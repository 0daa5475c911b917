"""Query and key of one score before and after turning: the score is made of the turned ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core.cell import Cell
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import slices
from seethrough.view.block.here import of_head
from seethrough.view.block.turning import frequencies_of, leaves
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Node, h
from seethrough.view.numbers import bracketed, count, exact, limit, readout
from seethrough.view.scales import symmetric_limit
from seethrough.view.strip import readout as opened_readout
from seethrough.view.words import hook_mark, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.view.block.here import Here
    from seethrough.view.block.products import Products

TOLD_IN = "turned-readout"


class Side(NamedTuple):
    """A query or a key, before its position turned it and after. Shapes: [d_head] each."""

    role: str
    position: int
    head: int
    names: tuple[str, str]
    before: Array
    after: Array


def wants(here: Here) -> Wants:
    """Queries and keys before they are turned; nothing where none is."""
    return want([here.name(leaf) for leaf in leaves(here)]) if here.is_turned else NOTHING


def sides_of(scene: Scene, made: Products) -> tuple[Side, ...]:
    """The query and the key of a score; empty where they are not known, or nothing turns."""
    here = made.here
    if not here.is_turned:
        return ()
    query_leaf, key_leaf = leaves(here)
    query = of_head(scene, here, query_leaf, here.position)
    key = of_head(scene, here, key_leaf, made.key_position)
    if query is None or key is None:
        return ()
    names = [
        (here.name(leaf), here.name(turned))
        for leaf, turned in (
            (query_leaf, here.query_leaf),
            (key_leaf, here.key_leaf),
        )
    ]
    return (
        Side("query", here.position, here.head, names[0], query, made.query),
        Side("key", made.key_position, here.kv_head, names[1], key, made.key),
    )


def figure(scene: Scene, made: Products) -> Node | str:
    """Four strips, one number of the query on its way, the product without turning and with it."""
    sides = sides_of(scene, made)
    if not sides:
        return ""
    query, key = sides
    width = float(np.sqrt(len(query.before)))
    bare = float(query.before.astype(np.float64) @ key.before.astype(np.float64)) / width
    told = rich(scene, "turned.worked", **worked(scene, made, query))
    return h(
        "section",
        {"class": "turned"},
        h("h3", {"class": "part-title"}, say(scene, "turned.title")),
        h("p", {"class": "note"}, rich(scene, "turned.lead", **facts(scene, made))),
        h("ol", {"class": "way"}, [row for side in sides for row in rows(scene, side)]),
        opened_readout(scene, TOLD_IN),
        h("p", {"class": "note worked"}, told),
        h(
            "p",
            {"class": "note"},
            rich(
                scene,
                "turned.scores",
                bare=readout(scene, bare),
                score=h("b", {}, readout(scene, made.score)),
            ),
        ),
    )


def facts(scene: Scene, made: Products) -> dict[str, Node | str]:
    """Whose query and key these are."""
    return {
        "query": token_mark(visible_at(scene, made.here.position)),
        "key": token_mark(visible_at(scene, made.key_position)),
        "position": str(made.here.position),
        "key_position": str(made.key_position),
    }


def rows(scene: Scene, side: Side) -> list[Node]:
    """A vector before and after, on one scale."""
    reach = max(symmetric_limit(side.before), symmetric_limit(side.after))
    found = zip(("before", "after"), side.names, (side.before, side.after), strict=True)
    place, lines = (side.position, side.head), []
    for when, name, values in found:
        written = f"{name}[{side.position},{side.head}]"
        sizes = {"n": count(scene, len(values)), "limit": limit(scene, reach)}
        label = say(scene, "inside.strip", name=written, **sizes)
        lines.append(
            h(
                "li",
                {"class": f"way-row is-{side.role}"},
                h("b", {}, say(scene, f"turned.{side.role}.{when}")),
                h("span", {"class": "is-quiet"}, ""),
                hook_mark(written),
                slices.strip(name, place, values, reach=reach, label=label, told_in=TOLD_IN),
            )
        )
    return lines


def worked(scene: Scene, made: Products, query: Side) -> dict[str, Node | str]:
    """One number of the query: the one that turning changes most, its partner and its angle."""
    half = len(query.before) // 2
    at = int(np.abs(query.after - query.before).argmax())
    partner = at + half if at < half else at - half
    angle = query.position * float(frequencies_of(made.here)[at % half])
    own, other = float(query.before[at]), float(query.before[partner])
    sine = float(np.sin(angle)) * (-1 if at < half else 1)
    place = (query.position, query.head)
    before, after = query.names

    def button(name: str, column: int, value: float, shown: str = "") -> Node:
        cell = Cell(name, (*place, column))
        return cell_button(cell, shown or readout(scene, value), exact(scene, value))

    return {
        "at": str(at),
        "partner": str(partner),
        "angle": readout(scene, angle),
        "own": button(before, at, own),
        "other": button(before, partner, other, bracketed(readout(scene, other))),
        "cos": bracketed(readout(scene, float(np.cos(angle)))),
        "sin": bracketed(readout(scene, sine)),
        "turned": h("b", {}, button(after, at, float(query.after[at]))),
    }
