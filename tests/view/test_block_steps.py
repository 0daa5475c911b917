"""The steps inside a layer: whole from nothing to 256 tokens, in both families, at each depth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.state import AppState, Moved, Tracing
from seethrough.core import hooks
from seethrough.core.captured import Captured
from seethrough.core.cell import Cell
from seethrough.core.depth import DEPTHS
from seethrough.core.hooks import hook_name
from seethrough.core.routes import Route
from seethrough.core.weight_names import expected_dims
from seethrough.view import pages
from seethrough.view.block import choice, matrix, products, shapes, turning, wall
from seethrough.view.block.here import here_of
from seethrough.view.layout import ACTIONS, PANELS, describe_cell, markup_of, raster_for
from seethrough.view.node import h, to_html
from seethrough.view.pictures import cell_of, order_of
from seethrough.view.tours import THE_BLOCK
from tests.steps import page_state
from tests.test_glossary import unmarked
from tests.view.sample import Reading
from tests.view.test_steps import HOSTILE, assert_pictures
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.view.node import Child

STEPS = THE_BLOCK.names
FILMS = tuple(step.name for step in THE_BLOCK.steps if step.idea is not None)


def at(step: str, position: int = 3, **options: object) -> AppState:
    """A live run at a step inside the second layer, its second head."""
    state = walk_state(**options)  # type: ignore[arg-type]
    position = min(position, len(state.run.tokens) - 1)
    return state.but(route=Route("block", "own", step), layer=1, head=1, position=position)


def recorded(step: str) -> AppState:
    """The same of what has no number of the layer but the patterns of the other one."""
    state = at(step)
    kept = {
        name: array
        for name, array in state.run.captured.arrays.items()
        if not name.startswith("blocks.") or name.endswith(("resid_pre", "resid_post"))
    }
    kept |= {name: state.run.captured.arrays[name] for name in [hook_name(hooks.PATTERN, 0)]}
    return state.but(captured=Captured(kept, state.run.captured.positions))


def drawn(state: AppState) -> str:
    """The present step's markup, at the reader's depth."""
    assert state.step is not None
    return markup_of(state, PANELS[state.step.place_at(state.depth)])


def film(state: AppState) -> Sequence[Child]:
    """The sentences of the present step's film."""
    assert state.step is not None
    return state.step.moments(state)


def words(html: str) -> str:
    """What is read."""
    return " ".join("".join(Reading(html).texts).split())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_whole(step: str, family: str) -> None:
    """At each depth: unique ids, known actions, one h1, the choice bar, pictures with pixels."""
    for depth in DEPTHS:
        state = at(step, family=family).but(depth=depth)
        reading = Reading(pages.render(state))
        ids = reading.values("id")

        assert drawn(state) != ""
        assert len(set(ids)) == len(ids), sorted(name for name in ids if ids.count(name) > 1)
        assert [tag for tag, _ in reading.elements].count("h1") == 1
        assert set(reading.values("data-action")) <= set(ACTIONS)
        assert choice.SLOT in ids
        assert_pictures(state, drawn(state))


@pytest.mark.parametrize("count", [1, 2, 64, 256])
@pytest.mark.parametrize("step", STEPS)
def test_any_length(step: str, count: int) -> None:
    """One token and 256 render at each depth, and every picture has its pixels."""
    for depth in DEPTHS[:2]:
        state = at(step, 200, texts=("x",) * count).but(depth=depth)
        assert_pictures(state, drawn(state))


@pytest.mark.parametrize("step", STEPS)
def test_before_anything_is_known(step: str) -> None:
    """Without numbers a step says what will stand there, and has no film."""
    for depth in DEPTHS[:2]:
        state = page_state(route=Route("block", "own", step), depth=depth)
        assert Reading(drawn(state)).texts
        assert film(state) == ()


@pytest.mark.parametrize("step", FILMS)
def test_what_is_not_here_is_said(step: str) -> None:
    """A layer whose numbers have not come says that they come, at each depth, and has no film."""
    for depth in DEPTHS[:2]:
        state = recorded(step).but(depth=depth)
        assert "The model computes them" in words(drawn(state))
    assert film(recorded(step)) == ()


