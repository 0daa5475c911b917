"""Who looks at whom: one head's pattern of one layer, every head beside it in small."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.hooks import PATTERN
from seethrough.view import named
from seethrough.view.attention_grid import BASELINE, Grid, grid_of
from seethrough.view.attention_labels import key_labels, query_labels
from seethrough.view.attention_table import data
from seethrough.view.kept import kept_of
from seethrough.view.node import Attributes, Markup, Node, escape, h, to_html
from seethrough.view.numbers import cell, exact, probability
from seethrough.view.pickers import layer_of, layer_picker
from seethrough.view.raster import causal_raster, pooled
from seethrough.view.scales import known, text_on
from seethrough.view.unrecorded import lacks_layer, note, spans
from seethrough.view.words import (
    Reader,
    hook_mark,
    rich,
    say,
    sentences,
    title,
    token_mark,
    visible_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.recording import Recording

ROLE = "attention"
NUMBERS_FROM = 38
THUMB = 48
LEGEND_STEPS = 16
LEGEND_CELL = 8
SHADES = 255  # above nothing
# A row whose largest share is smaller looks at nothing in particular.
SPREAD = 0.1


def render(scene: Scene) -> str:
    """The pickers, the pattern with its tokens, the legend and the numbers."""
    grid = grid_of(scene)
    if grid is None:
        return "" if scene.run.recorded is None else lacking(scene, scene.run.recorded)
    return to_html(
        title(scene, "page.attention.title"),
        named.lead(scene, lead(scene, grid)),
        h("div", {"class": "controls"}, picker(scene), heads(scene, grid)),
        *pattern(scene, grid),
    )


def pattern(scene: Scene, grid: Grid) -> list[Node | str]:
    """The pattern between its tokens, what a cell tells, the legend, the numbers."""
    return [
        h(
            "div",
            {"class": "matrix scroll"},
            h("span", {"class": "axis-names"}, axis_names(scene)),
            key_labels(scene, grid),
            query_labels(scene, grid),
            cells(scene, grid) if grid.is_svg else canvas(scene, grid),
        ),
        h("output", {"class": "readout", "id": "attention-readout"}, strongest(scene, grid)),
        legend(scene, grid),
        data(scene, grid),
    ]


def picker(scene: Scene) -> Node:
    """The layers, those without a recorded pattern marked."""
    return layer_picker(scene, lacks=lacks_layer)


def lacking(scene: Scene, recorded: Recording, *, has_picker: bool = True) -> str:
    """A layer whose pattern is not in the recording: the picker stays, with the way to it."""
    layer, known = str(layer_of(scene)), spans(scene, recorded.layers)
    sentence = say(scene, "view.unrecorded.pattern", known=known, layer=layer)
    return to_html(
        title(scene, "page.attention.title"),
        h("div", {"class": "controls"}, picker(scene)) if has_picker else "",
        note(scene, sentence),
    )


def lead(scene: Scene, grid: Grid) -> list[Node | str]:
    """Where the chosen token looks most, by name and number; or that it looks at many."""
    row = grid.pattern[grid.position]
    key = int(row.argmax())
    kind = "_spread" if row[key] < SPREAD else "_self" if key == grid.position else ""
    return rich(
        scene,
        f"view.attention.lead{kind}",
        query=token_mark(visible_at(scene, grid.position)),
        key=token_mark(visible_at(scene, key)),
        weight=h("b", {}, probability(scene, float(row[key]))),
        head=str(grid.head),
        layer=str(grid.layer),
    )


def heads(scene: Scene, grid: Grid) -> Node:
    """A button a head, each with its own pattern of this layer in small."""
    patterns = scene.run.pattern(layer_of(scene))
    n_heads = 0 if patterns is None else len(patterns)
    buttons = [
        head_button(scene, head, grid.side, is_chosen=head == grid.head) for head in range(n_heads)
    ]
    label = say(scene, "view.heads")
    return h(
        "div",
        {"class": "picker"},
        h("span", {}, say(scene, "view.head")),
        h("div", {"class": "heads", "role": "group", "aria-label": label}, buttons),
    )


def head_button(scene: Scene, head: int, side: int, *, is_chosen: bool) -> Node:
    """One head: its number under its pattern, where that is known.

    Args:
        side: Tokens along the pattern; 0 where it is not known.
    """
    return button(scene.language, layer_of(scene), head, side, is_chosen=is_chosen)


@lru_cache(maxsize=512)
def button(language: str, layer: int, head: int, side: int, *, is_chosen: bool) -> Node:
    """The same button, written once: another choice changes two of them."""
    key = "view.attention.head" if side <= THUMB else "view.attention.head_pooled"
    return h(
        "button",
        {
            "type": "button",
            "class": "head is-selected" if is_chosen else "head",
            "data-action": "select-head",
            "data-head": str(head),
            "aria-pressed": "true" if is_chosen else "false",
            "title": say(Reader(language), key, head=head, layer=layer),
        },
        thumb(head, side) if side else "",
        h("span", {}, str(head)),
    )


def thumb(head: int, side: int) -> Node:
    """The canvas of a head's pattern in small."""
    size = str(thumb_size(side))
    looks = {"class": "thumb", "width": size, "height": size, "aria-hidden": "true"}
    return h("canvas", {"data-raster": f"head-{head}", **looks})


