"""The map's page: what is drawn where, what is told beside it, before its file is here too."""

from __future__ import annotations

import numpy as np
import pytest

from seethrough.app.state import AppState, Message
from seethrough.core.near_products import NearToken
from seethrough.core.plane import Window
from seethrough.core.token_kinds import KINDS, START
from seethrough.view.chart import beside, over, picture
from seethrough.view.chart.page import frame
from seethrough.view.node import to_html
from seethrough.view.pictures import raster_for
from seethrough.view.scales import rgb, theme
from tests.atlases import GAP_ID, N_ROWS, small_atlas, small_neighbours
from tests.view.sample import Reading

ATLAS, NEAR = small_atlas(), small_neighbours()
SIZE = (900, 600, 1.0)
HERE = AppState().but(atlas=ATLAS, chart_stage="ready", chart_size=SIZE)


def colour(role: str) -> list[int]:
    """A colour of the light theme."""
    return [int(part) for part in rgb(theme(dark=False)[role])]


def test_every_token_is_drawn_where_it_lies() -> None:
    """Each token's pixel has a token's colour; nothing else is painted."""
    pixels = raster_for(HERE, "chart", False)
    assert pixels is not None
    assert pixels.shape == (600, 900, 4)
    for token in range(N_ROWS):
        across, down = over.landed_at(HERE)[token]
        assert pixels[int(down), int(across), :3].tolist() != colour("paper")
    painted = int((pixels[..., :3] != colour("paper")).any(axis=2).sum())
    assert painted <= N_ROWS * picture.LEAST_DOT**2


def test_screens_with_more_dots_get_more_pixels() -> None:
    """The picture has the screen's own pixels, its dots as large as before."""
    pixels = picture.raster(HERE.but(chart_size=(450, 300, 2.0)), dark=True)

    assert pixels is not None
    assert pixels.shape == (600, 900, 4)
    assert picture.dot_size(1.0, 2.0) == 2 * picture.dot_size(1.0, 1.0)


def test_dots_at_the_edge_are_cut() -> None:
    """A dot that lies half outside is half seen, and breaks nothing."""
    landed = np.array([[0, 0], [5, 4], [-9, 2], [2.0, 1.0]], np.float32)
    cells = picture.drawn(landed, np.arange(1, 5, dtype=np.uint8), (5, 4), 2)

    assert cells[0, 0] == 1
    assert set(np.unique(cells).tolist()) == {0, 1, 2, 4}
    assert cells.shape == (4, 5)


@pytest.mark.parametrize("dot", [1, 2, 3, 4, 5, 9])
def test_dots_are_squares_and_the_rarest_are_seen(dot: int) -> None:
    """Each pixel has the highest rank of the squares that cover it, dot by dot."""
    random = np.random.default_rng(dot)
    landed = random.uniform(-12, 52, (300, 2)).astype(np.float32)
    ranks = np.sort(random.integers(1, 9, 300)).astype(np.uint8)
    wanted = np.zeros((30, 40), np.uint8)
    for (across, down), rank in zip(np.floor(landed - (dot / 2 - 0.5)), ranks, strict=True):
        rows = slice(max(int(down), 0), max(int(down) + dot, 0))
        columns = slice(max(int(across), 0), max(int(across) + dot, 0))
        wanted[rows, columns] = np.maximum(wanted[rows, columns], rank)

    assert np.array_equal(picture.drawn(landed, ranks, (40, 30), dot), wanted)


def test_hidden_kinds_are_not_drawn_named_or_found() -> None:
    """What the legend hides is nowhere in the picture."""
    hidden = HERE.but(chart_hidden=frozenset({START}))
    pixels = picture.raster(hidden, dark=False)
    token = 4
    across, down = over.landed_at(hidden)[token]

    assert pixels is not None
    assert not (pixels[..., :3] == colour("embedding")).all(axis=2).any()
    assert "·dog" not in over.render(hidden)
    assert over.token_at(hidden, float(across), float(down)) != token
    assert over.token_at(HERE, float(across), float(down)) is not None


def test_names_never_cover_each_other() -> None:
    """However many dots there are, no two names share a pixel."""
    texts = Reading(over.render(HERE)).elements
    boxes = [(float(values["x"]), float(values["y"])) for tag, values in texts if tag == "text"]
    assert boxes
    room = over.Room(900, 600)
    for x, y in boxes:
        assert room.take((x, y - over.LINE * 0.75, x + over.LETTER, y + over.LINE * 0.25))


def test_names_keep_their_place_beside_their_dots() -> None:
    """While the picture is pulled or enlarged, each name stays as far from its dot as at rest."""
    at_rest = over.names_at_rest(HERE)
    assert at_rest
    for window in (Window(0.55, 0.48, 1.0), Window(0.5, 0.5, 2.5)):
        moving = HERE.but(chart_window=window)
        landed = over.landed_at(moving)
        found = Reading(over.render(moving)).elements
        texts = [values for tag, values in found if tag == "text" and "class" not in values]
        in_sight = [
            one
            for one in at_rest
            if 0 <= landed[one.token][0] < SIZE[0] and 0 <= landed[one.token][1] < SIZE[1]
        ]
        assert in_sight
        for name, values in zip(in_sight, texts, strict=True):
            dot, rest = landed[name.token], over.landed_at(HERE)[name.token]
            assert float(values["x"]) - dot[0] == pytest.approx(name.box[0] - rest[0], abs=0.1)
            below = name.box[1] + over.LINE * 0.75 - rest[1]
            assert float(values["y"]) - dot[1] == pytest.approx(below, abs=0.1)


