"""The lengths of all tokens' states, layer by layer: tokens in columns, layers in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.length import length_cell
from seethrough.core.recording import Recording, stream_names
from seethrough.view.folded import folded
from seethrough.view.kept import kept, kept_with
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import exact, readout
from seethrough.view.raster import enlarge
from seethrough.view.scales import Ramp, rgb, theme
from seethrough.view.tokens import chip
from seethrough.view.windowed import beyond_note, gap_note, is_beyond, window
from seethrough.view.words import say, sentences, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig

PICTURE = "layer-norms"
READOUT = "layer-norms-readout"
# Up to so many tokens a column is wide enough for its token's chip.
MOST_CHIPS = 10
MOST_IN_TABLE = 24
WIDE, HIGH = 960, 160
TICK = 3


def norms_of(scene: Scene) -> tuple[tuple[int, ...], Array] | None:
    """The shown positions and their lengths [n_layers + 1, position]; None where none is known."""
    if not scene.run.tokens or scene.run.config is None:
        return None
    positions = window(len(scene.run.tokens), chosen=scene.choice.position).positions
    if scene.run.numbered is not None:
        return positions, scene.run.numbered.norms[:, list(positions)]
    norms = _norms(scene.run.captured, scene.run.config.n_layers)
    if norms is None:
        return None
    kept = tuple(position for position in positions if position < norms.shape[1])
    return kept, norms[:, list(kept)]


@kept_with
def _norms(captured: Captured, n_layers: int) -> Array | None:
    """The lengths of every captured state, in float64."""
    names = stream_names(n_layers)
    if not captured.has(*names) or any(name in captured.positions for name in names):
        return None
    squares = [np.square(captured.arrays[name], dtype=np.float64).sum(axis=1) for name in names]
    norms: Array = np.sqrt(np.stack(squares))
    return norms


@kept(
    "language",
    "tokens",
    "position",
    "config",
    "captured",
    "recorded",
    "source",
    "unfolded",
)
def panel(scene: Scene, moment: int) -> Node | str:
    """The heat map under its tokens, which choose; its numbers in a table."""
    found = norms_of(scene)
    if found is None:
        return ""
    positions, norms = found
    heading = h("h2", {"class": "layer-norms-title"}, say(scene, "layers.norms.title"))
    return h(
        "section",
        {"class": "layer-norms", "data-at": str(moment)},
        heading,
        picture(scene, positions, norms),
        h("output", {"class": "readout", "id": READOUT}, rest(scene, positions, norms)),
        gap_note(scene, window(len(scene.run.tokens), chosen=scene.choice.position)),
        "" if is_beyond(scene, scene.choice.position) else beyond_note(scene),
        folded(
            scene,
            "layer-norms-data",
            say(scene, "layers.norms.table"),
            lambda: table(scene, positions, norms),
        ),
    )


def picture(scene: Scene, positions: tuple[int, ...], norms: Array) -> Node:
    """Chips over their columns where they fit; else a line of chips over one picture."""
    chips = [chip(scene, scene.run.tokens[at], at) for at in positions]
    canvas = heat_map(scene, positions, norms)
    last = norms.shape[0] - 1
    ends = h(
        "div",
        {"class": "layer-norms-ends", "aria-hidden": "true"},
        h("span", {}, say(scene, "layers.norms.first")),
        h("span", {}, say(scene, "layers.norms.last", layer=last - 1)),
    )
    if len(positions) > MOST_CHIPS:
        items = [h("li", {}, item) for item in chips]
        line = h("div", {"class": "scroll layer-chips follows"}, h("ol", {"class": "chips"}, items))
        return h("div", {"class": "layer-norms-plate is-crowd"}, line, ends, canvas)
    heads = [h("th", {"scope": "col"}, item) for item in chips]
    cell: Attributes = {"colspan": len(positions)}
    return h(
        "div",
        {"class": "layer-norms-plate scroll"},
        h(
            "table",
            {},
            h("thead", {}, h("tr", {}, h("td", {"class": "layer-norms-side"}), heads)),
            h("tbody", {}, h("tr", {}, h("td", {}, ends), h("td", cell, canvas))),
        ),
    )


def cells_of(n_rows: int, n_columns: int) -> tuple[int, int]:
    """How many pixels a cell is wide and high."""
    return max(1, WIDE // max(n_columns, 1)), max(4, HIGH // max(n_rows, 1))


def heat_map(scene: Scene, positions: tuple[int, ...], norms: Array) -> Node:
    """The picture itself."""
    n_rows, n_columns = norms.shape
    wide, high = cells_of(n_rows, n_columns)
    label = sentences(
        say(scene, "layers.norms.summary", n_rows=n_rows, n_columns=n_columns),
        rest(scene, positions, norms),
    )
    return h(
        "canvas",
        {
            "data-raster": PICTURE,
            "data-rows": str(n_rows),
            "data-columns": str(n_columns),
            "width": str(n_columns * wide),
            "height": str(n_rows * high),
            "tabindex": "0",
            "role": "img",
            "aria-label": label,
            "aria-describedby": READOUT,
        },
    )


def shares(norms: Array) -> Array:
    """Lengths as shares of the full colour, on a logarithmic scale from the least to the most."""
    logs = np.log(np.maximum(norms, np.finfo(np.float32).tiny))
    low, high = float(logs.min()), float(logs.max())
    flat: Array = (logs - low) / (high - low) if high > low else np.zeros_like(logs)
    return flat


def raster(scene: Scene, *, dark: bool) -> Array | None:
    """The heat map's pixels."""
    found = norms_of(scene)
    if found is None or scene.run.config is None:
        return None
    wide, _high = cells_of(*found[1].shape)
    pixels = _pixels(
        scene.run.recorded or scene.run.captured, found[0], scene.run.config, dark=dark
    ).copy()
    if scene.choice.position in found[0]:  # its column carries a tick of ink
        at = found[0].index(scene.choice.position) * wide
        ink = rgb(theme(dark=dark)["ink"]).astype(np.uint8)
        pixels[:TICK, at : at + wide, :3] = ink
    return pixels


