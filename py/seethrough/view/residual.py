"""The residual stream of one token, from the embedding to the end: a heat map and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import Cell
from seethrough.core.recording import stream_names
from seethrough.view import named
from seethrough.view.folded import folded
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, exact, limit, readout
from seethrough.view.pickers import layer_of, layer_picker
from seethrough.view.raster import diverging_raster
from seethrough.view.scales import Diverging, Linear, symmetric_limit
from seethrough.view.unrecorded import note, spans
from seethrough.view.vector_table import vector_table
from seethrough.view.words import hook_mark, rich, say, sentences, title, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.recording import Recording

CELL_WIDE = 1
ROW_HIGH = 16
TICK_HIGH = 4
NORM_BAR = 56
NORM_WIDE = 112
LEGEND_STEPS = 16
LEGEND_CELL = 8
SQUARE_ROOT = 0.5


@dataclass(frozen=True)
class Stream:
    """The states of one position: values [n_layers + 1, d_model], a hook name for each row."""

    position: int
    values: Array
    names: tuple[str, ...]
    scale: Diverging

    @property
    def norms(self) -> Array:
        """L2 norm of each row, in float64: some dimensions are a thousand times the others."""
        norms: Array = np.sqrt((self.values.astype(np.float64) ** 2).sum(axis=1))
        return norms


def stream_of(scene: Scene) -> Stream | None:
    """What there is to draw; None before the first run, or where the recording lacks it."""
    position = min(max(scene.choice.position, 0), max(scene.run.last_kept, 0))
    values = scene.run.stream_at(position)
    if values is None:
        return None
    scale = Diverging(symmetric_limit(values), SQUARE_ROOT)
    return Stream(position, values, stream_names(len(values) - 1), scale)


def render(scene: Scene) -> str:
    """The heat map with its row names, norms, legend and tables; nothing before the first run."""
    stream = stream_of(scene)
    if stream is None:
        return "" if scene.run.numbered is None else lacking(scene, scene.run.numbered)
    n_rows, d_model = stream.values.shape
    canvas = h(
        "canvas",
        {
            "data-raster": "residual",
            "data-rows": str(n_rows),
            "data-columns": str(d_model),
            "width": str(d_model * CELL_WIDE),
            "height": str(n_rows * ROW_HIGH),
            "tabindex": "0",
            "role": "img",
            "aria-label": summary(scene, stream),
            "aria-describedby": "residual-readout",
        },
    )
    return to_html(
        title(scene, "page.residual.title"),
        named.lead(scene, lead(scene, stream)),
        h(
            "div",
            {"class": "plate scroll"},
            h("ol", {"class": "row-names"}, row_names(scene, stream.names)),
            canvas,
            norm_bars(scene, stream.names, stream.norms),
        ),
        h("output", {"class": "readout", "id": "residual-readout"}, largest(scene, stream)),
        legend(scene, stream),
        data(scene, stream),
    )


def lacking(scene: Scene, recorded: Recording) -> str:
    """A position whose stream is not in the recording: its norms, which are, and the way to it."""
    position = scene.choice.position
    names = stream_names(recorded.n_layers)
    sentence = rich(
        scene,
        "view.unrecorded.position",
        known=spans(scene, recorded.positions),
        token=token_mark(visible_at(scene, position)),
        position=str(position),
    )
    norms = norm_bars(scene, names, recorded.norms[:, position])
    rows = h("ol", {"class": "row-names"}, row_names(scene, names))
    return to_html(
        title(scene, "page.residual.title"),
        note(scene, *sentence),
        h("div", {"class": "plate scroll"}, rows, norms),
    )


def lead(scene: Scene, stream: Stream) -> list[Node | str]:
    """One sentence with this token and its own numbers."""
    return rich(
        scene,
        "view.residual.lead",
        token=token_mark(visible_at(scene, stream.position)),
        d_model=count(scene, stream.values.shape[1]),
        n_layers=count(scene, len(stream.values) - 1),
        first=h("b", {}, readout(scene, stream.norms[0])),
        last=h("b", {}, readout(scene, stream.norms[-1])),
    )


def summary(scene: Scene, stream: Stream) -> str:
    """The picture in words, for those who do not see it."""
    told = say(
        scene,
        "view.residual.summary",
        token=visible_at(scene, stream.position),
        n_rows=len(stream.values),
        d_model=stream.values.shape[1],
        limit=limit(scene, stream.scale.limit),
    )
    return sentences(told, largest(scene, stream))


def largest(scene: Scene, stream: Stream) -> str:
    """The value furthest from zero, by its full name; what the readout shows at rest."""
    magnitude = np.nan_to_num(np.abs(stream.values), nan=0.0)
    row, column = np.unravel_index(int(magnitude.argmax()), stream.values.shape)
    return say(scene, "view.residual.largest", **facts(scene, stream, int(row), int(column)))


def describe(scene: Scene, stream: Stream, row: int, column: int) -> str:
    """One cell in full: hook name, indices, the exact value."""
    return say(scene, "view.residual.cell", **facts(scene, stream, row, column))


def facts(scene: Scene, stream: Stream, row: int, column: int) -> dict[str, str]:
    """What a sentence about a cell names."""
    return {
        "name": stream.names[row],
        "position": str(stream.position),
        "column": str(column),
        "value": exact(scene, stream.values[row, column]),
    }


def cell_of(scene: Scene, row: int, column: int) -> Cell | None:
    """Which number of the model a cell of the heat map is; None outside it."""
    stream = stream_of(scene)
    if stream is None:
        return None
    inside = 0 <= row < len(stream.values) and 0 <= column < stream.values.shape[1]
    return Cell(stream.names[row], (stream.position, column)) if inside else None


def describe_cell(scene: Scene, row: int, column: int) -> str:
    """The text of a cell under the pointer or the keyboard; empty outside the picture."""
    stream = stream_of(scene)
    if stream is None:
        return ""
    inside = 0 <= row < len(stream.values) and 0 <= column < stream.values.shape[1]
    return describe(scene, stream, row, column) if inside else ""


def raster(scene: Scene, *, dark: bool) -> Array | None:
    """The heat map's pixels; None before the first run."""
    stream = stream_of(scene)
    if stream is None:
        return None
    return diverging_raster(
        stream.values, stream.scale, dark=dark, wide=CELL_WIDE, high=ROW_HIGH, tick=TICK_HIGH
    )