def test_an_open_token_has_its_neighbours() -> None:
    """Twenty lines, its own ring, a table of the stored cosines, how many the picture keeps."""
    opened = HERE.but(chart_token=4, atlas_near=NEAR)
    marks, told = over.render(opened), beside.token(opened)

    assert marks.count("<line") == 20
    assert 'class="is-open"' in marks
    assert told.count("<tr>") == 21
    assert f"{NEAR.cosines[4, 0]:.2f}".replace("-", "\u2212") in told
    assert "20 nearest" in told
    assert "on their way" in beside.token(HERE.but(chart_token=4))
    assert beside.token(HERE) == ""


@pytest.mark.parametrize("layout", ["near", "pca"])
def test_what_is_lost_is_always_said(layout: str) -> None:
    """In words and with this layout's own number."""
    told = beside.lost(HERE.but(chart_layout=layout))

    assert f"<b>{ATLAS.kept_share(layout) * 20:.2f}</b>" in told
    assert ("70" in told) == (layout == "pca")


def test_two_tables_are_a_choice() -> None:
    """Where a model has one, nothing is offered; where it has two, the shown one is pressed."""
    one, two = HERE.but(chart_matrices=("W_E",)), HERE.but(chart_matrices=("W_E", "W_U"))
    assert "chart-matrix" not in Reading(beside.tools(one)).values("data-action")
    offered = [
        (attrs["data-name"], attrs["aria-pressed"])
        for _, attrs in Reading(beside.tools(two)).elements
        if attrs.get("data-action") == "chart-matrix"
    ]
    assert offered == [("W_E", "true"), ("W_U", "false")]


def test_neighbours_that_are_not_stored_are_waited_for() -> None:
    """While the model looks that is said; without it, that it is needed; then they are listed."""
    asked = HERE.but(chart_token=7, is_near_asked=True)
    assert "compares it" in beside.token(asked)
    needed = asked.but(near_told=Message("rows.needs_model", {}))
    assert "compares it" not in beside.token(needed)
    found = asked.but(near=NearToken(7, NEAR.ids[7], NEAR.cosines[7]))
    assert beside.token(found).count("<tr>") == 21
    assert over.render(found).count("<line") == 20
    other = found.but(chart_token=8)
    assert beside.token(other).count("<tr>") == 0


def test_a_lost_picture_is_told() -> None:
    """With a button that draws it again."""
    told = beside.status(HERE.but(is_lost=True))
    assert 'role="alert"' in told
    assert 'data-action="chart-again"' in told


def test_the_legend_counts_and_filters() -> None:
    """Every kind that there is, with its count; pressed unless it is hidden."""
    html = beside.legend(HERE.but(chart_hidden=frozenset({START})))
    reading = Reading(html)

    present = sorted({int(kind) for kind in ATLAS.kinds})
    assert [int(kind) for kind in reading.values("data-kind")] == present
    assert reading.values("aria-pressed").count("false") == 1
    assert str(int((ATLAS.kinds == START).sum())) in html
    assert len(KINDS) == len(picture.ROLES)


def test_before_the_map_is_here() -> None:
    """Its place says what goes on; a failure has a sentence and a way to try again."""
    empty = AppState()

    assert raster_for(empty, "chart", False) is None
    assert over.render(empty) == beside.lost(empty) == beside.legend(empty) == ""
    assert over.token_at(empty, 1, 1) is None
    assert "on its way" in beside.status(empty.but(chart_stage="loading"))
    assert "--no-map" in beside.status(empty.but(chart_stage="none"))
    error = Message("atlas.unreadable", {"part": "text"})
    failed = beside.status(empty.but(chart_stage="failed", chart_error=error))
    assert "damaged" in failed
    assert "chart-again" in failed
    assert 'id="chart-canvas"' in to_html(*frame(empty, lambda _name: ""))


def test_what_was_found_is_listed() -> None:
    """How many, each a button; a pattern that is none has a sentence instead."""
    found = HERE.but(chart_sought="day", chart_found=(1, 2, 3))
    html = beside.found(found)

    assert "3 tokens found" in html
    assert html.count('data-action="chart-token"') == 3
    refused = Message("atlas.pattern", {"pattern": "(", "reason": "why"})
    assert "cannot be read" in beside.found(found.but(chart_refused=refused))
    many = beside.found(HERE.but(chart_sought="w", chart_found=tuple(range(50))))
    assert "20 more are" in many
    assert beside.found(HERE) == ""


def test_a_token_is_named_beside_the_pointer() -> None:
    """Its text and id; a number that no token has is nothing."""
    assert beside.hover(HERE, 4) == "·dog  4"
    assert beside.hover(HERE, GAP_ID) == ""


def test_far_away_nothing_breaks() -> None:
    """At the largest zoom beside the picture there are no dots and no names."""
    far = HERE.but(chart_window=Window(0.0, 1.0, 200.0))
    pixels = picture.raster(far, dark=False)

    assert pixels is not None
    assert "<text" not in over.render(far)
