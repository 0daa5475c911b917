"""The picture of a search with beams: every way that was weighed, round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.beam import ENDED
from seethrough.view.decode.rows import Column, Spot, columns
from seethrough.view.ideas.plain import plain
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, signed
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene, Searched

WIDE, HIGH, HEAD = 176, 36, 32
ROOT, GAP = 40, 44  # the dot that the text ends in; between two columns
LONGEST = 11


def picture(scene: Scene, searched: Searched) -> Node:
    """The tree; it scrolls inside itself where it is wide."""
    drawn = columns(searched.search)
    n_rows = max((column.n_rows for column in drawn), default=1)
    width, height = ROOT + len(drawn) * (WIDE + GAP), HEAD + n_rows * HIGH
    dot = h("circle", {"class": "beam-root", "cx": 8, "cy": HEAD + HIGH / 2, "r": 5})
    parts = [column_of(scene, searched, at, column) for at, column in enumerate(drawn)]
    shape: Attributes = {"class": "beam-tree", "width": width, "height": height}
    label = say(scene, "decode.beams.picture")
    svg = h("svg", {**shape, "aria-hidden": "true"}, dot, parts)
    box: Attributes = {"class": "scroll beam-scroll", "tabindex": "0", "role": "group"}
    return h("div", {**box, "aria-label": label}, svg)


def column_of(scene: Scene, searched: Searched, at: int, column: Column) -> Node:
    """One round: its number, its ways, how many more were pruned; it enters at its moment."""
    left = ROOT + at * (WIDE + GAP)
    name = say(scene, "decode.beams.round", round=count(scene, at + 1))
    parts: list[Child] = [h("text", {"class": "beam-head", "x": left, "y": 16}, name)]
    parts += [spot(scene, searched, at, one) for one in column.spots]
    if column.n_more:
        more = say(scene, "decode.beams.more", n_more=count(scene, column.n_more))
        y = middle(len(column.spots)) + 5
        parts.append(h("text", {"class": "beam-more", "x": left + 8, "y": y}, more))
    return h("g", {"data-at": str(at), "data-move": "appear"}, parts)


def spot(scene: Scene, searched: Searched, at: int, one: Spot) -> Node:
    """One way: its newest token, its score, the line from what it grew from."""
    way, left = one.grown.way, ROOT + at * (WIDE + GAP)
    y, name = middle(one.row), shortened(plain(searched.words[way.ids[-1]]))
    score = signed(scene, way.score(searched.plan.penalty))
    classes = f"beam is-{one.grown.fate}"
    if way.ids == best_of(searched)[: len(way.ids)]:
        classes += " is-best"
    box: Attributes = {"x": left, "y": y - 14, "width": WIDE, "height": 28, "rx": 5}
    sign = h("circle", {"class": "beam-end", "cx": left + WIDE, "cy": y, "r": 4})
    return h(
        "g",
        {"class": classes},
        h("path", {"class": "beam-line", "d": line(at, one, left)}),
        h("rect", box),
        h("text", {"x": left + 8, "y": y + 5}, h("tspan", {"class": "beam-name"}, name)),
        h("text", {"class": "beam-score", "x": left + WIDE - 10, "y": y + 5}, score),
        sign if one.grown.fate == ENDED else None,
    )


def line(at: int, one: Spot, left: int) -> str:
    """A curve from the way that it grew from."""
    start = 13 if at == 0 else left - GAP
    y0, y1, bend = middle(one.parent), middle(one.row), (left - start) / 2
    return f"M{start} {y0:g}C{start + bend:g} {y0:g} {left - bend:g} {y1:g} {left} {y1:g}"


def middle(row: int) -> float:
    """The height of a row's middle."""
    return HEAD + row * HIGH + HIGH / 2


def best_of(searched: Searched) -> tuple[int, ...]:
    """The tokens of the best way that ended; none yet, where none has."""
    finished = searched.search.finished
    return finished[0].ids if finished else ()


def shortened(name: str) -> str:
    """A token's name as far as there is room."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
