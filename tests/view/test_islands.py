"""The map's islands by name, and the question that they answer: claims held to the places."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser

from export.asset_lists import whole_manifest
from seethrough.app.state import AppState
from seethrough.core.assets import ATLAS
from seethrough.core.atlas import NEAR, PCA, PLACES, atlas_from_bytes
from seethrough.core.depth import IDEA, NUMBERS
from seethrough.core.guesses import ALONE, OFF, Guessing
from seethrough.core.islands import islands_of
from seethrough.core.plane import Window
from seethrough.core.routes import Route
from seethrough.core.word_groups import GROUPS
from seethrough.view import guess
from seethrough.view.chart import islands, over, stops
from tests.atlases import small_atlas
from tests.built import default_model

pytestmark = pytest.mark.model
SIZES = ((1030, 500, 1.0), (358, 416, 2.0), (740, 375, 1.0))


@cache
def whole(when: str = ALONE, depth: str = IDEA) -> AppState:
    """The default model's map, its reader asked or not."""
    folder = default_model()
    assets = whole_manifest(folder).of_kind(ATLAS)
    path = next(one.path for one in assets if one.told["name"] == PLACES)
    atlas = atlas_from_bytes((folder / path).read_bytes())
    return AppState().but(
        atlas=atlas,
        chart_model=folder.name,
        chart_stage="ready",
        route=Route("map"),
        depth=depth,
        guessing=Guessing(when),
    )


def words(state: AppState, tokens: tuple[int, ...]) -> set[str]:
    """Tokens as the words they are."""
    atlas = state.chart.atlas
    assert atlas is not None
    return {atlas.raw(token).decode().strip() for token in tokens}


def test_what_is_called_an_island_is_one() -> None:
    """Three of four of its words at least lie within a tenth of the picture; code's do not."""
    state = whole()
    atlas = state.chart.atlas
    assert atlas is not None
    found = islands_of(atlas, NEAR)

    assert [island.group for island in found] == [name for name in GROUPS if name != "code"]
    for island in found:
        square = atlas.square(NEAR)[list(island.near)]
        assert len(island.near) >= 0.75 * len(GROUPS[island.group])
        assert np.abs(square - island.middle).max() <= 0.05
        assert words(state, island.near) <= set(GROUPS[island.group])
    assert words(state, next(one.far for one in found if one.group == "animals")) == {"dog", "cat"}


@pytest.mark.parametrize("size", SIZES)
def test_names_of_islands_cover_nothing(size: tuple[int, int, float]) -> None:
    """Each is in the picture, none over another, and no token's name over one of them."""
    state = whole().but(chart_size=size)
    flags = islands.flags(state)
    boxes = [flag.box for flag in flags]

    assert {"Months", "Days", "Animals"} <= {flag.text for flag in flags}
    assert all(box[0] >= 0 and box[2] <= size[0] for box in boxes)
    landed = over.landed_at(state)
    atlas = state.chart.atlas
    assert atlas is not None
    named = over.names(
        atlas, landed, [one.token for one in over.names_at_rest(state)], size[:2], boxes
    )
    boxes += [name.box for name in named]
    for at, one in enumerate(boxes):
        for two in boxes[at + 1 :]:
            assert one[0] >= two[2] or two[0] >= one[2] or one[1] >= two[3] or two[1] >= one[3]


def test_islands_are_named_while_nothing_else_is_marked() -> None:
    """Not far in, not in the other layout, not beside what was found or opened."""
    state = whole()
    assert 'class="island"' in over.render(state)
    close = Window(0.5, 0.5, 20.0)
    for other in (
        state.but(chart_window=close, chart_rest=close),
        state.but(chart_layout=PCA),
        state.but(chart_group="days"),
        state.but(chart_token=2767),
        state.but(picked=(2767,)),
    ):
        assert 'class="island"' not in over.render(other)
    assert "20 times enlarged" in over.render(state.but(chart_window=close, chart_rest=close))


def test_the_question_is_answered_by_the_places() -> None:
    """Of the offered animals the right one alone is far from the middle of all."""
    state = whole()
    question = guess.open_question(state)
    atlas = state.chart.atlas
    assert question is not None
    assert atlas is not None
    ids = [int(one.key) for one in question.options]
    animals = [atlas.ids_by_bytes[f" {word}".encode()] for word in GROUPS["animals"]]
    square = atlas.square(NEAR)
    away = np.hypot(*(square[ids] - np.median(square[animals], axis=0)).T)

    assert int(question.right) == ids[int(away.argmax())]
    assert (away > 0.1).sum() == 1
    html = LexborHTMLParser(stops.render(state))
    assert [one.text() for one in html.css(".guess-option")] == [
        one.name for one in question.options
    ]
    assert not html.css("[data-action=chart-stop]")


@pytest.mark.parametrize("is_right", [True, False])
def test_what_came_of_the_guess(is_right: bool) -> None:  # noqa: FBT001
    """The answer by name, then the tour; the same to one who guessed otherwise."""
    state = whole()
    question = guess.open_question(state)
    assert question is not None
    key = next(one.key for one in question.options if (one.key == question.right) == is_right)
    html = LexborHTMLParser(stops.render(state.but(guessing=state.guessing.choose(question, key))))
    told = html.css_first(".guess-told")

    assert told is not None
    assert f"{question.answer} lies far from the other animals" in told.text()
    assert ("right" in told.text()) == is_right
    assert html.css("[data-action=chart-stop]")


def test_where_nobody_is_asked() -> None:
    """Not at the numbers, not who wants no questions, not of a map without such an animal."""
    for state in (whole(depth=NUMBERS), whole(when=OFF), whole().but(atlas=small_atlas())):
        assert guess.open_question(state) is None
        assert "guess-option" not in stops.render(state)
