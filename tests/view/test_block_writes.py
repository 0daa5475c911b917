"""The steps behind the weights: whole in both families, true to the numbers, short and long."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.captured import Captured
from seethrough.core.cell import parse_cell
from seethrough.core.depth import IDEA
from seethrough.core.hooks import hook_name
from seethrough.core.routes import Route
from seethrough.core.sums import check_cell
from seethrough.view import pages
from seethrough.view.block import neurons as neurons_view
from seethrough.view.block.curve import dots, reach_of
from seethrough.view.block.expand_film import shots as expand_shots
from seethrough.view.block.mix_facts import mixed_of, results
from seethrough.view.block.scored import scored
from seethrough.view.layout import ACTIONS, PANELS, cell_of, describe_cell, raster_for
from seethrough.view.node import h, to_html
from tests.steps import page_state
from tests.view.block_sample import STEPS, block_state
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, weights_of

if TYPE_CHECKING:
    from seethrough.app.state import AppState

HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red &lt;\0\ud800\u202e\n"
LAST = 5


def drawn(state: AppState) -> str:
    """The present step's markup."""
    return PANELS[f"step-{state.route.step}"].render(state)


def idea(state: AppState) -> str:
    """The present step's idea."""
    return PANELS[f"idea-{state.route.step}"].render(state)


def assert_pictures(state: AppState, html: str) -> None:
    """Every canvas has pixels of its size and a first cell that can be told and traced."""
    for tag, attributes in Reading(html).elements:
        if tag != "canvas":
            continue
        name = attributes["data-raster"] or ""
        pixels = raster_for(state, name, dark=True)
        assert pixels is not None, name
        size = str(pixels.shape[1]), str(pixels.shape[0])
        assert size == (attributes["width"], attributes["height"])
        assert describe_cell(state, name, 0, 0), name
        cell = cell_of(state, name, 0, 0)
        assert cell is not None
        assert state.run.config is not None
        check_cell(cell, state.run.config, len(state.run.tokens))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_whole(step: str, family: str) -> None:
    """Unique ids, known actions, pictures with pixels, numbers that have names, at both depths."""
    state = block_state(step, family=family)
    for html in (drawn(state), idea(state)):
        reading = Reading(html)
        ids = reading.values("id")
        assert len(set(ids)) == len(ids)
        assert set(reading.values("data-action")) <= set(ACTIONS)
        assert_pictures(state, html)
        for value in reading.values("data-cell"):
            cell = parse_cell(value)
            assert cell is not None
            assert state.run.config is not None
            check_cell(cell, state.run.config, len(state.run.tokens))
    assert 'class="note" role="status"' not in drawn(state)
    for depth in ("idea", "numbers", "code"):
        page = Reading(pages.render(state.but(depth=depth)))
        assert [tag for tag, _ in page.elements].count("h1") == 1
    assert "def " in PANELS["code"].render(state.but(depth="code"))


@pytest.mark.parametrize("count", [1, 2, 33, 256])
@pytest.mark.parametrize("step", STEPS)
def test_any_length(step: str, count: int) -> None:
    """One token and 256 render at both depths, and every picture has its pixels."""
    state = block_state(step, texts=("x",) * count)

    assert_pictures(state, drawn(state))
    assert_pictures(state, idea(state))


@pytest.mark.parametrize("step", STEPS)
def test_before_anything_is_known(step: str) -> None:
    """Without a run a step says what will stand there, and has no film."""
    state = page_state(route=Route("block", "own", step))

    assert Reading(drawn(state)).texts
    assert Reading(idea(state)).texts
    assert state.step is not None
    assert state.step.moments(state) == ()


@pytest.mark.parametrize("step", STEPS)
def test_what_has_not_come_is_said(step: str) -> None:
    """Of a live run whose layer is on its way the step says so, and draws what there is."""
    state = block_state(step)
    bare = state.but(run=replace(state.run, captured=Captured(), pushes={}))

    assert 'role="status"' in drawn(bare)
    assert Reading(idea(bare)).texts
    assert bare.step is not None
    assert bare.step.moments(bare) == ()


@pytest.mark.parametrize("step", STEPS)
def test_hostile_text_stays_text(step: str) -> None:
    """A prompt and tokens that look like markup make no element and no attribute."""
    state = block_state(step, texts=(HOSTILE,) * 3)
    for html in (drawn(state), idea(state)):
        assert "<img" not in html
        for _, attributes in Reading(html).elements:
            assert not any(name == "style" or name.startswith("on") for name in attributes)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_film_has_a_sentence_for_every_moment(step: str, family: str) -> None:
    """Something enters at each moment, which has a sentence of its own."""
    state = block_state(step, family=family)
    assert state.step is not None
    moments = state.step.moments(state)
    told = {to_html(h("p", {}, moment)) for moment in moments}
    entering = {int(value) for value in Reading(drawn(state)).values("data-at")}

    assert 3 <= len(moments) <= 6
    assert len(told) == len(moments)
    assert entering == set(range(len(moments)))


