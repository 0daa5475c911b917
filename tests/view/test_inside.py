from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.state import AppState
from seethrough.core import hooks
from seethrough.core.captured import NOTHING
from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name
from seethrough.core.messages import text
from seethrough.core.routes import Route
from seethrough.view import inside, slices
from seethrough.view.layout import describe_cell, raster_for
from seethrough.view.pictures import cell_of
from tests.recorded import recorded
from tests.view.sample import Reading
from tests.view.sample import state as recorded_state
from tests.view.walk_sample import FAMILIES, walk_state


def at(family: str = "llama", position: int = 3, head: int = 1) -> AppState:
    """A live run at the inside of a block."""
    state = walk_state(family=family)
    picture = replace(state.choice, layer=1, head=head, position=position)
    return state.but(route=Route("block", "own", "inside"), choice=picture)


def strips(state: AppState) -> list[str]:
    """The names of the panel's pictures."""
    return [name for name in Reading(inside.render(state)).values("data-raster") if name]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_vector_of_a_block_is_there(family: str) -> None:
    """A strip for each hook that is known; each of its places is the very number of the model."""
    state = at(family)
    names = strips(state)
    scales = {hook_name(leaf, 1) for leaf in (hooks.LN1_SCALE, hooks.LN2_SCALE)}
    known = [name for name in inside.names_of(state) if name in state.run.captured.arrays]
    buttons = {f"{name}[3,0]" for name in scales & set(known)}
    known = [name for name in known if name not in scales]

    assert [name.split("@")[0].removeprefix("slice:") for name in names] == known
    assert set(Reading(inside.render(state)).values("data-cell")) == buttons
    for name in names:
        pixels = raster_for(state, name, False)
        assert pixels is not None
        cell = cell_of(state, name, 0, 1)
        assert cell is not None
        assert state.run.captured.value(cell) is not None
        assert str(cell) in "".join(Reading(describe_cell(state, name, 0, 1)).texts)
        assert cell_of(state, name, 0, 10_000) is None
        assert describe_cell(state, name, 0, 10_000) == ""


def test_places_of_tokens_and_heads() -> None:
    """A vector of a head is that head's; grouped queries share a key; scores end at the query."""
    state = at(position=3, head=1)
    names = [hook_name(leaf, 1) for leaf in (hooks.Q, hooks.K, hooks.SCORES, hooks.MLP_OUT)]

    assert [inside.place_of(state, leaf) for leaf in (hooks.Q, hooks.K)] == [(3, 1), (3, 0)]
    assert inside.place_of(state, hooks.SCORES) == (1, 3)
    captured = {
        names[0]: np.zeros((6, 2, 16), np.float32),
        names[1]: np.zeros((6, 1, 16), np.float32),
        names[2]: np.zeros((2, 6, 6), np.float32),
        names[3]: np.zeros((6, 32), np.float32),
    }
    state = state.but(captured=NOTHING.with_more(captured))
    found = [values(state, name) for name in names]
    found = [values(state, name) for name in names]
    sizes = [len(one) for one in found if one is not None]
    assert sizes == [16, 16, 4, 32]
    assert cell_of(state, f"slice:{names[2]}@1,3~1", 0, 2) == Cell(names[2], (1, 3, 2))


def values(state: AppState, name: str) -> np.ndarray | None:
    """What a strip of a hook shows."""
    leaf = name.split(".", 2)[2]
    return slices.values_at(state, name, inside.place_of(state, leaf))


@pytest.mark.parametrize("name", ["slice:x@1~1", "slice:blocks.1.attn.hook_q@9,9~1", "slice:nope"])
def test_a_picture_that_is_not_known_any_more(name: str) -> None:
    """No pixels, no cell, no words."""
    assert raster_for(at(), name, False) is None
    assert cell_of(at(), name, 0, 0) is None
    assert describe_cell(at(), name, 0, 0) == ""


def test_what_is_not_known_is_said() -> None:
    """A live run is being asked; a recording has none, a click runs it; before that nothing."""
    told = "".join(Reading(inside.render(at().but(captured=NOTHING))).texts)
    assert text("inside.waits") in told
    of_recording = recorded_state(captured=NOTHING)
    if of_recording.run.recorded is not None:
        assert text("inside.lacking") in "".join(Reading(inside.render(of_recording)).texts)
    assert inside.render(AppState()) == ""


def test_each_strip_says_how_far_it_reaches() -> None:
    """Its size and full colour in words; that numbers open, where the block is known."""
    words = "".join(Reading(inside.render(at())).texts)

    assert "32 numbers, full colour at \u00b1" in words
    assert text("inside.opens") in words
    assert text("inside.scale") in words
    recording = recorded()
    shown = "".join(Reading(inside.render(at().but(recorded=recording, captured=NOTHING))).texts)
    assert text("inside.opens") not in shown
    assert text("inside.lacking_tokens") in shown