def row_names(scene: Scene, names: Sequence[str]) -> list[Node]:
    """A hook name for each row; on a phone the parts that repeat give way to the picture."""
    chosen = layer_of(scene)
    items = []
    for row, name in enumerate(names):
        block, layer, leaf = name.split(".")
        stem, which = leaf.rsplit("_", 1)
        last = row == len(names) - 1
        tail: Child = [
            h("span", {"class": "wide"}, f".{stem}_"),
            h("span", {"class": "which"}, which),
        ]
        ending = tail if last else h("span", {"class": "wide"}, f".{leaf}")
        classes = "is-selected" if row == chosen else None
        parts = (h("span", {"class": "wide"}, f"{block}."), layer, ending)
        items.append(h("li", {"class": classes}, h("code", {}, parts)))
    return items


def norm_bars(scene: Scene, names: Sequence[str], norms: Array) -> Node:
    """The length of each row's vector, as a bar and as text."""
    finite = norms[np.isfinite(norms)]
    width = Linear(0.0, float(finite.max()) if finite.size else 0.0, 0.0, NORM_BAR)
    high = len(norms) * ROW_HIGH
    rows = []
    for row, norm in enumerate(norms):
        top = row * ROW_HIGH
        rect: Attributes = {
            "x": 0,
            "y": top + 3,
            "width": f"{width(float(norm)):.2f}",
            "height": ROW_HIGH - 6,
        }
        value: Attributes = {"x": NORM_WIDE, "y": top + ROW_HIGH - 4, "text-anchor": "end"}
        told = h("title", {}, f"{names[row]}: {exact(scene, norm)}")
        rows.append(
            h(
                "g",
                {},
                told,
                h("rect", {"class": "norm", **rect}),
                h("text", value, readout(scene, norm)),
            )
        )
    label = say(scene, "view.residual.norm")
    size: Attributes = {"width": NORM_WIDE, "height": high, "viewBox": f"0 0 {NORM_WIDE} {high}"}
    return h(
        "div",
        {"class": "norms"},
        h("svg", {**size, "role": "img", "aria-label": label}, rows),
        h("span", {"class": "norms-title"}, label),
    )


def legend(scene: Scene, stream: Stream) -> Node:
    """The colours with their limits, what lies beyond them, and how a tick marks it."""
    cells = [swatch(step) for step in range(-LEGEND_STEPS, LEGEND_STEPS + 1)]
    wide = (2 * LEGEND_STEPS + 1) * LEGEND_CELL
    clipped = int(stream.scale.clipped(stream.values).sum())
    beyond = say(
        scene,
        "view.residual.clipped" if clipped else "view.residual.not_clipped",
        n_clipped=count(scene, clipped),
        n_values=count(scene, stream.values.size),
        limit=limit(scene, stream.scale.limit),
    )
    ticks = [
        h("span", {}, limit(scene, stream.scale.value_at(share)))
        for share in (-1.0, -0.5, 0.0, 0.5, 1.0)
    ]
    strip: Attributes = {"class": "legend-strip", "viewBox": f"0 0 {wide} {LEGEND_CELL}"}
    shape: Attributes = {
        "width": wide,
        "height": 12,
        "preserveAspectRatio": "none",
        "aria-hidden": "true",
    }
    return h(
        "div",
        {"class": "legend"},
        h(
            "div",
            {"class": "legend-scale"},
            h("svg", {**strip, **shape}, cells),
            h("div", {"class": "legend-ticks"}, ticks),
        ),
        h("p", {}, say(scene, "view.residual.scale"), " ", beyond),
    )


def swatch(step: int) -> Node:
    """One cell of the legend: the share as opacity over paper is the raster's own mix."""
    role = "positive" if step > 0 else "negative"
    place: Attributes = {
        "x": (step + LEGEND_STEPS) * LEGEND_CELL,
        "width": LEGEND_CELL,
        "height": LEGEND_CELL,
    }
    opacity = abs(step) / LEGEND_STEPS
    return h("rect", {"class": f"fill-{role}", "fill-opacity": opacity, **place})


def data(scene: Scene, stream: Stream) -> Node:
    """The chosen layer's whole row as a table; the last layer also has what leaves it."""
    layer = min(layer_of(scene), max(len(stream.values) - 2, 0))
    rows = (layer, layer + 1) if layer == len(stream.values) - 2 else (layer,)
    return folded(
        scene,
        "residual-data",
        say(scene, "view.residual.table"),
        lambda: [
            h("div", {"class": "controls"}, layer_picker(scene)),
            [table(scene, stream, row) for row in rows],
        ],
    )


def table(scene: Scene, stream: Stream, row: int) -> Node:
    """All values of one state."""
    caption = rich(
        scene,
        "view.residual.caption",
        name=hook_mark(stream.names[row]),
        position=str(stream.position),
        norm=readout(scene, stream.norms[row]),
    )
    return vector_table(scene, caption, stream.values[row], stream.names[row], stream.position)
