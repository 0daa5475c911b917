"""The map's path, colours, tour and files: what is drawn and said."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.state import AppState, Path
from seethrough.core.bands import COLOURS
from seethrough.core.path import directions_of, nearest_so_far
from seethrough.core.plane import Window
from seethrough.core.stops import STOP_NAMES, STOPS
from seethrough.view.chart import colours, journey, over, picture, stops, taken
from seethrough.view.chart.path_marks import landed_path
from seethrough.view.chart.shown import square_now
from seethrough.view.scales import rgb, theme
from tests.atlases import N_ROWS, rows, small_atlas
from tests.view.sample import Reading, tokens
from tests.view.walk_sample import config_of

ATLAS = small_atlas()
HERE = AppState().but(
    atlas=ATLAS, chart_stage="ready", chart_size=(900, 600, 1.0), chart_model="tiny"
)
TOLD = HERE.but(chart_model="smollm2-135m-instruct")
TEXT = tokens((" dog", " cat"))
STATES = np.random.default_rng(5).normal(size=(4, 8)).astype(np.float32)
assert ATLAS.projection is not None
UNITS = directions_of(config_of("llama"), STATES, ATLAS.projection)
NEAREST = nearest_so_far(UNITS, rows(), 0, None)
WITH_TEXT = HERE.but(tokens=TEXT, model="tiny", source="live", config=config_of("llama"))
WITH_PATH = WITH_TEXT.but(chart_path=Path(TEXT, 1, UNITS, NEAREST), chart_layout="pca")


def test_a_path_is_drawn_up_to_its_state() -> None:
    """A line with as many corners as states, a dot each, the last one's nearest token's name."""
    html = over.render(WITH_PATH)
    early = over.render(WITH_PATH.but(chart_state=1))

    assert html.count("path-state") == len(UNITS)
    assert early.count("path-state") == 2
    assert ATLAS.visible(int(NEAREST.ids[1, 0])) in early
    landed = landed_path(WITH_PATH)
    assert landed is not None
    assert f"{landed[0][0]:.1f},{landed[0][1]:.1f}" in html
    assert landed_path(WITH_PATH.but(tokens=tokens((" red",)))) is None


def test_a_path_is_told_in_words() -> None:
    """Each state's nearest token with its cosine; without a model, what that takes."""
    table = journey.nearest(WITH_PATH)
    unnamed = WITH_PATH.but(chart_path=Path(TEXT, 1, UNITS))

    assert f"{NEAREST.cosines[0, 0]:.2f}" in table
    assert "before the first layer" in table
    assert "chart-load" in journey.nearest(unnamed)
    assert "on their way" not in journey.nearest(unnamed)
    assert "all rows" in journey.nearest(unnamed.but(chart_waits="nearest"))
    assert 'type="range"' in journey.steer(WITH_PATH)
    assert "final norm" in journey.render(WITH_PATH)
    assert "(cosine" in journey.now(WITH_PATH)
    assert "(cosine" not in journey.now(unnamed)
    assert journey.now(HERE) == journey.nearest(HERE) == ""


def test_a_path_where_there_can_be_none() -> None:
    """Before a text, of another model's text, of a model that reads out by another table."""
    assert "Pick a text" in journey.render(HERE)
    assert "Pick a text" in journey.render(WITH_TEXT.but(model="other"))
    untied = replace(ATLAS, projection=None)
    assert "another table" in journey.render(WITH_TEXT.but(atlas=untied))
    assert "no place" in journey.render(WITH_PATH.but(chart_layout="near")).replace("\n", " ")
    assert journey.render(AppState()) == ""


def test_the_texts_tokens_are_marked() -> None:
    """Each of them has a ring of its own kind, once."""
    text = tokens((" dog", " dog", " dog"))
    shown = WITH_TEXT.but(tokens=tuple(replace(one, id=4) for one in text))
    assert over.render(shown).count("is-of-text") == 1
    assert over.render(shown.but(model="other")).count("is-of-text") == 0


