"""Generation, whole model: every stage shows the run's own numbers, each opens its sum."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.state import AppState, Stage
from seethrough.core.hooks import PATTERN, RESID_PRE, hook_name
from seethrough.core.routes import OWN, Route
from seethrough.view import pages
from seethrough.view.generate import stages, whole
from seethrough.view.layout import ACTIONS, describe_cell, raster_for
from seethrough.view.node import h, to_html
from tests.english import exact, probability, signed
from tests.steps import page_state
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state

HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red\0\n"


def at(moment: int | None = None, **changes: object) -> AppState:
    """A state at the step, at a moment of its film."""
    family = changes.pop("family", "llama")
    texts = changes.pop("texts", ("January", ",", " February", ","))
    state = walk_state(texts, family)  # type: ignore[arg-type]
    route, stage = Route("generate", OWN, "model"), Stage(moment=moment)
    return state.but(route=route, stage=stage, depth="idea", **changes)  # type: ignore[arg-type]


def told(state: AppState) -> list[str]:
    """The film's sentences as text."""
    return ["".join(Reading(to_html(h("p", {}, one))).texts) for one in whole.moments(state)]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_film_goes_through_every_stage_and_layer(family: str) -> None:
    """Each stage is told once, each further layer once; the first layer in two moments."""
    state = at(family=family)
    film = stages.places(state)
    n_layers = state.run.config.n_layers if state.run.config else 0

    assert len(film) == len(stages.STAGES) + n_layers - 1 == len(told(state))
    assert {place.name for place in film} == set(stages.STAGES)
    assert sorted({place.layer for place in film}) == list(range(n_layers))
    assert all(told(state))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("moment", [*range(10), None])
def test_the_page_is_whole(moment: int | None, family: str) -> None:
    """Unique ids, known actions, pictures with pixels, one present stage, cells with full names."""
    state = at(moment, family=family)
    reading = Reading(pages.render(state))
    ids = reading.values("id")

    assert len(set(ids)) == len(ids)
    assert set(reading.values("data-action")) <= set(ACTIONS)
    present = [one for tag, one in reading.elements if (tag, one.get("class")) == ("li", "is-now")]
    assert len(present) == 1
    for name in reading.values("data-raster"):
        if name.startswith("strip:"):
            assert raster_for(state, name, dark=True) is not None
            assert describe_cell(state, name, 0, 0)
    for value in reading.values("data-cell"):
        assert re.fullmatch(r"[\w.]+\[\d+(,\d+){0,2}\]", value), value


@pytest.mark.parametrize("head", [0, 1])
def test_the_lines_are_the_head_s_weights(head: int) -> None:
    """Each weight stands there exactly on hover and opens its sum; its line is as wide and dark."""
    state = at(head=head)
    name, last = hook_name(PATTERN, 1), len(state.run.tokens) - 1
    row = state.run.captured.arrays[name][head, last]
    found = Reading(whole.render(state)).elements
    lines = [one for tag, one in found if tag == "line" and "opacity" in one]

    shown = {one.get("data-cell"): one.get("title") for _, one in found}
    for key, share in enumerate(row):
        assert shown[f"{name}[{head},{last},{key}]"] == exact(float(share))
    widths = [float(str(one["stroke-width"])) for one in lines]
    assert widths == [pytest.approx(max(14 * float(share), 0.5), abs=0.01) for share in row]
    assert np.argmax([float(str(one["opacity"])) for one in lines]) == np.argmax(row)


def test_each_layer_tells_what_it_would_say() -> None:
    """While a layer is told, its own state is drawn, and the best token of the run's lens."""
    for moment, layer in ((4, 0), (5, 1)):
        state = at(moment)
        html, lens = whole.render(state), state.run.lens
        assert lens is not None
        item = lens.tops[layer + 1][0]
        words = "".join(Reading(html).texts)
        assert f"Layer {layer + 1} of 2" in words
        assert probability(item.prob) in words
        assert ("blocks.1.hook_resid_pre@3" if layer == 0 else "blocks.1.hook_resid_post@3") in html