@kept_with
def _pixels(
    source: Captured | Recording, positions: tuple[int, ...], config: ModelConfig, *, dark: bool
) -> Array:
    """The heat map without its tick: the same for every token that is chosen."""
    lengths = source.norms if isinstance(source, Recording) else _norms(source, config.n_layers)
    norms = np.nan_to_num(np.asarray(lengths, np.float64)[:, list(positions)])
    wide, high = cells_of(*norms.shape)
    return enlarge(Ramp("residual").colours(shares(norms), dark=dark), wide=wide, high=high)


def cell_of(scene: Scene, row: int, column: int) -> Cell | None:
    """Which number a cell of the heat map is: the length of a token's state; None outside it."""
    found = norms_of(scene)
    if found is None or not (0 <= row < len(found[1]) and 0 <= column < len(found[0])):
        return None
    names = stream_names(len(found[1]) - 1)
    return length_cell(names[row], found[0][column])


def describe_cell(scene: Scene, row: int, column: int) -> str:
    """One length: whose, after which layer."""
    found = norms_of(scene)
    if found is None or not (0 <= row < len(found[1]) and 0 <= column < len(found[0])):
        return ""
    fields = facts(scene, found[0][column], row, float(found[1][row, column]))
    return say(scene, "layers.norms.cell", **fields)


def facts(scene: Scene, position: int, row: int, norm: float) -> dict[str, str | bool]:
    """What a sentence about a length names; row 0 is what enters."""
    return {
        "token": visible_at(scene, position),
        "position": str(position),
        "is_entering": row == 0,
        "layer": str(row - 1),
        "length": exact(scene, norm),
    }


def rest(scene: Scene, positions: tuple[int, ...], norms: Array) -> str:
    """The longest state and the scale: what the readout shows at rest."""
    finite = np.nan_to_num(norms)
    row, column = np.unravel_index(int(finite.argmax()), finite.shape)
    return say(
        scene,
        "layers.norms.longest",
        **facts(scene, positions[int(column)], int(row), float(norms[row, column])),
        low=readout(scene, float(finite.min())),
        high=readout(scene, float(finite.max())),
    )


def table(scene: Scene, positions: tuple[int, ...], norms: Array) -> list[Node | str]:
    """The lengths as numbers; of many tokens the first and the last, and the chosen one."""
    kept = window(len(scene.run.tokens), most=MOST_IN_TABLE, chosen=scene.choice.position)
    places = [positions.index(at) for at in kept.positions if at in positions]
    head: list[Child] = [
        h("th", {"scope": "col"}, h("bdi", {}, visible_at(scene, positions[at]))) for at in places
    ]
    lines = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, side(scene, row)),
            [h("td", {"class": "number"}, exact(scene, float(norms[row, at]))) for at in places],
        )
        for row in range(len(norms))
    ]
    return [
        h(
            "div",
            {"class": "table scroll", "tabindex": "0"},
            h(
                "table",
                {"class": "numbers"},
                h("thead", {}, h("tr", {}, h("td"), head)),
                h("tbody", {}, lines),
            ),
        ),
        gap_note(scene, kept),
    ]


def side(scene: Scene, row: int) -> str:
    """A row's name: what enters, or after which layer."""
    if row == 0:
        return say(scene, "layers.norms.first")
    return say(scene, "layers.after", layer=row - 1)