@pytest.mark.parametrize("colour", [name for name in COLOURS if name != "kind"])
def test_bands_are_coloured_and_filter(colour: str) -> None:
    """Each range has its colour in picture and legend; one that is left out is nowhere."""
    shown = HERE.but(chart_colour=colour)
    bands = ATLAS.bands(colour)
    palette = picture.colours(shown, dark=False)
    present = sorted({int(band) for band in bands.of})
    reading = Reading(colours.render(shown))
    first = rgb(theme(dark=False)["embedding"])

    assert len(palette) == bands.count
    assert palette[0].tolist() == [int(part) for part in first]
    assert [int(band) for band in reading.values("data-band")] == present
    hidden = shown.but(chart_bands=frozenset({present[0]}))
    token = int(np.flatnonzero(bands.of == present[0])[0])
    across, down = over.landed_at(hidden)[token]
    assert over.token_at(hidden, float(across), float(down)) != token
    assert token not in taken.in_sight(hidden)
    assert 'aria-pressed="false"' in colours.render(hidden)


def test_the_legend_of_kinds_has_the_choice_of_colour() -> None:
    """Three colours, one pressed; each band's class is one that the style has."""
    html = colours.render(HERE)
    assert html.count('data-action="chart-colour"') == 3
    assert "data-kind" in html
    assert [picture.step_of(at, 8) for at in range(8)] == list(range(8))
    assert picture.step_of(0, 1) == 0


def test_between_two_layouts_dots_are_on_their_way() -> None:
    """At the beginning they are where they were, at the end where they go; no names meanwhile."""
    near, pca = ATLAS.square("near"), ATLAS.square("pca")
    begun = HERE.but(chart_layout="pca", chart_glide=("near", 0.0))
    half = HERE.but(chart_layout="pca", chart_glide=("near", 0.5))

    assert np.array_equal(square_now(begun), near)
    assert np.abs(square_now(half) - (near + pca) / 2).max() < 1e-6
    assert over.render(half) == ""
    assert over.token_at(half, 450, 300) is None
    assert picture.raster(half, dark=False) is not None


@pytest.mark.parametrize("name", STOP_NAMES)
def test_a_stop_says_what_is_seen(name: str) -> None:
    """Its title, its sentences, which stop it is, and the ways on."""
    html = stops.render(TOLD.but(chart_stop=name))
    at = STOP_NAMES.index(name)

    assert f"stop {at + 1} of {len(STOPS)}" in html
    assert html.count("disabled") == (at in {0, len(STOPS) - 1})
    if name in {"longest", "shortest"}:
        first = ATLAS.extremes(1 if name == "longest" else -1)[0]
        assert ATLAS.visible(first) in html
        assert f"{ATLAS.norms[first]:.2f}" in html


def test_the_tour_is_offered() -> None:
    """From the first stop; not before the map is here."""
    assert f'data-name="{STOP_NAMES[0]}"' in stops.render(TOLD)
    assert stops.render(HERE) == stops.render(AppState()) == taken.render(AppState()) == ""


def test_tokens_in_sight_as_a_table() -> None:
    """Those of the window that are not left out, each with its place in the layout's own units."""
    window = HERE.but(chart_window=Window(0.5, 0.5, 3.0), chart_hidden=frozenset({1}))
    lines = list(csv.DictReader(io.StringIO(taken.table(window).removeprefix("\ufeff"))))
    ids = [int(line["id"]) for line in lines]
    landed = over.landed_at(window)
    expected = [
        at
        for at in range(N_ROWS)
        if 0 <= landed[at][0] < 900 and 0 <= landed[at][1] < 600 and ATLAS.kinds[at] != 1
    ]

    assert ids == expected
    assert 0 < len(ids) < N_ROWS
    assert float(lines[0]["x"]) == ATLAS.places["near"][ids[0], 0]
    assert lines[0]["token"] == ATLAS.visible(ids[0])
    assert taken.told_of(HERE)[2] == "tiny"
