"""A recorded walk's pictures: what it holds is drawn, what it lacks is marked and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.recordings import run_of
from seethrough.core.messages import text
from seethrough.view import attention, residual, tokens
from seethrough.view.layout import PANELS, describe_cell, raster_for
from seethrough.view.node import to_html
from seethrough.view.pickers import layer_picker
from seethrough.view.unrecorded import lacks_layer, spans
from tests.english import ENGLISH
from tests.fake_engine import tiny_model
from tests.recorded import recorded
from tests.steps import page_state
from tests.view.sample import Reading, state

if TYPE_CHECKING:
    from seethrough.app.state import AppState

MODEL = tiny_model()
MADE = recorded()


def shown(layer: int = 0, position: int = 4) -> AppState:
    """A page that shows the tests' recording, which lacks layer 1 and positions 0 to 2."""
    return page_state(run=run_of(MADE, MODEL.config), layer=layer, position=position)


def test_the_chips_of_other_positions_are_marked() -> None:
    """By a class, and in words for those who do not see it; none is marked in a live run."""
    read = Reading(tokens.render(shown()))

    chips = [attrs for _, attrs in read.elements if attrs.get("data-action") == "select-position"]
    assert ["is-unrecorded" in (chip["class"] or "") for chip in chips] == [True] * 3 + [False] * 2
    assert ["Not in the recording" in (chip["title"] or "") for chip in chips] == [
        *[True] * 3,
        *[False] * 2,
    ]
    assert "is-unrecorded" not in "".join(panel.render(state()) for panel in PANELS.values())


def test_the_recorded_stream_is_drawn() -> None:
    """Its position's own numbers, by the position's own number, wherever they lie in the file."""
    page = shown(position=3)

    stream = residual.stream_of(page)
    assert stream is not None
    assert stream.position == 3
    np.testing.assert_array_equal(stream.values, MADE.resid()[:, 0])
    assert raster_for(page, "residual", False) is not None
    assert "[3, 0]" in describe_cell(page, "residual", 0, 0)


def test_a_stream_that_is_not_recorded_is_said() -> None:
    """No picture of another token in its place: the sentence, its norms, which are, and live."""
    page = shown(position=1)
    html = residual.render(page)
    read = Reading(html)

    assert "which holds positions 3–4" in " ".join(read.texts)
    assert read.values("data-action") == ["live"]
    assert read.values("role").count("status") == 1
    assert not read.values("data-raster")
    bars = [attrs for tag, attrs in read.elements if attrs.get("class") == "norm"]
    assert len(bars) == 3
    assert f"blocks.0.hook_resid_pre: {MADE.norms[0, 1]:.9g}"[:30] in html
    assert raster_for(page, "residual", False) is None
    assert describe_cell(page, "residual", 0, 0) == ""


def test_attention_needs_no_position() -> None:
    """A pattern is of all tokens: choosing one whose stream is missing still shows who it sees."""
    html = attention.render(shown(position=1))

    assert 'class="pattern"' in html
    assert "live" not in Reading(html).values("data-action")


def test_layers_that_are_not_recorded_are_marked() -> None:
    """In the list of the attention picture; the residual's has every layer's rows."""
    picker = Reading(to_html(layer_picker(shown(), lacks=lacks_layer)))

    options = [attrs for tag, attrs in picker.elements if tag == "option"]
    assert [option.get("class") for option in options] == [None, "is-unrecorded"]
    assert "1 · live only" in picker.texts
    assert "is-unrecorded" not in residual.render(shown())


def test_a_pattern_that_is_not_recorded_is_said() -> None:
    """The picker stays on the chosen layer, the sentence stands in the picture's place."""
    page = shown(layer=1)
    read = Reading(attention.render(page))

    assert "which holds layers 0" in " ".join(read.texts)
    assert sorted(read.values("data-action")) == ["live", "select-layer"]
    chosen = [attrs["value"] for tag, attrs in read.elements if "selected" in attrs]
    assert chosen == ["1"]
    assert raster_for(page, "attention", False) is None
    assert raster_for(page, "head-0", False) is None
    assert describe_cell(page, "attention", 0, 0) == ""
    assert 'class="pattern"' in attention.render(page.but(layer=0))


def test_every_panel_renders_what_is_not_recorded() -> None:
    """No panel falls over a recording's gaps."""
    for panel in PANELS.values():
        assert isinstance(panel.render(shown(layer=1, position=0)), str)


def test_a_layer_that_was_asked_for_is_chosen() -> None:
    """The list shows the reader's choice while the picture is still the old layer's."""
    page = state()
    asked = page.but(layer=1, asked_layer=0)

    chosen = [
        attrs["value"]
        for tag, attrs in Reading(to_html(layer_picker(asked))).elements
        if "selected" in attrs
    ]
    assert chosen == ["0"]
    assert "In layer 1" in "".join(Reading(attention.render(asked)).texts)


@pytest.mark.parametrize(
    ("values", "expected"),
    [((), ""), ((0,), "0"), ((0, 1, 2), "0–2"), ((0, 3, 5, 6, 9), "0, 3, 5–6, 9")],
)
def test_numbers_are_listed_in_short(values: tuple[int, ...], expected: str) -> None:
    """Neighbours become a span."""
    assert spans(ENGLISH, values) == expected


def test_the_way_to_live_has_a_name() -> None:
    """The button in the picture's place says what it does."""
    assert text("source.run") in Reading(residual.render(shown(position=0))).texts