@pytest.mark.parametrize("step", STEPS)
def test_hostile_text_stays_text(step: str) -> None:
    """Tokens that look like markup make no element and no attribute."""
    for depth in DEPTHS[:2]:
        html = pages.render(at(step, texts=(HOSTILE,) * 3).but(prompt=HOSTILE, depth=depth))
        assert "<img" not in html
        for _, attributes in Reading(html).elements:
            assert not any(name == "style" or name.startswith("on") for name in attributes)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", FILMS)
def test_a_film_has_a_sentence_for_every_moment(step: str, family: str) -> None:
    """Two to nine moments; each has something that enters; flights begin at an element."""
    state = at(step, family=family)
    reading = Reading(drawn(state))
    moments = film(state)

    assert 2 <= len(moments) <= 9
    assert all(to_html(h("p", {}, moment)) != "<p></p>" for moment in moments)
    assert {int(value) for value in reading.values("data-at")} <= set(range(len(moments)))
    assert len({*reading.values("data-at")}) >= len(moments) - 1
    assert set(reading.values("data-from")) <= set(reading.values("id"))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_marks_its_terms(step: str, family: str) -> None:
    """At every depth the first use of a term in the leads and notes opens the glossary."""
    for depth in DEPTHS:
        assert unmarked(drawn(at(step, family=family).but(depth=depth))) == set(), depth


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_every_number_of_a_cell_is_the_model_s(step: str, family: str) -> None:
    """What can be clicked to ask for its sum names a number that the run has."""
    state = at(step, family=family)
    for value in Reading(drawn(state)).values("data-cell"):
        found = re.fullmatch(r"([\w.]+)\[(\d+(?:,\d+){0,2})\]", value)
        assert found, value
        index = tuple(map(int, found[2].split(",")))
        assert state.run.captured.value(Cell(found[1], index)) is not None, value


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_are_query_times_key(family: str) -> None:
    """Products of the q and k on the screen, after rotation, add up to each score: to 1e-5."""
    for position in range(6):
        state = at("scores", position, family=family)
        here = here_of(state)
        assert here is not None
        scores = state.run.captured.arrays[here.name(hooks.SCORES)]
        for key in range(position + 1):
            made = products.products_of(state, here, key)
            assert made is not None
            assert made.score == pytest.approx(scores[1, position, key], abs=1e-5)
            assert sorted(made.values, reverse=True) == made.values[made.order].tolist()


def test_a_chosen_score_opens_its_products() -> None:
    """The products are those of the best key; of another one where its score is traced."""
    state = at("scores")
    here = here_of(state)
    assert here is not None
    name = here.name(hooks.SCORES)
    best = int(state.run.captured.arrays[name][1, 3, :4].argmax())
    wanted = (best + 1) % 4
    traced = state.but(sum=Tracing(Cell(name, (1, 3, wanted))))
    other = state.but(sum=Tracing(Cell(name, (0, 3, wanted))))

    assert products.opened_key(state, here, best) == products.opened_key(other, here, best) == best
    assert products.opened_key(traced, here, best) == wanted
    assert drawn(traced) != drawn(state)


def test_the_matrix_is_the_scores() -> None:
    """Each place of the matrix is a score by its name; what is masked says so."""
    state = at("scores")
    name = hook_name(hooks.SCORES, 1)

    assert cell_of(state, matrix.PICTURE, 3, 2) == Cell(name, (1, 3, 2))
    assert "masked" in describe_cell(state, matrix.PICTURE, 2, 3)
    assert cell_of(state, matrix.PICTURE, 9, 0) is None
    pixels = raster_for(state, matrix.PICTURE, False)
    assert pixels is not None
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 3


def test_positions_that_move_together_change_no_score() -> None:
    """Both positions moved: the same score to 1e-9; the distance alone: another one."""
    state = at("qkv")
    real = words(turning_of(state))
    together = words(turning_of(state.but(moved=Moved(together=37))))
    apart = words(turning_of(state.but(moved=Moved(apart=5))))

    assert "Move the sliders" in real
    assert "stays the same" in together
    assert "becomes" in apart


def turning_of(state: AppState) -> str:
    """The figure of the arrows."""
    here = here_of(state)
    assert here is not None
    return to_html(turning.figure(state, here, {}))


def test_turning_begins_at_the_model_s_score() -> None:
    """With nothing moved the drawn score is the model's own."""
    state = at("qkv")
    here = here_of(state)
    assert here is not None
    key = turning.met_key(state, here)
    score = float(state.run.captured.arrays[here.name(hooks.SCORES)][1, 3, key])

    assert f"{score:.4g}".rstrip("0") in words(turning_of(state))


