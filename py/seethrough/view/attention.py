"""Who looks at whom: one head's pattern of one layer, every head beside it in small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.cell import Cell
from seethrough.core.hooks import PATTERN, hook_name
from seethrough.view import named
from seethrough.view.attention_table import data
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import cell, exact, probability
from seethrough.view.pickers import layer_of, layer_picker
from seethrough.view.raster import causal_raster, pooled
from seethrough.view.scales import text_on
from seethrough.view.unrecorded import note, spans
from seethrough.view.words import hook_mark, rich, say, sentences, title, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.recording import Recording

ROLE = "attention"
SVG_UP_TO = 32
PICTURE = 264
CELL_MOST = 48
CELL_LEAST = 16
NUMBERS_FROM = 38
RASTER_LEAST = 1
THUMB = 48
LABEL_CHARACTERS = 12
CHARACTER = 8
LABEL_HIGH = 14
BASELINE = 4.5
LEGEND_STEPS = 16
LEGEND_CELL = 8


@dataclass(frozen=True)
class Grid:
    """One head's pattern and how large it is drawn: `cell` pixels for each token."""

    layer: int
    head: int
    position: int
    pattern: Array
    cell: int

    @property
    def side(self) -> int:
        """Tokens along each axis."""
        return int(self.pattern.shape[0])

    @property
    def size(self) -> int:
        """Width and height of the picture in pixels."""
        return self.side * self.cell

    @property
    def name(self) -> str:
        """The hook with its head: `blocks.3.attn.hook_pattern[0]`."""
        return f"{hook_name(PATTERN, self.layer)}[{self.head}]"

    def cell_at(self, query: int, key: int) -> Cell:
        """A number of the picture by its name."""
        return Cell(hook_name(PATTERN, self.layer), (self.head, query, key))

    @property
    def is_svg(self) -> bool:
        """Whether the picture is small enough for one element a cell."""
        return self.side <= SVG_UP_TO


