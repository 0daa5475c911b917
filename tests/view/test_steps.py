"""The nine steps: whole from nothing to 256 tokens, in both families, with their films."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seethrough.app.state import AppState, Stage
from seethrough.core.routes import Route
from seethrough.view import pages
from seethrough.view.layout import ACTIONS, PANELS, describe_cell, raster_for
from seethrough.view.node import h, to_html
from seethrough.view.tours import THE_WALK
from tests.steps import STEPS, page_state
from tests.view.sample import Reading, rounded
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.view.node import Child

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red &lt;\0\ud800\u202e\n"
COUNTS = (1, 2, 33, 256)


def at(step: str, **options: object) -> AppState:
    """A state whose walk is at a step, with everything that a live run gives."""
    return walk_state(**options).but(route=Route("walk", "own", step))  # type: ignore[arg-type]


def drawn(state: AppState) -> str:
    """The present step's markup."""
    return PANELS[f"step-{state.route.step}"].render(state)


def film(state: AppState) -> Sequence[Child]:
    """The sentences of the present step's film."""
    assert state.step is not None
    return state.step.moments(state)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_whole(step: str, family: str) -> None:
    """A step has unique ids, known actions, one h1 on its page, pictures that have pixels."""
    state = at(step, family=family)
    reading = Reading(pages.render(state))
    ids = reading.values("id")

    assert drawn(state) != ""
    assert len(set(ids)) == len(ids), sorted(name for name in ids if ids.count(name) > 1)
    assert [tag for tag, _ in reading.elements].count("h1") == 1
    assert set(reading.values("data-action")) <= set(ACTIONS)
    assert_pictures(state, drawn(state))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("step", STEPS)
def test_any_length(step: str, count: int) -> None:
    """One token and 256 render, and every picture has its pixels."""
    state = at(step, texts=("x",) * count)

    assert_pictures(state, drawn(state))


@pytest.mark.parametrize("step", STEPS)
def test_before_anything_is_known(step: str) -> None:
    """Without numbers a step says what will stand there, and has no film."""
    state = page_state(route=Route("walk", "own", step))

    assert Reading(drawn(state)).texts
    assert film(state) == ()


@pytest.mark.parametrize("step", STEPS)
def test_hostile_text_stays_text(step: str) -> None:
    """A prompt and tokens that look like markup make no element and no attribute."""
    state = at(step, texts=(HOSTILE,) * 3).but(prompt=HOSTILE)
    html = drawn(state)

    assert "<img" not in html
    for _, attributes in Reading(html).elements:
        assert not any(name == "style" or name.startswith("on") for name in attributes)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_film_has_a_sentence_for_every_moment(step: str, family: str) -> None:
    """Two to eight moments; elements enter at one of them; flights begin at an element."""
    state = at(step, family=family)
    reading = Reading(drawn(state))
    moments = film(state)

    assert 2 <= len(moments) <= 8
    assert all(to_html(h("p", {}, moment)) != "<p></p>" for moment in moments)
    entering = {int(value) for value in reading.values("data-at")}
    assert entering
    assert max(entering) < len(moments)
    assert set(reading.values("data-from")) <= set(reading.values("id"))
    assert set(reading.values("data-move")) <= {"appear", "rise", "fly", "sweep", "grow", "after"}


@pytest.mark.parametrize("step", STEPS)
def test_the_transport_tells_the_moment(step: str) -> None:
    """The bar has the sentence of the film's moment, and its slider stands there."""
    state = at(step).but(stage=Stage(moment=1, is_playing=True))
    html = PANELS["transport"].render(state)

    sentence = Reading(to_html(h("p", {}, film(state)[1])))
    assert "".join(sentence.texts) in "".join(Reading(html).texts)
    assert 'value="1"' in html
    assert 'data-action="pause"' in html


def test_a_step_is_drawn_from_its_fields() -> None:
    """The transport follows every field that any step follows."""
    for step in THE_WALK.steps:
        assert set(step.fields) <= set(PANELS["transport"].fields)


def assert_pictures(state: AppState, html: str) -> None:
    """Every canvas has pixels of its size and a first cell that can be told."""
    for tag, attributes in Reading(html).elements:
        if tag != "canvas":
            continue
        name = attributes["data-raster"] or ""
        pixels = raster_for(state, name, dark=True)
        assert pixels is not None, name
        assert (str(pixels.shape[1]), str(pixels.shape[0])) == (
            attributes["width"],
            attributes["height"],
        )
        if "data-rows" in attributes:
            assert describe_cell(state, name, 0, 0), name


def snapshot(step: str, family: str) -> str:
    """A step of a small state, floats rounded, an element a line."""
    return (
        rounded(drawn(at(step, family=family, texts=("<|a|>", " b")))).replace("><", ">\n<") + "\n"
    )


def golden(step: str, family: str) -> Path:
    """Where the snapshot of a step is."""
    return GOLDEN / f"step_{step}_{family}.html"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_markup_is_as_it_was(step: str, family: str) -> None:
    """Markup changes on purpose only: `python -m tests.view.test_steps` writes it anew."""
    assert snapshot(step, family) == golden(step, family).read_text(encoding="utf-8")


@pytest.mark.parametrize("step", STEPS)
def test_every_number_of_a_cell_has_a_name(step: str) -> None:
    """What can be clicked to ask for its sum carries a cell's full name."""
    for value in Reading(drawn(at(step))).values("data-cell"):
        assert re.fullmatch(r"[\w.]+\[\d+(,\d+){0,2}\]", value), value


if __name__ == "__main__":
    for each in STEPS:
        for kind in FAMILIES:
            golden(each, kind).write_text(snapshot(each, kind), encoding="utf-8")
