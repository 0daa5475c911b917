"""The tokens along the sides of a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.attention_grid import BASELINE
from seethrough.view.node import Attributes, Node, h
from seethrough.view.words import visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.attention_grid import Grid

LABEL_CHARACTERS = 12
CHARACTER = 8
LABEL_HIGH = 14


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
