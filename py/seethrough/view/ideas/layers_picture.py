"""The idea of step 4 drawn: tokens in a row (in a column on a phone), arcs where heads look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import Cell
from seethrough.core.hooks import PATTERN, hook_name
from seethrough.view.ideas.layers_heads import N_DRAWN, now_of, row_of
from seethrough.view.ideas.layers_shape import (
    SHEETS,
    Arc,
    Sheet,
    Tile,
    arcs_of,
    centred,
    cut,
    kept,
    path_of,
    tiles_of,
)
from seethrough.view.ideas.plain import plain, whole
from seethrough.view.node import Node, h
from seethrough.view.numbers import exact
from seethrough.view.wants import chosen
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.heads import Head, Marked
    from seethrough.core.tokens import Candidate

# A second share stands in the picture where it is at least this; of one head alone.
SECOND = 0.15
N_FIRST = 4
SIDES = (-1, 1)


@dataclass(frozen=True, eq=False)
class Look:
    """A head's row at the chosen token, and whether the reader switched the head off."""

    head: Head
    row: Array
    is_off: bool


def looks_of(scene: Scene, marked: Marked) -> list[Look]:
    """What the drawn heads look at; fewer where a pattern is not here yet."""
    position = chosen(scene)
    rows = [(head, row_of(scene.run, head, position)) for head in marked.heads[:N_DRAWN]]
    off = scene.choice.off
    return [Look(head, row, head in off) for head, row in rows if row is not None]


def pictures(scene: Scene, looks: Sequence[Look], *, has_answer: bool = True) -> list[Node]:
    """The picture in its two layouts; the style shows the one that fits."""
    return [picture(scene, looks, sheet, has_answer=has_answer) for sheet in SHEETS]


def picture(scene: Scene, looks: Sequence[Look], sheet: Sheet, *, has_answer: bool = True) -> Node:
    """Arcs first, tiles over them, the answer at the end where it is asked for."""
    texts = [cut(plain(token.visible)) for token in scene.run.tokens]
    tiles = centred(tiles_of(texts, sheet, kept(texts, sheet, important(scene, looks))), sheet)
    wide, high = (sheet.length, sheet.breadth) if sheet.is_row else (sheet.breadth, sheet.length)
    end = tiles[-1].start + tiles[-1].size
    if not sheet.is_row:
        high = end + (sheet.answer if has_answer else 0.0)
    elif not has_answer:
        high = sheet.breadth / 2 + sheet.half + sheet.gap
    arcs = [
        group(scene, look, arcs_of(tiles, look.row, sheet), sheet, side)
        for look, side in zip(looks, SIDES, strict=False)
    ]
    return h(
        "svg",
        {
            "class": f"idea-look-words is-{sheet.name}",
            "viewBox": f"0 0 {wide:.0f} {high:.0f}",
            "role": "group",
            "aria-label": say(scene, "idea.layers.picture"),
        },
        arcs,
        [tile_node(scene, tile, texts, sheet) for tile in tiles],
        answer(scene, sheet, end) if has_answer else "",
    )


def important(scene: Scene, looks: Sequence[Look]) -> list[int]:
    """The positions that have to be seen: both ends, the chosen one, what the heads look at."""
    n_tokens = len(scene.run.tokens)
    best = [np.argsort(-look.row, kind="stable")[:N_FIRST].tolist() for look in looks]
    each = [at for ranks in zip(*best, strict=False) for at in ranks]
    return [n_tokens - 1, chosen(scene), 0, *each]


def group(scene: Scene, look: Look, arcs: Sequence[Arc], sheet: Sheet, side: int) -> Node:
    """One head's arcs, the thin ones below the wide ones, and its largest shares."""
    drawn = sorted(arcs, key=lambda arc: arc.weight)
    shares = [] if look.is_off else told_shares(arcs, has_second=side < 0 and not scene.choice.off)
    kind = "first" if side < 0 else "second"
    return h(
        "g",
        {"class": f"idea-look-arcs is-{kind}{' is-off' if look.is_off else ''}"},
        [arc_node(scene, look, arc, sheet, side) for arc in drawn],
        [share(scene, arc, sheet, side) for arc in shares],
    )


def told_shares(arcs: Sequence[Arc], *, has_second: bool) -> list[Arc]:
    """The largest arc of a head, and the second largest where it is asked for and wide."""
    ranked = sorted((arc for arc in arcs if not arc.is_stump), key=lambda arc: -arc.weight)
    second = [arc for arc in ranked[1:2] if has_second and arc.weight >= SECOND]
    return [*ranked[:1], *second]