def test_learned_positions_turn_nothing() -> None:
    """Where positions are learned no arrow is drawn: the way leads to where they were added."""
    html = turning_of(at("qkv", family="gpt2"))

    assert "data-live" not in html
    assert 'href="#/walk/own/embed"' in html
    assert "strip:hook_pos_embed@3" in html


@pytest.mark.parametrize("family", FAMILIES)
def test_the_weights_are_the_softmax(family: str) -> None:
    """The stages that are written are those of the model's row, and end at its weights."""
    state = at("weights", family=family)
    here = here_of(state)
    assert here is not None
    row = state.run.captured.arrays[here.name(hooks.SCORES)][1, 3, :4].astype(np.float64)
    powers = np.exp(row - row.max())
    weights = state.run.captured.arrays[here.name(hooks.PATTERN)][1, 3, :4]

    np.testing.assert_allclose(powers / powers.sum(), weights, atol=1e-6)
    html = words(drawn(state))
    assert f"{powers.sum():#.4g}".rstrip("0") in html


def test_a_recorded_row_claims_no_stage() -> None:
    """Where a recording has weights alone, no score, no power and no sum are written."""
    state = recorded("weights").but(layer=0)
    reading = Reading(drawn(state))

    assert not {"operation"} & set(reading.values("class"))
    assert "÷" not in words(drawn(state))
    assert f"{hook_name(hooks.PATTERN, 0)}[1,3,0]" in reading.values("data-cell")
    assert film(state) == ()


def test_the_wall_chooses() -> None:
    """A click on the wall is the order for that head of that layer; what is not known says so."""
    state = at("weights")

    assert order_of(state, wall.PICTURE, 1, 0) == ("select-place", {"layer": "0", "head": "1"})
    assert "Layer 0, head 1" in describe_cell(state, wall.PICTURE, 1, 0)
    lacking = recorded("weights")
    assert "not known" in describe_cell(lacking, wall.PICTURE, 0, 1)
    assert not np.array_equal(
        raster_for(state, wall.PICTURE, False), raster_for(lacking, wall.PICTURE, False)
    )


def test_a_long_text_asks_for_no_wall() -> None:
    """Patterns of all layers are wanted up to a hundred tokens."""
    assert len(wall.wants(at("weights", texts=("x",) * 100)).names) == 2
    assert not wall.wants(at("weights", texts=("x",) * 101))


def test_shared_keys_are_drawn() -> None:
    """Heads that read the same keys stand in one group of the bar; heads with their own do not."""
    assert choice.render(at("qkv")).count("head-group is-shared") == 1
    assert "is-shared" not in choice.render(at("qkv", family="gpt2"))
    assert "shared-picture" in drawn(at("qkv"))
    assert "shared-picture" not in drawn(at("qkv", family="gpt2"))


@pytest.mark.parametrize("family", FAMILIES)
def test_shapes_are_those_of_the_weights(family: str) -> None:
    """Each matrix that a step's line of shapes sizes has that size in the model."""
    state = at("qkv", family=family)
    config = state.run.config
    assert config is not None
    lines = [to_html(shapes.line(state, step)) for step in STEPS if step != "inside"]
    told = " ".join("".join(Reading(one).texts) for one in lines)
    found = dict(re.findall(r"(W_\w+)\[(\d+, \d+)\]", told))

    assert set(found) >= {"W_Q", "W_V", "W_O", "W_in", "W_out"}
    for name, size in found.items():
        part = "attn" if name in {"W_Q", "W_K", "W_V", "W_O"} else "mlp"
        wide, high = map(int, size.split(", "))
        dims = expected_dims(config)[f"blocks.0.{part}.{name}"]
        assert wide * high == int(np.prod(list(dims.values() if isinstance(dims, dict) else dims)))


def test_numbers_in_brackets_are_explained() -> None:
    """The column that is told belongs to the number of the head that it is said to be."""
    state = at("qkv")
    config = state.run.config
    assert config is not None
    told = "".join(Reading(to_html(shapes.indices(state))).texts)
    column, head, width, place = map(int, re.findall(r"(\d+) = (\d+) × (\d+) \+ (\d+)", told)[0])

    assert (head, width) == (1, config.d_head)
    assert column == head * width + place < config.n_heads * config.d_head
