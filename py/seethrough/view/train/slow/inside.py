"""Every gradient of a layer at the chosen place: a strip each, whose cells open to their sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.hooks import LEAF_DIMS, block_leaves, hook_name, leaf_of
from seethrough.core.train.back_sums import RULES
from seethrough.core.train.slow import GRAD, is_by_document
from seethrough.view.node import Attributes, Child, h, to_html
from seethrough.view.numbers import exact, readout
from seethrough.view.raster import diverging_raster
from seethrough.view.scales import Diverging, symmetric_limit
from seethrough.view.train.slow.numbered import written_index
from seethrough.view.words import hook_mark, rich, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.train.slow import SlowStep

PREFIX = "slow-strip:"
READOUT = "slow-strip-readout"
HIGH, HEAD_HIGH, TICK, SQUARE_ROOT = 20, 10, 3, 0.5


def strips(state: AppState, step: SlowStep) -> list[Child]:
    """The strips of the chosen layer, from the last to the first, as the way back passes them."""
    slow = state.lesson.slow
    if not slow.part:
        return [h("p", {"class": "note"}, say(state, "slow.back.choose"))]
    names = [hook_name(leaf, slow.layer) for leaf in reversed(block_leaves(step.config))]
    shown = [name for name in names if f"{name}{GRAD}" in step.arrays]
    rows = [h("li", {}, row(state, step, name)) for name in shown]
    readout_of = h(
        "output", {"class": "readout opened", "id": READOUT}, say(state, "view.strip.rest")
    )
    title = h("h2", {"class": "aside-title"}, say(state, "slow.back.inside", layer=slow.layer))
    return [title, readout_of, h("ol", {"class": "slow-strips"}, rows)]


def row(state: AppState, step: SlowStep, name: str) -> list[Child]:
    """A gradient: its name, its picture, how long it is."""
    found = at_place(step, name, state.lesson.slow.position)
    assert found is not None
    length = float(np.sqrt((found.astype(np.float64) ** 2).sum()))
    rows, columns = found.shape
    told: Attributes = {
        "class": "strip-cells slow-strip" if rows == 1 else "strip-cells slow-strip is-heads",
        "data-raster": f"{PREFIX}{name}",
        "data-rows": str(rows),
        "data-columns": str(columns),
        "width": str(columns),
        "height": str(rows * high_of(rows)),
        "tabindex": "0",
        "role": "img",
        "aria-label": say(state, "slow.back.strip", name=f"{name}{GRAD}"),
        "aria-describedby": READOUT,
    }
    return [
        h("code", {"class": "hook", "title": f"{name}{GRAD}"}, f"{leaf_of(name)}{GRAD}"),
        h("canvas", told),
        h("span", {"class": "number"}, readout(state, length)),
    ]


def high_of(rows: int) -> int:
    """How high a row of a picture is."""
    return HIGH if rows == 1 else HEAD_HIGH


def at_place(step: SlowStep, name: str, position: int) -> Array | None:
    """A hook's gradient at a place as rows: one, or one a head; None where it is not here."""
    array = step.arrays.get(f"{name}{GRAD}")
    if array is None:
        return None
    found: Array = array[:, position] if is_by_document(name) else array[position]
    return found if found.ndim == 2 else found[None]  # noqa: PLR2004 - rows and columns


def raster(state: AppState, name: str, *, dark: bool) -> Array | None:
    """The pixels of a strip; None where its gradient is not here any more."""
    found = shown(state, name)
    if found is None:
        return None
    scale = Diverging(symmetric_limit(found), SQUARE_ROOT)
    return diverging_raster(found, scale, dark=dark, wide=1, high=high_of(len(found)), tick=TICK)


def shown(state: AppState, name: str) -> Array | None:
    """What a picture's name shows."""
    step = state.lesson.slow.step
    hook = name.removeprefix(PREFIX)
    return None if step is None else at_place(step, hook, state.lesson.slow.position)


def index_of(state: AppState, name: str, row: int, column: int) -> tuple[int, ...]:
    """The place of a cell in the gradient itself."""
    position = state.lesson.slow.position
    hook = name.removeprefix(PREFIX)
    if is_by_document(hook):
        return (row, position, column)
    is_of_heads = len(LEAF_DIMS[leaf_of(hook)]) > 2  # noqa: PLR2004 - a place and a number
    return (position, row, column) if is_of_heads else (position, column)


def describe(state: AppState, name: str, row: int, column: int) -> str:
    """A cell's name and number; empty outside."""
    found = shown(state, name)
    if found is None or not (0 <= row < found.shape[0] and 0 <= column < found.shape[1]):
        return ""
    place = (
        f"{name.removeprefix(PREFIX)}{GRAD}[{written_index(index_of(state, name, row, column))}]"
    )
    value = h("b", {}, exact(state, found[row, column]))
    return to_html(*rich(state, "slow.back.cell", name=hook_mark(place), value=value))


def order(
    state: AppState, name: str, row: int, column: int
) -> tuple[str, Mapping[str, str]] | None:
    """What a click does: the sum opens, where the gradient has one."""
    hook = name.removeprefix(PREFIX)
    if leaf_of(hook) not in RULES:
        return None
    index = written_index(index_of(state, name, row, column))
    return "slow-sum", {"name": f"{hook}{GRAD}", "index": index}
