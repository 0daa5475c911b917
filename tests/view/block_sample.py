"""A live run at a step inside a layer, with everything that the step wants on hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.fetcher import lacking_in
from seethrough.app.tours import wanted_by
from seethrough.core import hooks
from seethrough.core.captured import with_rows
from seethrough.core.hooks import hook_name, leaf_of
from seethrough.core.moves import results_of, through_norm
from seethrough.core.pushes import N_PUSHED, RESULT, WRITTEN_BY, Push, Pushes, extremes
from seethrough.core.reference import forward, from_arrays
from seethrough.core.routes import Route
from seethrough.core.sums import layer_of
from tests.view.walk_sample import WORDS, config_of, walk_state, weights_of

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.wants import Wants

STEPS = ("mix", "expand", "contract")


@cache
def block_state(
    step: str, texts: tuple[str, ...] = WORDS, family: str = "llama", **changes: object
) -> AppState:
    """A state at a step; what it wants is filled in until nothing is lacking."""
    state = walk_state(texts, family).but(route=Route("block", "own", step), layer=1, **changes)
    while lacking := lacking_in(state.run, wanted_by(state.site.tours, state)):
        state = filled(state, lacking, family)
    return state


def filled(state: AppState, lacking: Wants, family: str) -> AppState:
    """With what is lacking, from the reference and the weights."""
    weights, captured = weights_of(family), state.run.captured
    whole = {name: weights[name] for name in lacking.weights}
    for name, row in lacking.rows:
        matrix = weights["W_E"] if name == "W_U" else weights[name]
        captured = with_rows(captured, name, {row: matrix[row]})
    for name, at in lacking.hooks:
        assert at is not None
        found = forward(config_of(family), from_arrays(weights), state.run.ids, unembed=[(2, at)])[
            0
        ]
        captured = with_rows(captured, name, {at: found[name][0]})
    pushes = {cell: pushes_of(state, cell, family) for cell in lacking.pushes}
    run = replace(
        state.run,
        captured=captured.with_more(whole),
        pushes={**state.run.pushes, **pushes},
    )
    return state.but(run=run)


def pushes_of(state: AppState, cell: Cell, family: str) -> Pushes:
    """By their definition: the vector times every token's row."""
    weights, layer = weights_of(family), layer_of(cell.name)
    vector: Array
    if leaf_of(cell.name) == RESULT:
        z = state.run.captured.row(hook_name(hooks.Z, layer), cell.index[0])
        assert z is not None
        vector = results_of(z, weights[hook_name("attn.W_O", layer)])[cell.index[1]]
    elif leaf_of(cell.name) == WRITTEN_BY:
        vector = weights[cell.name][cell.index[0]]
    else:
        written = state.run.captured.row(cell.name, cell.index[0])
        assert written is not None
        vector = written
    if leaf_of(cell.name) != WRITTEN_BY:
        scale = state.run.captured.row(hooks.FINAL_SCALE, cell.index[0])
        assert scale is not None
        vector = through_norm(config_of(family), vector, weights["ln_final.w"], float(scale[0]))
    products = weights["W_E"].astype(np.float64) @ vector
    up, down = (
        tuple(Push(at, f"·w{at}", float(products[at])) for at in side)
        for side in extremes(products, N_PUSHED)
    )
    return Pushes(up, down, float(products.mean()))