@pytest.mark.parametrize("family", FAMILIES)
def test_weighted_values_are_the_context(family: str) -> None:
    """The strips of weighted values add up to the head's z; the heads' strips to attention's."""
    state = block_state("mix", family=family, head=1)
    mixed, written = mixed_of(state), results(state)
    assert mixed is not None
    assert written is not None
    made = np.sum([mixed.weighted(key) for key in range(len(mixed.weights))], axis=0)
    wrote = state.run.captured.row(hook_name(hooks.ATTN_OUT, 1), LAST)
    bias = weights_of(family).get(hook_name("attn.b_O", 1), 0)

    np.testing.assert_allclose(made, mixed.context, atol=1e-5)
    np.testing.assert_allclose(written.sum(axis=0) + bias, wrote, atol=1e-5)


def test_a_long_row_is_cut_and_says_so() -> None:
    """Of 256 tokens the eight heaviest are drawn; what the others hold together is told."""
    html = drawn(block_state("mix", texts=("x",) * 256))

    assert html.count('class="mix-row"') == 8
    assert "248 more tokens are" in "".join(Reading(html).texts)


def test_another_neuron_can_be_chosen() -> None:
    """The address's neuron is told of beside the strongest; one that is not there is the first."""
    state = block_state("expand")
    known = neurons_view.neurons_of(state)
    assert known is not None
    weakest = int(np.abs(known.post).argmin())
    chosen = Reading(drawn(block_state("expand", neuron=weakest))).values("data-neuron")

    assert [int(value) for value in chosen] == [*known.told, weakest]
    assert neurons_view.neuron_of(state.but(neuron=9999), known) == known.told[0]
    assert len(known.told) == neurons_view.N_TOLD


def test_a_neuron_s_pushes_follow_its_sign() -> None:
    """Below zero, what the row pushes up is pushed down: the products are the activation's."""
    state = block_state("expand")
    known = neurons_view.neurons_of(state)
    assert known is not None
    neuron = next(at for at in known.told if known.post[at] < 0)
    row = weights_of("llama")[hook_name("mlp.W_out", 1)][neuron]
    products = weights_of("llama")["W_E"] @ row * known.post[neuron]
    html = drawn(state)
    told = html[html.index(f'data-neuron="{neuron}"') :]

    assert f"·w{int(products.argmax())}<" in told.split("</li>")[0]
    assert f"·w{int(products.argmin())}<" in told.split("</li>")[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gate_has_a_plot_of_its_own(family: str) -> None:
    """A gated half has two plots, a plain one the curve alone; every neuron is a dot."""
    state = block_state("expand", family=family)
    html = drawn(state)
    is_gated = family == "llama"

    assert html.count('class="neuron-plot"') == (2 if is_gated else 1)
    assert ("gate" in expand_shots(state)) == is_gated
    path = re.search(r'class="dots" d="([^"]+)"', html)
    assert path is not None
    assert 40 <= path[1].count("h0") <= 48


def test_three_thousand_dots_are_light() -> None:
    """GPT-2's 3,072 neurons are one path of less than 60 KB."""
    random = np.random.default_rng(1)
    left, top = random.uniform(0, 520, 3072), random.uniform(0, 300, 3072)

    assert len(dots(left, top)) < 60_000


def test_axes_stay_readable() -> None:
    """Zero is inside; one number ten thousand times the others does not squeeze them."""
    values = np.array([*np.linspace(-2, 3, 100), 26_000.0])
    low, high = reach_of(values)

    assert low <= -2
    assert 3 <= high < 100
    assert reach_of(np.zeros(5)) == (-1.0, 1.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_next_layer_begins_with_the_sum(family: str) -> None:
    """It is compared number by number: equal, different, or the last layer."""
    state = block_state("contract", family=family)
    first = block_state("contract", family=family).but(layer=0)
    name = hook_name(hooks.RESID_PRE, 1)
    other = first.run.captured.arrays[name] + np.float32(0.5)
    changed = first.but(captured=first.run.captured.with_more({name: other}))

    assert "compared one by one, they are equal" in drawn(first)
    assert "differs by 0.5" in drawn(changed)
    assert "This is the last layer" in drawn(state)


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_by_half(family: str) -> None:
    """Five candidates behind the last token, what really follows behind another one."""
    state, other = (
        block_state("contract", family=family),
        block_state("contract", family=family, position=2),
    )

    assert [one.answer.id for one in scored(state)] == [item.id for item in state.run.top[:5]]
    assert [one.answer.id for one in scored(other)] == [state.run.tokens[3].id]


def test_ideas_have_few_numbers() -> None:
    """At the depth of ideas at most five numbers stand in a picture."""
    for step in STEPS:
        state = block_state(step).but(depth=IDEA)
        told = " ".join(Reading(idea(state)).texts)
        shares = re.findall(r"\d[\d\u202f.]*\u202f?%", told)
        assert len(shares) <= 5, told