def grid_of(scene: Scene) -> Grid | None:
    """What there is to draw; None before the first run."""
    pattern = scene.run.pattern(layer_of(scene))
    if pattern is None or pattern.size == 0:
        return None
    head = min(max(scene.choice.head, 0), len(pattern) - 1)
    side = pattern.shape[1]
    least = CELL_LEAST if side <= SVG_UP_TO else RASTER_LEAST
    return Grid(
        layer=layer_of(scene),
        head=head,
        position=min(max(scene.choice.position, 0), side - 1),
        pattern=pattern[head],
        cell=min(max(PICTURE // side, least), CELL_MOST),
    )


def render(scene: Scene) -> str:
    """The pickers, the pattern with its tokens, the legend and the numbers."""
    grid = grid_of(scene)
    if grid is None:
        return "" if scene.run.recorded is None else lacking(scene, scene.run.recorded)
    return to_html(
        title(scene, "page.attention.title"),
        named.lead(scene, lead(scene, grid)),
        h("div", {"class": "controls"}, picker(scene), heads(scene, grid)),
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
    )


def picker(scene: Scene) -> Node:
    """The layers, those without a recorded pattern marked."""
    return layer_picker(scene, is_of_patterns=True)


def lacking(scene: Scene, recorded: Recording) -> str:
    """A layer whose pattern is not in the recording: the picker stays, with the way to it."""
    layer, known = str(layer_of(scene)), spans(scene, recorded.layers)
    sentence = say(scene, "view.unrecorded.pattern", known=known, layer=layer)
    return to_html(
        title(scene, "page.attention.title"),
        h("div", {"class": "controls"}, picker(scene)),
        note(scene, sentence),
    )


def lead(scene: Scene, grid: Grid) -> list[Node | str]:
    """Where the chosen token looks most, by name and number."""
    row = grid.pattern[grid.position]
    key = int(row.argmax())
    slot = "view.attention.lead_self" if key == grid.position else "view.attention.lead"
    return rich(
        scene,
        slot,
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
    buttons = [head_button(scene, grid, head) for head in range(n_heads)]
    label = say(scene, "view.heads")
    return h(
        "div",
        {"class": "picker"},
        h("span", {}, say(scene, "view.head")),
        h("div", {"class": "heads", "role": "group", "aria-label": label}, buttons),
    )


def head_button(scene: Scene, grid: Grid, head: int) -> Node:
    """One head: its number under its pattern."""
    selected = head == grid.head
    size = str(thumb_size(grid.side))
    key = "view.attention.head" if grid.side <= THUMB else "view.attention.head_pooled"
    return h(
        "button",
        {
            "type": "button",
            "class": "head is-selected" if selected else "head",
            "data-action": "select-head",
            "data-head": str(head),
            "aria-pressed": "true" if selected else "false",
            "title": say(scene, key, head=head, layer=grid.layer),
        },
        h(
            "canvas",
            {
                "data-raster": f"head-{head}",
                "class": "thumb",
                "width": size,
                "height": size,
                "aria-hidden": "true",
            },
        ),
        h("span", {}, str(head)),
    )


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
    small = pooled(patterns[head], THUMB)
    return causal_raster(small, ROLE, dark=dark, cell=THUMB // len(small))


def axis_names(scene: Scene) -> list[Node]:
    """Which axis is which, in the colours of query and key."""
    return [
        h("span", {"class": "is-key"}, say(scene, "view.attention.keys")),
        h("span", {"class": "is-query"}, say(scene, "view.attention.queries")),
    ]


def labels(scene: Scene, grid: Grid) -> list[tuple[int, str]]:
    """Which positions have room for a label, and their tokens cut to fit."""
    every = -(-LABEL_HIGH // grid.cell)
    shown = {at for at in range(grid.side) if at % every == 0 and abs(at - grid.position) >= every}
    return [(at, short(visible_at(scene, at))) for at in sorted(shown | {grid.position})]


def short(visible: str) -> str:
    """A token cut to the label's width, the cut seen."""
    if len(visible) <= LABEL_CHARACTERS:
        return visible
    return visible[: LABEL_CHARACTERS - 1] + "\u2026"


def label_width(scene: Scene, grid: Grid) -> int:
    """Pixels that the longest label needs."""
    longest = max((len(label) for _, label in labels(scene, grid)), default=1)
    return (longest + 2) * CHARACTER


def query_labels(scene: Scene, grid: Grid) -> Node:
    """The tokens down the left side, the chosen one in ink."""
    wide = label_width(scene, grid)
    texts = [
        h(
            "text",
            {
                "class": "is-selected" if at == grid.position else None,
                "x": wide - CHARACTER,
                "y": across(at, grid),
                "text-anchor": "end",
            },
            label,
        )
        for at, label in labels(scene, grid)
    ]
    return h("svg", {"class": "labels query-labels", **box(wide, grid.size)}, texts)


def key_labels(scene: Scene, grid: Grid) -> Node:
    """The tokens along the top, read upwards."""
    high = label_width(scene, grid)
    texts = [
        h(
            "text",
            {
                "class": "is-selected" if at == grid.position else None,
                "transform": f"translate({across(at, grid)} {high - 6}) rotate(-90)",
            },
            label,
        )
        for at, label in labels(scene, grid)
    ]
    return h("svg", {"class": "labels key-labels", **box(grid.size, high)}, texts)


def across(position: int, grid: Grid) -> str:
    """Where a label's baseline crosses the middle of its cell."""
    return f"{(position + 0.5) * grid.cell + BASELINE:.1f}"


def box(wide: int, high: int) -> Attributes:
    """An SVG's size in pixels, hidden from readers who get the table."""
    size = {"width": str(wide), "height": str(high), "viewBox": f"0 0 {wide} {high}"}
    return {**size, "aria-hidden": "true"}


def cells(scene: Scene, grid: Grid) -> Node:
    """One rectangle a pair of tokens, the future hatched."""
    pairs = [(query, key) for query in range(grid.side) for key in range(query + 1)]
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
        [pair(scene, grid, query, key) for query, key in pairs],
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


def pair(scene: Scene, grid: Grid, query: int, key: int) -> Node:
    """One cell: its colour is the weight, in large cells its digits stand in it."""
    weight = float(grid.pattern[query, key])
    x, y = key * grid.cell, query * grid.cell
    opacity = f"{min(max(weight, 0.0), 1.0):.4f}"
    # A sum of the chosen token's names these: they are lit with it.
    named = str(grid.cell_at(query, key)) if query == grid.position else None
    shape: Attributes = {"class": "cell", "fill-opacity": opacity, "x": x, "y": y}
    rect = h("rect", {**shape, **square(grid.cell), "data-cell": named})
    if grid.cell < NUMBERS_FROM:
        return rect
    place: Attributes = {"x": x + grid.cell / 2, "y": y + grid.cell / 2 + BASELINE}
    light, dark = (text_on(weight, ROLE, dark=is_dark) for is_dark in (False, True))
    classes = f"cell-text light-{light} dark-{dark}"
    text = h("text", {"class": classes, "text-anchor": "middle", **place}, cell(scene, weight))
    return h("g", {}, rect, text)


def square(side: int) -> Attributes:
    """Width and height of a cell, one pixel short: the gap is the grid."""
    return {"width": side - 1, "height": side - 1}


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