def thumb_size(side: int) -> int:
    """Width and height of a small pattern in pixels; a long one is pooled to fit."""
    blocks = -(-side // (-(-side // THUMB)))
    return blocks * (THUMB // blocks)


def raster(scene: Scene, *, dark: bool) -> Array | None:
    """The large pattern's pixels, for prompts too long for one element a cell."""
    grid = grid_of(scene)
    if grid is None:
        return None
    return causal_raster(grid.pattern, ROLE, dark=dark, cell=grid.cell)


def head_raster(scene: Scene, head: int, *, dark: bool) -> Array | None:
    """One small pattern's pixels; None for a head that is not there."""
    patterns = scene.run.pattern(layer_of(scene))
    if patterns is None or not 0 <= head < len(patterns):
        return None
    pixels: Array = thumbs((patterns,), dark=dark)[head]
    return pixels


@kept_of
def thumbs(patterns: tuple[Array], *, dark: bool) -> Array:
    """The small patterns of all heads of a layer. Shapes: → [head, height, width, 4]."""
    small = pooled(patterns[0], THUMB)
    return causal_raster(small, ROLE, dark=dark, cell=THUMB // small.shape[-1])


def axis_names(scene: Scene) -> list[Node]:
    """Which axis is which, in the colours of query and key."""
    return [
        h("span", {"class": "is-key"}, say(scene, "view.attention.keys")),
        h("span", {"class": "is-query"}, say(scene, "view.attention.queries")),
    ]


def cells(scene: Scene, grid: Grid) -> Node:
    """One rectangle a pair of tokens, the future hatched."""
    step = grid.cell
    chosen: Attributes = {"x": 1, "y": grid.position * step + 1, "height": step - 2}
    return h(
        "svg",
        {
            "class": "pattern",
            "width": str(grid.size),
            "height": str(grid.size),
            "viewBox": f"0 0 {grid.size} {grid.size}",
            **pointed(scene, grid),
        },
        hatch(),
        h("path", {"class": "future", "fill": "url(#hatch)", "d": staircase(grid)}),
        plain_cells(grid) if grid.cell < NUMBERS_FROM else told_cells(scene, grid),
        h("rect", {"class": "chosen", "width": (grid.position + 1) * step - 2, **chosen}),
    )


def hatch() -> Node:
    """The pattern of what is masked: lines, so that it is never read as a zero."""
    line = h("path", {"class": "hatch-line", "d": "M-1 1l2-2M0 6l6-6M5 7l2-2"})
    size = {"width": "6", "height": "6", "patternUnits": "userSpaceOnUse"}
    return h("defs", {}, h("pattern", {"id": "hatch", **size}, line))


def staircase(grid: Grid) -> str:
    """The outline of the masked triangle."""
    steps = (
        f"V{(query + 1) * grid.cell}H{(query + 2) * grid.cell}" for query in range(grid.side - 1)
    )
    return f"M{grid.cell} 0{''.join(steps)}V0Z"


def plain_cells(grid: Grid) -> Markup:
    """The cells of a pattern: each one's colour is its weight."""
    own = [square(grid, grid.position, key) for key in range(grid.position + 1)]
    return Markup("".join([*shaded(grid), *own]))


def shaded(grid: Grid) -> Iterator[str]:
    """The cells of the other rows: those of one shade are one element, for there are hundreds.

    A screen has 256 shades: two weights of the same are the same to the eye, as in a raster.
    """
    side, shades = grid.cell - 1, np.rint(known(np.clip(grid.pattern, 0.0, 1.0)) * SHADES)
    box = f"h{side}v{side}h-{side}z"
    outlines: dict[int, list[str]] = {}
    for query, row in enumerate(shades.astype(int).tolist()):
        if query != grid.position:
            for key, shade in enumerate(row[: query + 1]):
                place = f"M{key * grid.cell} {query * grid.cell}{box}"
                outlines.setdefault(shade, []).append(place)
    for shade, places in outlines.items():
        opacity = f"{shade / SHADES:.4f}"
        yield f'<path class="cell" fill-opacity="{opacity}" d="{"".join(places)}"></path>'


def pairs(grid: Grid) -> Iterator[tuple[int, int]]:
    """The cells that are not masked."""
    return ((query, key) for query in range(grid.side) for key in range(query + 1))


def square(grid: Grid, query: int, key: int) -> str:
    """One cell, one pixel short: the gap is the grid. There are hundreds: they are written so."""
    x, y, side = key * grid.cell, query * grid.cell, grid.cell - 1
    opacity = f"{min(max(float(grid.pattern[query, key]), 0.0), 1.0):.4f}"
    # A sum of the chosen token's names these: they are lit with it.
    is_named = query == grid.position
    named = f' data-cell="{escape(str(grid.cell_at(query, key)))}"' if is_named else ""
    shape = f'x="{x}" y="{y}" width="{side}" height="{side}"{named}'
    return f'<rect class="cell" fill-opacity="{opacity}" {shape}></rect>'


def told_cells(scene: Scene, grid: Grid) -> list[Node]:
    """Large cells, with their digits in them."""
    return [told_cell(scene, grid, query, key) for query, key in pairs(grid)]


def told_cell(scene: Scene, grid: Grid, query: int, key: int) -> Node:
    """One cell with its digits."""
    weight = float(grid.pattern[query, key])
    middle_x, middle_y = ((at + 0.5) * grid.cell for at in (key, query))
    place: Attributes = {"x": middle_x, "y": middle_y + BASELINE}
    light, dark = (text_on(weight, ROLE, dark=is_dark) for is_dark in (False, True))
    classes = f"cell-text light-{light} dark-{dark}"
    text = h("text", {"class": classes, "text-anchor": "middle", **place}, cell(scene, weight))
    return h("g", {}, Markup(square(grid, query, key)), text)


def canvas(scene: Scene, grid: Grid) -> Node:
    """The pattern of a long prompt: the browser draws `raster` on it."""
    return h(
        "canvas",
        {
            "width": str(grid.size),
            "height": str(grid.size),
            **pointed(scene, grid),
        },
    )


def pointed(scene: Scene, grid: Grid) -> Attributes:
    """What makes the picture one whose cells can be pointed at, and reached by the arrow keys."""
    return {
        "data-raster": "attention",
        "data-part": PATTERN,
        "data-rows": str(grid.side),
        "data-columns": str(grid.side),
        "tabindex": "0",
        "role": "img",
        "aria-label": summary(scene, grid),
        "aria-describedby": "attention-readout",
    }


def summary(scene: Scene, grid: Grid) -> str:
    """The picture in words."""
    told = say(scene, "view.attention.summary", name=grid.name, side=grid.side)
    return sentences(told, strongest(scene, grid))


def strongest(scene: Scene, grid: Grid) -> str:
    """The chosen token's largest weight in full; what the readout shows at rest."""
    key = int(grid.pattern[grid.position].argmax())
    return describe(scene, grid, grid.position, key)


def describe(scene: Scene, grid: Grid, query: int, key: int) -> str:
    """One cell in full: hook name, both tokens, the exact weight or that it is masked."""
    slots = {
        "name": grid.name,
        "query": query,
        "query_token": visible_at(scene, query),
        "key": key,
        "key_token": visible_at(scene, key),
    }
    if key > query:
        return say(scene, "view.attention.masked_cell", **slots)
    return say(scene, "view.attention.cell", value=exact(scene, grid.pattern[query, key]), **slots)


def cell_of(scene: Scene, row: int, column: int) -> Cell | None:
    """Which number of the model a cell is; None outside the picture."""
    grid = grid_of(scene)
    if grid is None or not (0 <= row < grid.side and 0 <= column < grid.side):
        return None
    return grid.cell_at(row, column)


def describe_cell(scene: Scene, row: int, column: int) -> str:
    """The text of a cell under the pointer or the keyboard; empty outside the picture."""
    grid = grid_of(scene)
    inside = grid is not None and 0 <= row < grid.side and 0 <= column < grid.side
    return describe(scene, grid, row, column) if grid is not None and inside else ""


def legend(scene: Scene, grid: Grid) -> Node:
    """The ramp with its ends, and what the hatching is."""
    wide = (LEGEND_STEPS + 1) * LEGEND_CELL
    swatches = [
        h(
            "rect",
            {
                "class": "cell",
                "x": step * LEGEND_CELL,
                "width": LEGEND_CELL,
                "height": LEGEND_CELL,
                "fill-opacity": step / LEGEND_STEPS,
            },
        )
        for step in range(LEGEND_STEPS + 1)
    ]
    strip: Attributes = {
        "class": "legend-strip",
        "viewBox": f"0 0 {wide} {LEGEND_CELL}",
        "width": wide,
    }
    shape: Attributes = {"height": 12, "preserveAspectRatio": "none", "aria-hidden": "true"}
    ticks = [h("span", {}, tick) for tick in (cell(scene, 0.0), cell(scene, 0.5), cell(scene, 1.0))]
    return h(
        "div",
        {"class": "legend"},
        h(
            "div",
            {"class": "legend-scale"},
            h("svg", {**strip, **shape}, swatches),
            h("div", {"class": "legend-ticks"}, ticks),
        ),
        h("p", {}, rich(scene, "view.attention.scale", name=hook_mark(grid.name))),
    )
