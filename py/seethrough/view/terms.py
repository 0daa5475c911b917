"""The terms of a logit as a strip: query × row, dimension by dimension.

Its picture is named `terms:3909~1.5`: the token's id, and the magnitude that gets the full colour.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.view.logit_facts import last_position, terms_of
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import cell as two_decimals
from seethrough.view.numbers import exact, readout
from seethrough.view.raster import diverging_raster
from seethrough.view.scales import Diverging
from seethrough.view.strip import AROUND, HIGH, SQUARE_ROOT, TICK, canvas
from seethrough.view.words import hook_mark, rich

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.distribution import Terms

PREFIX = "terms:"
NAME = re.compile(r"terms:(\d{1,9})~([\d.e+-]+)")


def strip(terms: Terms, token: int, *, reach: float, label: str, told_in: str) -> Node:
    """The canvas of one token's terms.

    Args:
        reach: The magnitude that gets the full colour.
        label: The picture in words.
        told_in: The id of the readout where its cells open.
    """
    name = f"{PREFIX}{token}~{reach:g}"
    return canvas(name, terms.values.size, label=label, told_in=told_in)


def _read(scene: Scene, name: str) -> tuple[int, Terms, float] | None:
    """Token, terms and reach of a strip's name; None where they are not known."""
    found = NAME.fullmatch(name)
    terms = None if found is None else terms_of(scene, int(found[1]))
    return None if found is None or terms is None else (int(found[1]), terms, float(found[2]))


def raster(scene: Scene, name: str, *, dark: bool) -> Array | None:
    """The strip's pixels; None where its terms are not known any more."""
    told = _read(scene, name)
    if told is None:
        return None
    scale = Diverging(told[2], SQUARE_ROOT)
    values = told[1].values[None, :]
    return diverging_raster(values, scale, dark=dark, wide=1, high=HIGH, tick=TICK)


def cell_of(scene: Scene, name: str, _row: int, column: int) -> Cell | None:
    """Every place of the strip belongs to the one logit; None outside it."""
    told = _read(scene, name)
    if told is None or not 0 <= column < told[1].values.size:
        return None
    return Cell(hooks.LOGITS, (last_position(scene), told[0]))


def opened(scene: Scene, name: str, _row: int, column: int) -> str:
    """The term under the pointer among its neighbours, with both factors; empty outside."""
    told = _read(scene, name)
    if told is None or not 0 <= column < told[1].values.size:
        return ""
    terms = told[1]
    first = min(max(column - AROUND, 0), max(terms.values.size - 2 * AROUND - 1, 0))
    around = range(first, min(first + 2 * AROUND + 1, terms.values.size))
    cells = [
        h(
            "span",
            {"class": "is-open" if at == column else None},
            two_decimals(scene, terms.values[at]),
        )
        for at in around
    ]
    sentence = rich(
        scene,
        "logits.term",
        column=str(column),
        query=readout(scene, float(terms.query[column])),
        row=readout(scene, float(terms.row[column])),
        product=h("b", {}, exact(scene, terms.values[column])),
        logit=hook_mark(str(Cell(hooks.LOGITS, (last_position(scene), told[0])))),
    )
    return to_html(
        h("span", {"class": "opened-cells"}, cells), h("span", {"class": "opened-value"}, sentence)
    )
