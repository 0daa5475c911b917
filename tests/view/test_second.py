"""Two places of a layer side by side: each as if it stood alone, and how they differ in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.depth import DEPTHS, IDEA
from seethrough.core.hooks import hook_name
from seethrough.core.second import Second
from seethrough.view import pages
from seethrough.view.block import second
from seethrough.view.block.here import here_of, row_by_head
from seethrough.view.block.products import opened_key, products_of
from seethrough.view.layout import ACTIONS, PANELS, describe_cell, markup_of, raster_for
from seethrough.view.pictures import cell_of, order_of
from seethrough.view.tours import THE_BLOCK
from seethrough.view.twice import as_second
from tests.view.block_sample import STEPS as WRITING
from tests.view.block_sample import block_state
from tests.view.sample import Reading
from tests.view.test_block_steps import at, words
from tests.view.test_steps import HOSTILE
from tests.view.walk_sample import FAMILIES

if TYPE_CHECKING:
    from seethrough.app.state import AppState

PAIRED = tuple(step.name for step in THE_BLOCK.steps if step.pair is not None)
OTHER = Second(layer=0, head=0, position=2)


def two(step: str, beside: Second = OTHER, **options: object) -> AppState:
    """A step with a second place beside it, everything that it wants on hand."""
    if step in WRITING:
        return block_state(step, head=1, position=3, second=beside, **options)  # type: ignore[arg-type]
    return at(step, **options).but(second=beside)


def drawn(state: AppState) -> str:
    """The second picture's markup."""
    assert state.step is not None
    return markup_of(state, PANELS[second.place_of(state.step, state.depth)])


def told(state: AppState) -> str:
    """What is said of the two."""
    return words(second.render(state))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", PAIRED)
def test_both_places_are_whole(step: str, family: str) -> None:
    """At each depth: ids once, known actions, and every id that is named is there."""
    for depth in DEPTHS:
        state = two(step, family=family).but(depth=depth)
        reading = Reading(pages.render(state))
        ids = reading.values("id")
        named = [one for name in NAMED for value in reading.values(name) for one in value.split()]

        assert drawn(state) != ""
        assert len(set(ids)) == len(ids), sorted(name for name in ids if ids.count(name) > 1)
        assert set(named) <= set(ids)
        assert set(reading.values("data-action")) <= set(ACTIONS)


NAMED = ("aria-labelledby", "aria-describedby", "aria-controls", "for")


@pytest.mark.parametrize("step", PAIRED)
def test_the_second_is_drawn_as_if_it_stood_alone(step: str) -> None:
    """Its markup is what the step draws where that place is the first, with names of its own."""
    state = two(step)
    alone = state.but(layer=0, head=0, position=2, second=Second(1, 1, 3))
    assert alone.step is not None
    assert as_second(alone.step.render(alone)) in drawn(state)


@pytest.mark.parametrize("step", PAIRED)
def test_its_pictures_have_pixels_of_their_own(step: str) -> None:
    """What a canvas of the second names is what the place alone has, by day and by night."""
    state = two(step)
    alone = state.but(layer=0, head=0, position=2, second=Second(1, 1, 3))
    for name in Reading(drawn(state)).values("data-raster"):
        own = name.removeprefix("second-")
        for dark in (False, True):
            pixels = raster_for(state, name, dark)
            assert pixels is not None
            np.testing.assert_array_equal(pixels, raster_for(alone, own, dark))
        assert describe_cell(state, name, 0, 0) == describe_cell(alone, own, 0, 0)
        assert cell_of(state, name, 0, 0) == cell_of(alone, own, 0, 0)


def test_a_press_on_the_seconds_wall_chooses_the_second() -> None:
    """The wall of all heads leads the place whose wall it is."""
    state = two("weights")
    place = {"layer": "0", "head": "1"}
    assert order_of(state, "wall", 1, 0) == ("select-place", place)
    assert order_of(state, "second-wall", 1, 0) == ("second-place", place)


def test_a_picture_of_no_second_is_nothing() -> None:
    """A canvas that is left for a moment after the second went has no pixels and no cells."""
    state = at("scores")
    assert raster_for(state, "second-scores", False) is None
    assert cell_of(state, "second-scores", 0, 0) is None
    assert order_of(state, "second-wall", 0, 0) is None
    assert describe_cell(state, "second-scores", 0, 0) == ""


def test_hostile_text_changes_no_name() -> None:
    """Text that looks like an id or an action stays text in the second, too."""
    for text in (HOSTILE, '" id="x" data-action="select-head"', "url(#x) <a id=x>"):
        state = two("scores", Second(head=0), texts=(text,) * 4)
        alone = state.but(head=0, second=None)
        assert alone.step is not None
        assert (
            Reading(as_second(alone.step.render(alone))).texts
            == Reading(alone.step.render(alone)).texts
        )