def arc_node(scene: Scene, look: Look, arc: Arc, sheet: Sheet, side: int) -> Node:
    """An arc as wide as its weight; its number is told where one points at it."""
    layer, head = look.head
    cell = Cell(hook_name(PATTERN, layer), (head, len(look.row) - 1, arc.target))
    title = f"{plain(scene.run.tokens[arc.target].visible)} {exact(scene, arc.weight)}"
    attributes = {"d": path_of(arc, sheet, side), "stroke-width": f"{arc.width:.2f}"}
    known = {"data-arc": str(cell), "data-weight": exact(scene, arc.weight)}
    return h("path", {**attributes, **known}, h("title", {}, title))


def share(scene: Scene, arc: Arc, sheet: Sheet, side: int) -> Node:
    """A share on its arc's foot, at the tile: no other arc comes there."""
    wide, high = sheet.badge
    along, across = (wide, high) if sheet.is_row else (high, wide)
    near = sheet.half if side > 0 else -sheet.half - across
    x, y = sheet.point(arc.end - along / 2, near)
    frame = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{wide:.0f}", "height": f"{high:.0f}"}
    middle = {"x": f"{x + wide / 2:.1f}", "y": f"{y + high / 2 + 0.5:.1f}"}
    told = h("text", middle, whole(scene, arc.weight))
    return h("g", {"class": "idea-look-share"}, h("rect", {**frame, "rx": "6"}), told)


def tile_node(scene: Scene, tile: Tile, texts: Sequence[str], sheet: Sheet) -> Node:
    """A token as a button that shows where it looks, or the gap of those left out."""
    x, y, wide, high = box(sheet, tile.start, tile.size)
    frame = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{wide:.1f}", "height": f"{high:.1f}"}
    if tile.position is None:
        told = say(scene, "idea.layers.gap", n=tile.n_left_out)
        gap = h(
            "span",
            {"class": "idea-look-gap", "title": told, "aria-label": told, "role": "img"},
            "…",
        )
        return h("foreignObject", frame, gap)
    is_chosen = tile.position == chosen(scene)
    later = " is-later" if tile.position > chosen(scene) else ""
    button = h(
        "button",
        {
            "type": "button",
            "class": f"idea-look-tile{later}",
            "data-action": "select-position",
            "data-position": str(tile.position),
            "aria-pressed": "true" if is_chosen else "false",
            "title": say(scene, "idea.layers.from", token=texts[tile.position]),
        },
        h("bdi", {}, texts[tile.position]),
    )
    return h("foreignObject", frame, button)


def box(sheet: Sheet, start: float, size: float) -> tuple[float, float, float, float]:
    """A tile's x, y, width and height."""
    x, y = sheet.point(start, -sheet.half)
    return (x, y, size, 2 * sheet.half) if sheet.is_row else (x, y, 2 * sheet.half, size)


def under(scene: Scene, best: Candidate) -> str:
    """What the dashed tile is; what stood there before, where it is another word now."""
    top = scene.run.top
    if top and top[0].id != best.id:
        return say(scene, "idea.layers.before", token=plain(top[0].visible))
    return say(scene, "idea.layers.next")


def answer(scene: Scene, sheet: Sheet, end: float) -> Node | str:
    """The next token in a dashed tile, with its chance, and the bars of before and now."""
    now = now_of(scene)
    best = now[0] if now else None
    size = 130.0 if sheet.is_row else 36.0
    x, y, wide, high = box(sheet, end + (26 if sheet.is_row else 10), size)
    frame = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{wide:.1f}", "height": f"{high:.1f}"}
    text = cut(plain(best.visible), 9) if best else "…"
    middle = {"x": f"{x + wide / 2:.1f}", "y": f"{y + high / 2:.1f}"}
    parts = [
        h("rect", {**frame, "rx": "9"}),
        h("text", {"class": "idea-look-next", **middle}, text),
    ]
    if best is not None:
        chance = whole(scene, best.prob)
        if sheet.is_row:
            place = {"x": middle["x"], "y": f"{y - 14:.1f}", "text-anchor": "middle"}
            below = {"x": middle["x"], "y": f"{y + high + 24:.1f}", "text-anchor": "middle"}
        else:
            place = {"x": f"{x + wide + 10:.1f}", "y": f"{y + high / 2 + 6:.1f}"}
            below = {"x": f"{x - 10:.1f}", "y": f"{y + high / 2 + 6:.1f}", "text-anchor": "end"}
        parts.append(h("text", {"class": "idea-look-chance", **place}, chance))
        parts.append(h("text", {"class": "idea-look-before", **below}, under(scene, best)))
    return h("g", {"class": "idea-look-answer"}, parts)