def test_scores_and_shares_are_the_run_s() -> None:
    """The five best with score and share; the token that was taken is marked when it is drawn."""
    state = at()
    words = "".join(Reading(whole.render(state)).texts)
    for item in state.run.top[:5]:
        assert signed(item.logit) in words
        assert probability(item.prob) in words
    film = stages.places(state)
    before, drawn = (
        next(k for k, one in enumerate(film) if one.has(name)) for name in ("scores", "draw")
    )
    assert 'class="is-taken"' not in whole.render(at(before))
    assert whole.render(at(drawn)).count('class="is-taken"') == 1


def test_after_the_first_token_only_the_newest_column_is_new() -> None:
    """Where tokens were written, those before the newest are kept, and that is said."""
    state = at()
    written = state.but(written=state.run.continuation[:1], continuation=())

    assert whole.render(state).count("is-kept") == 0
    assert whole.render(written).count("is-kept") == len(state.run.tokens) - 1
    assert "kept its notes on the 3 tokens" in "".join(Reading(whole.render(written)).texts)


def test_learned_places_come_with_their_numbers() -> None:
    """GPT-2 adds a place to the row: its stripes enter with the places, others with the rows."""
    for family, first in (("llama", 1), ("gpt2", 2)):
        seen = [
            whole.render(at(moment, family=family)).count("resid_pre@0") for moment in (0, 1, 2)
        ]
        assert [n > 0 for n in seen] == [moment >= first for moment in (0, 1, 2)]


@pytest.mark.parametrize("count", [1, 9, 256])
def test_any_length(count: int) -> None:
    """Long inputs collapse at the front and fold out; what they have of the look is told."""
    html = whole.render(at(texts=("x",) * count))

    assert html.count("whole-place") == min(count, whole.MOST_COLUMNS)
    assert ("whole-before" in html) == (count > whole.MOST_COLUMNS)
    assert ("tokens before get" in html or "token before gets" in html) == (count > 8)


def test_before_a_run_and_hostile_text() -> None:
    """Without numbers it says what will be here, without a film; markup in a text stays text."""
    state = page_state(route=Route("generate", OWN, "model"))
    hostile = whole.render(at(texts=(HOSTILE,) * 3))

    assert "whole model" in "".join(Reading(whole.render(state)).texts)
    assert whole.moments(state) == ()
    assert "<img" not in hostile


@pytest.mark.parametrize("family", FAMILIES)
def test_the_mean_over_all_heads(family: str) -> None:
    """Each line is the mean of the heads' weights, to the bit; being made here it has no sum."""
    state = at(family=family, is_mean=True)
    name, last = hook_name(PATTERN, 1), len(state.run.tokens) - 1
    row = state.run.captured.arrays[name][:, last].mean(axis=0)
    html = whole.render(state)

    assert [exact(float(share)) in html for share in row] == [True] * len(row)
    assert f'data-cell="{name}' not in html
    assert f"the mean of all {len(state.run.captured.arrays[name])} heads" in html


def test_what_feed_forward_adds_is_drawn() -> None:
    """Once feed-forward has worked in a layer, the very vector that it adds there is a strip."""
    assert "blocks.0.hook_mlp_out@3" not in whole.render(at(3))
    assert "blocks.0.hook_mlp_out@3" in whole.render(at(4))
    assert "blocks.1.hook_mlp_out@3" in whole.render(at(5))


def test_rows_that_are_not_here_are_counted_once() -> None:
    """A column without its row stays empty; one sentence tells how many there are."""
    state = at()
    name = hook_name(RESID_PRE, 0)
    kept = state.run.captured
    rows, where = {**kept.arrays, name: kept.arrays[name][3:]}, {**kept.positions, name: (3,)}
    only_last = replace(kept, arrays=rows, positions=where)
    lacking = state.but(captured=only_last)

    assert "were not recorded" not in "".join(Reading(whole.render(state)).texts)
    assert "The rows of 3 tokens were not recorded" in "".join(Reading(whole.render(lacking)).texts)
