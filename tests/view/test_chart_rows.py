"""Beneath the map: a few words, an axis, a sum; in pictures, in words and as tables."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seethrough.app.state import AppState, Message, ModelCard
from seethrough.core.arithmetic import SumFound
from seethrough.core.local_plane import LocalPlane, Spread, spread_between
from seethrough.view.chart import arithmetic, axis, beside, local, picks
from seethrough.view.chart.over import width_of
from seethrough.view.chart.rows_page import below
from seethrough.view.node import to_html
from tests.atlases import rows, small_atlas, small_neighbours
from tests.view.sample import Reading

ATLAS = small_atlas()
HERE = AppState().but(
    atlas=ATLAS, atlas_near=small_neighbours(), chart_stage="ready", chart_size=(900, 600, 1.0)
)
ANGLES = np.arange(7) / 7 * 2 * np.pi
PLACES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
RING = LocalPlane(tuple(range(1, 8)), PLACES, (0.3, 0.2))
NEEDED = Message("rows.needs_model", {})
CARD = ModelCard("tiny", "Tiny", 90_000_000, 1, 2, "MIT", "", has_chat=False)


def test_a_ring_is_drawn_with_its_order() -> None:
    """A dot a token, each named, the line comes back; its share of the variance is said."""
    state = HERE.but(chart_group="days", local=RING)
    html = local.render(state)

    assert html.count("<circle") == 7
    assert html.count("<text") == 7
    points = re.search(r'polyline points="([^"]+)"', html)
    assert points is not None
    first, *_, last = points[1].split()
    assert first == last
    assert "goes once round" in html
    assert "50" in html
    assert "30" in html
    assert html.count('data-action="chart-token"') == 7


def test_without_an_order_there_is_no_line() -> None:
    """What was searched for or picked is dots alone; numbers do not come back."""
    assert "<polyline" not in local.render(HERE.but(chart_sought="w", local=RING))
    assert "<polyline" not in local.render(HERE.but(picked=tuple(range(1, 8)), local=RING))
    bow = local.render(HERE.but(chart_group="numbers", local=RING))
    points = re.search(r'polyline points="([^"]+)"', bow)
    assert points is not None
    assert len(points[1].split()) == 7
    assert "order in which we say them" in bow


def test_names_cover_neither_names_nor_dots() -> None:
    """Of 64 tokens in a heap as many are named as there is room for."""
    rng = np.random.default_rng(2)
    landed = rng.normal(size=(64, 2)) * 90 + [300, 215]
    names = local.names(ATLAS, range(1, 65), landed, (600.0, 430.0))
    boxes = []
    for name in names:
        left, top = float(name.attributes["x"]), float(name.attributes["y"]) - 17 * 0.75
        boxes.append((left, top, left + width_of(str(name.children[0])), top + 17))
    assert len(boxes) > 15
    for at, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom


def test_flags_never_cross() -> None:
    """Neither name over name nor pole through name, for any places on the line."""
    rng = np.random.default_rng(4)
    for _ in range(50):
        places = sorted((rng.normal(size=30) * 60 + 300).tolist())
        widths = rng.uniform(20, 120, 30).tolist()
        floors = axis.flags(places, widths)
        for one in range(30):
            for two in range(one + 1, 30):
                if places[two] < places[one] + widths[one]:
                    assert floors[one] > floors[two]


def test_an_axis_says_who_stands_at_its_ends() -> None:
    """0 and 1 are named, the nearest to each too; the table goes along the line."""
    matrix = rows()
    spread = spread_between((4, 5), matrix[4], matrix[5], range(1, 20), matrix[1:20])
    html = axis.render(HERE.but(axis_ends=(4, 5), axis=spread))
    order = (spread.values.argsort() + 1).tolist()

    assert html.count('class="is-pole"') == 19
    opened = [int(token) for token in Reading(html).values("data-token")]
    assert opened == order
    assert "·dog" in html
    assert "Choose a token" in axis.render(HERE.but(axis_ends=(None, 5)))


def test_a_sum_keeps_the_three_words() -> None:
    """The ten nearest with their cosines; a given word is marked, one beyond them has its rank."""
    found = SumFound(
        (1, 2, 3), (7, 1, *range(10, 18)), (0.9, *[0.5] * 9), (2, 60, 88), (0.5, 0.1, 0)
    )
    state = HERE.but(sum_terms=(1, 2, 3), sum_found=found)
    html = arithmetic.render(state)

    assert html.count('class="is-given"') == 3
    assert [int(token) for token in Reading(html).values("data-token")] == [*found.ids, 2, 3]
    assert ">60<" in html
    assert ">88<" in html
    assert "w0" in html.partition("<table")[0]
    own = SumFound((1, 2, 3), (1, 7), (0.9, 0.5), (1, 60, 88), (0.9, 0.1, 0))
    assert "did not lead far" in arithmetic.render(state.but(sum_found=own))
    same = SumFound((1, 1, 1), (1,), (1.0,), (1, 1, 1), (1.0, 1.0, 1.0))
    assert arithmetic.render(state.but(sum_found=same)).count('class="is-given"') == 1


@pytest.mark.parametrize(
    ("render", "told"),
    [(local.render, "local_told"), (axis.render, "axis_told"), (arithmetic.render, "sum_told")],
)
def test_what_is_lacking_is_offered_with_its_size(render, told: str) -> None:
    """On its way, needed from the model with a button, while it opens, or not wanted here."""
    begun = HERE.but(axis_ends=(4, 5), sum_terms=(1, 2, 3), chart_model="tiny", models=(CARD,))
    assert "on their way" in render(begun)
    state = begun.but(**{told: NEEDED})
    html = render(state)
    assert 'data-action="download"' in html
    assert "90" in html
    assert 'data-action="download"' not in render(state.but(is_recordings_only=True))
    assert 'data-action="download"' not in render(state.but(chart_model="another"))
    few = Message("rows.too_few", {"n_chosen": 1, "fewest": 3})
    assert "Only one token" in render(begun.but(**{told: few}))


def test_a_box_offers_what_may_be_meant() -> None:
    """The tokens that fit, the one that is taken pressed; where none fits, a sentence."""
    state = HERE.but(sum_terms=(4, 5, 6), box_found=("sum-0", (4, 7)))
    html = arithmetic.render(state)
    assert html.count('data-action="rows-take"') == 2
    assert Reading(html).values("aria-pressed") == ["true", "false"]
    assert 'data-action="rows-take"' not in axis.render(state)
    assert "No token fits" in arithmetic.render(state.but(box_found=("sum-0", ())))
    assert "Did you mean" not in arithmetic.render(state.but(box_found=("sum-0", (4,))))
    assert "is being added" not in arithmetic.render(state)
    assert "Comparing with all" in arithmetic.render(state.but(is_adding=True))


def test_tokens_are_switches() -> None:
    """Those that are shown are pressed; what a line left out is counted; a token's card has one."""
    state = HERE.but(chart_group="days", chart_found=(1, 2, 3), picked=(1, 4), n_beyond=9)
    html = picks.render(state)

    assert Reading(html).values("aria-pressed") == ["true", "false", "false", "true"]
    assert "9 more lie" in html
    assert "rows-clear" in html
    many = HERE.but(chart_sought="w", chart_found=tuple(range(1, 80)))
    assert "Of 79 that were found" in picks.render(many)
    assert 'data-action="rows-turn"' in beside.token(state.but(chart_token=4))
    assert 'aria-pressed="true"' in picks.lasso(HERE.but(has_lasso=True))
    assert "See the 2 words below" in picks.lasso(state)
    drawn = picks.lasso(HERE.but(lasso=((1.0, 2.0), (3.0, 4.0))))
    assert 'points="1.0,2.0 3.0,4.0"' in drawn
    assert "<svg" not in picks.lasso(HERE)
    assert picks.lasso(AppState()) == ""


def test_one_place_for_all_breaks_nothing() -> None:
    """Equal rows, and an axis whose tokens all stand on one place, are still drawn."""
    flat = LocalPlane((1, 2, 3), np.zeros((3, 2)), (0.0, 0.0))
    assert "nan" not in local.render(HERE.but(local=flat))
    spread = Spread((4, 5), (1, 2, 3), np.zeros(3))
    narrow = HERE.but(chart_size=(300, 400, 1.0), axis_ends=(4, 5), axis=spread)
    assert "nan" not in axis.render(narrow)


def test_the_frame_has_a_label_for_every_box() -> None:
    """Five boxes, each inside its label."""
    html = to_html(below(HERE, lambda _name: ""))  # type: ignore[arg-type,return-value]
    assert html.count("<input") == html.count("<label") == 5
