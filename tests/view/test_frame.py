"""Around the steps: the transport, the stack, the code, strips that open, long prompts."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from seethrough.app.state import AppState, Stage
from seethrough.core import reference
from seethrough.core.cell import Cell
from seethrough.core.depth import DEPTHS, IDEA
from seethrough.core.routes import Route
from seethrough.view import code, stack, strip, transport
from seethrough.view.layout import cell_of, describe_cell, raster_for
from seethrough.view.moments import moments_of
from seethrough.view.node import to_html
from seethrough.view.windowed import gap_note, window
from tests.english import exact
from tests.steps import STEPS
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state

NAME = "strip:hook_embed@2~1.5"


def at(step: str, **options: object) -> AppState:
    """A live run at a step."""
    return walk_state(**options).but(route=Route("walk", "own", step))  # type: ignore[arg-type]


def text_of(html: str) -> str:
    """What is read."""
    return "".join(Reading(html).texts)


def test_the_whole_picture_is_the_sliders_end() -> None:
    """Without a film's moment the slider stands at its end and the place in the walk is told."""
    state = at("embed")
    html = transport.render(state)

    assert f'value="{len(moments_of(state))}"' in html
    assert f"Step 3 of {len(STEPS)}" in text_of(html)
    assert 'data-action="play"' in html


def test_the_walk_has_ends() -> None:
    """At its beginning Back rests; at its end the way on leads to a text of one's own."""
    first, last = (Reading(transport.render(at(step))) for step in (STEPS[0], STEPS[-1]))
    resting = {one["data-action"] for tag, one in first.elements if "disabled" in one}

    assert resting == {"step-back"}
    assert [one for tag, one in last.elements if "disabled" in one] == []
    assert last.values("href") == ["#/walk/own/input"]


def test_the_slider_is_told_in_words() -> None:
    """A screen reader hears which moment of how many."""
    state = at("embed").but(stage=Stage(moment=0))

    assert f"Moment 1 of {len(moments_of(state))}" in transport.render(state)


def next_of(state: AppState) -> dict[str, str | None]:
    """The attributes of the way on, a button or the last step's link."""
    elements = [attrs for _tag, attrs in Reading(transport.render(state)).elements]
    return next(one for one in elements if "is-primary" in str(one.get("class")))


@pytest.mark.parametrize("step", STEPS)
def test_a_film_that_was_played_leads_on(step: str) -> None:
    """At a film's end the way on is lit and told, where there is one; before, nothing is lit."""
    state = at(step)
    over = state.but(stage=Stage(is_over=True))
    is_last = step == STEPS[-1]

    assert "is-lit" not in str(next_of(state)["class"])
    assert ("is-lit" in str(next_of(over)["class"])) is not is_last
    assert ("Next leads on" in text_of(transport.render(over))) is not is_last
    assert ('class="caption"' in transport.render(over)) is not is_last


OFF = frozenset({(1, 0), (0, 1)})


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("step", STEPS)
def test_heads_that_are_on_again_are_told(step: str, depth: str) -> None:
    """Once behind the step with the switches, the reader is told that the heads are on again."""
    state = at(step).but(depth=depth)
    tells = step == "logits" or (step == "layers" and depth != IDEA)
    told = text_of(transport.render(state.but(off=OFF)))

    assert ("The heads that you switched off are on again here" in told) is tells
    assert "on again" not in text_of(transport.render(state))
    one = text_of(transport.render(state.but(off=frozenset({(1, 0)}))))
    assert ("The head that you switched off is on again here" in one) is tells


@pytest.mark.parametrize("step", STEPS)
def test_something_works_at_every_step(step: str) -> None:
    """At each step at least one part of the stack is lit, and by more than its colour."""
    state = at(step)
    html = stack.render(state)

    assert "is-now" in html
    assert 'aria-current="true"' in html
    assert "(at work now)" in html
    assert "2 layers" in text_of(html)