def test_weights_are_compared_by_what_they_share() -> None:
    """The shared weight is the sum of the smaller ones, over the tokens that both see."""
    state = two("weights")
    arrays = state.run.captured.arrays
    one = arrays[hook_name(hooks.PATTERN, 1)][1, 3, :3]
    other = arrays[hook_name(hooks.PATTERN, 0)][0, 2, :3]
    shared, most = float(np.minimum(one, other).sum()), int(np.abs(one - other).argmax())

    assert f"{100 * shared:.1f} %".replace("\u00a0", " ") in told(state).replace("\u00a0", " ")
    assert state.run.tokens[most].visible in told(state)


def test_writings_are_compared_by_their_angle() -> None:
    """The cosine of the two heads' vectors, from W_O and z by hand."""
    state = two("mix", Second(head=0))
    z = state.run.captured.row(hook_name(hooks.Z, 1), 3)
    w_o = state.run.captured.arrays[hook_name("attn.W_O", 1)]
    assert z is not None
    size = z.shape[1]
    one, other = (z[at] @ w_o[at * size : (at + 1) * size] for at in (1, 0))
    cosine = float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))

    assert f"cosine {cosine:.2f}".replace("-", "\u2212") in told(state)


@pytest.mark.parametrize("step", PAIRED)
def test_each_step_says_how_they_differ(step: str) -> None:
    """A sentence with numbers stands where both are known, in both kinds of pairs."""
    for beside in (OTHER, Second(position=2)):
        sentence = Reading(second.render(two(step, beside))).texts
        assert "not here yet" not in " ".join(sentence)
        assert any(text.strip()[:1].isdigit() for text in sentence)


def test_both_have_one_scale() -> None:
    """Scores of two heads are bars of one length a number, and colours of one reach."""
    state = two("scores")
    lengths = {}
    for html in (markup_of(state, PANELS["step-scores"]), drawn(state)):
        reading = Reading(html)
        widths = [
            float((attributes["width"] or "")[:-1])
            for tag, attributes in reading.elements
            if tag == "rect"
            and attributes.get("class") in {"is-plus", "is-minus"}
            and (attributes["width"] or "").endswith("%")
            and attributes.get("height") == "100%"
        ]
        lengths[html] = widths
    arrays = state.run.captured.arrays
    rows = (
        arrays[hook_name(hooks.SCORES, 1)][1, 3, :4],
        arrays[hook_name(hooks.SCORES, 0)][0, 2, :3],
    )
    each = [
        width / abs(float(score))
        for widths, row in zip(lengths.values(), rows, strict=True)
        for width, score in zip(widths, row, strict=False)
    ]
    np.testing.assert_allclose(each, each[0], rtol=1e-2)


def test_products_have_one_scale() -> None:
    """The products of two scores are bars of one height a number."""
    state, ratios = two("scores"), []
    for html, at_place in ((markup_of(state, PANELS["step-scores"]), state), (drawn(state), None)):
        scene = at_place or state.beside
        assert scene is not None
        place = here_of(scene)
        row = None if place is None else row_by_head(scene, place, hooks.SCORES)
        assert place is not None
        assert row is not None
        made = products_of(scene, place, opened_key(scene, place, int(row.argmax())))
        assert made is not None
        heights = [
            float(attributes["height"] or "")
            for tag, attributes in Reading(html).elements
            if tag == "rect"
            and attributes.get("class") in {"is-plus", "is-minus"}
            and not (attributes["width"] or "").endswith("%")
        ]
        ratios.append(max(heights) / made.reach)
    np.testing.assert_allclose(ratios[0], ratios[1], rtol=1e-2)


@pytest.mark.parametrize("step", ["expand", "contract"])
def test_a_half_without_heads_says_so(step: str) -> None:
    """Two heads of one layer have one feed-forward half: nothing is drawn twice."""
    state = two(step, Second(head=0))
    assert drawn(state) == ""
    assert "no heads" in told(state)


def test_nothing_stands_beside_before_a_run_and_elsewhere() -> None:
    """A step without a pair, and a place that is the first one again, draw nothing twice."""
    assert two("inside").beside is None
    assert at("scores").but(second=Second(head=1)).beside is None
    assert drawn(at("scores")) == ""


@pytest.mark.parametrize("count", [1, 2, 64])
@pytest.mark.parametrize("step", ["scores", "weights", "qkv"])
def test_any_length(step: str, count: int) -> None:
    """One token has another head beside it; 64 tokens any of them."""
    for depth in (IDEA, "numbers"):
        state = at(step, 200, texts=("x",) * count).but(depth=depth, second=Second(head=0))
        assert drawn(state) != ""
        assert second.render(state) != ""