def test_a_loop_that_has_not_run_is_not_ticked() -> None:
    """At the end of the walk the loop and its cache are done only where something is written."""
    written = at("done")
    empty = written.but(continuation=(), stop="")

    assert stack.render(written).count("(later)") == 0
    assert stack.render(empty).count("(later)") == 2


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_the_code_is_the_very_lines(step: str, family: str) -> None:
    """The code beside a step is the source of the functions that the tests hold."""
    state = at(step, family=family)
    shown = text_of(code.render(state))

    assert code.functions_of(state)
    for function in code.functions_of(state):
        assert inspect.getsource(function).rstrip() in shown


def test_the_code_follows_the_family() -> None:
    """GPT-2 adds positions at the embedding; Llama does not."""
    assert code.functions_of(at("embed", family="llama")) == (reference.embed,)
    assert reference.embed_with_positions in code.functions_of(at("embed", family="gpt2"))


def test_hooks_in_the_code_have_their_names() -> None:
    """A constant of the code tells the hook that it stands for."""
    assert 'title="hook_resid_mid"' in code.render(at("layers"))


def test_a_strip_has_a_pixel_a_number() -> None:
    """A strip's picture is as wide as its vector, and names what it shows."""
    state = at("embed")
    canvas = to_html(strip.strip(state, "hook_embed", 2, reach=1.5, label="x", told_in="y"))
    pixels = raster_for(state, NAME, dark=False)

    assert f'data-raster="{NAME}"' in canvas
    assert pixels is not None
    assert pixels.shape == (strip.HIGH, 32, 4)


def test_a_strip_opens_under_the_pointer() -> None:
    """The cell is told exactly, by its name, among its neighbours."""
    state = at("embed")
    values = state.run.captured.row("hook_embed", 2)
    assert values is not None
    told = describe_cell(state, NAME, 0, 7)

    assert cell_of(state, NAME, 0, 7) == Cell("hook_embed", (2, 7))
    assert "hook_embed[2,7]" in told
    assert exact(values[7]) in told
    assert told.count("<span") == 2 * strip.AROUND + 1 + 3
    assert f"numbers 3 to 11 of {len(values)}, at position 2: " in told
    assert state.run.tokens[2].visible in told


def test_a_row_of_weights_stands_at_no_position() -> None:
    """Of a weight's row only the place of its numbers is told: no token of the text has it."""
    state = at("logits")
    token = state.run.top[0].id
    told = describe_cell(state, f"strip:W_U@{token}~1.5", 0, 31)

    assert "numbers 23 to 31 of 32<" in told
    assert "position" not in told


@pytest.mark.parametrize("column", [-1, 32])
def test_outside_a_strip_is_nothing(column: int) -> None:
    """No cell, no words."""
    assert cell_of(at("embed"), NAME, 0, column) is None
    assert describe_cell(at("embed"), NAME, 0, column) == ""


def test_a_strip_of_what_is_gone() -> None:
    """A strip whose numbers are no longer there has no pixels and no cells."""
    for name in ("strip:hook_embed@99~1", "strip:blocks.0.hook_none@0~1", "strip:nonsense"):
        assert raster_for(at("embed"), name, dark=False) is None
        assert cell_of(at("embed"), name, 0, 0) is None


def test_clipped_values_carry_a_tick() -> None:
    """A value beyond the scale is marked with ink, not only with full colour."""
    state = at("embed")
    small, large = (
        raster_for(state, f"strip:hook_embed@2~{reach}", dark=False) for reach in (0.01, 99)
    )

    assert small is not None
    assert large is not None
    assert not np.array_equal(small[0], small[-1])
    assert np.array_equal(large[0], large[-1])


def test_a_long_prompt_names_what_it_leaves_out() -> None:
    """First and last positions are shown, the chosen one too, the gap is said."""
    whole, part = window(256), window(1000, most=100, chosen=500)

    assert whole.positions == tuple(range(256))
    assert whole.gap is None
    assert part.positions[:2] == (0, 1)
    assert part.positions[-1] == 999
    assert 500 in part.positions
    assert len(part.positions) == 101
    assert part.gap == (25, 924)
    assert "899 tokens are left out: positions 25 to 924." in to_html(gap_note(AppState(), part))
    assert gap_note(AppState(), whole) == ""
