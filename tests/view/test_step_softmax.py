"""Step 6: four columns in float64 that add up, the whole vocabulary's tail, what is not known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.recordings import run_of
from seethrough.core.cell import Cell, parse_cell
from seethrough.core.messages import text
from seethrough.core.routes import Route
from seethrough.core.tokens import Candidate
from seethrough.view import tail
from seethrough.view.logit_facts import spread
from seethrough.view.node import h, to_html
from seethrough.view.steps import softmax
from seethrough.view.words import name_of
from tests.english import exact, probability
from tests.fake_engine import tiny_model
from tests.recorded import recorded
from tests.steps import page_state
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState

HOSTILE = "<img src=x onerror=alert(1)>\"'\0\ud800"


def shown(**options: object) -> AppState:
    """A live run at the step."""
    return walk_state(**options).but(route=Route("walk", "own", "softmax"))  # type: ignore[arg-type]


def text_of(html: str) -> str:
    """What is read."""
    return "".join(Reading(html).texts)


def truth(state: AppState) -> np.ndarray:
    """Softmax of the captured logits, by its definition."""
    row = state.run.captured.row("logits", len(state.run.tokens) - 1)
    assert row is not None
    powers = np.exp(row.astype(np.float64))
    made: np.ndarray = powers / powers.sum()
    return made


@pytest.mark.parametrize("family", FAMILIES)
def test_every_number_is_the_run_s_own(family: str) -> None:
    """The cells' logits are captured ones, their probabilities the softmax of them all."""
    state = shown(family=family)
    probs = truth(state)
    elements = Reading(softmax.render(state)).elements
    cells = {
        parse_cell(attrs["data-cell"] or ""): attrs["title"]
        for _, attrs in elements
        if attrs.get("data-action") == "select-cell"
    }

    for item in state.run.top:
        assert cells[Cell("logits", (5, item.id))] == exact(item.logit)
        assert cells[Cell("probs", (5, item.id))] == exact(probs[item.id])
    assert len(cells) == 2 * len(state.run.top)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_add_up(family: str) -> None:
    """Powers and the others' rest are the sum; the shares are 1; each share is power ÷ sum."""
    made = softmax.softened(shown(family=family))

    powers = math.fsum(row.power for row in made.rows) + made.rest
    assert powers == pytest.approx(made.total, rel=1e-14)
    shares = math.fsum(row.prob for row in made.rows) + made.rest / made.total
    assert shares == pytest.approx(1.0, rel=1e-14)
    assert made.n_rest == 290
    for row in made.rows:
        assert row.power == pytest.approx(math.exp(row.below), rel=1e-14)
        assert row.prob == row.power / made.total


def test_a_step_s_numbers_are_on_the_page() -> None:
    """The largest logit, the sum, each column's number, exactly, in the table behind."""
    state = shown()
    made, told = softmax.softened(state), text_of(softmax.render(state))

    for number in (made.largest, made.total, made.rest):
        assert exact(number) in told
    for row in made.rows:
        for number in (row.item.logit, row.below, row.power, row.prob):
            assert exact(number) in told
    assert "290 others" in told
    assert "Σ of 300" in told


def test_asked_tokens_have_a_line() -> None:
    """A token of the reader's own stands below the best, and the others are one fewer."""
    asked = Candidate(41, "q", "q", 0.0, 0.0)
    state = shown().but(asked=(asked,))
    made = softmax.softened(state)

    assert made.rows[-1].item.id == 41
    assert made.rows[-1].prob == pytest.approx(truth(state)[41])
    assert made.n_rest == 289
    assert 'class="is-asked"' in softmax.render(state)


def test_a_click_appends() -> None:
    """Each line's token is a button that puts it behind the text."""
    state = shown()
    buttons = [
        attrs["data-id"]
        for _, attrs in Reading(softmax.render(state)).elements
        if attrs.get("data-action") == "append-token"
    ]

    assert buttons == [str(item.id) for item in state.run.top]


def test_bars_are_lengths_on_both_scales() -> None:
    """In proportion, and on a log scale that reaches below the least probable line."""
    state = shown()
    made = softmax.softened(state)
    html = softmax.render(state)
    best = made.rows[0].prob

    assert f'width="{best * 100:.4f}%"' in html
    log = (1 + math.log10(best) / made.decades) * 100
    assert f'width="{log:.4f}%"' in html
    assert 10.0**-made.decades <= min(row.prob for row in made.rows)
    assert html.count('type="radio"') == 2


def test_the_tail_falls_over_the_whole_vocabulary() -> None:
    """From rank 1 to the last; the points are the sorted probabilities; named where known."""
    state = shown()
    whole = spread(state)
    assert whole is not None
    falling = np.sort(truth(state))[::-1]

    np.testing.assert_allclose(whole.falling, falling, rtol=1e-12)
    ranks = tail.ranks(300)
    assert (ranks[0], ranks[-1]) == (1, 300)
    assert ranks == sorted(set(ranks))
    read = Reading(softmax.render(state))
    assert sum(attrs.get("class") == "tail-mark" for _, attrs in read.elements) == 3
    assert any(f"{state.run.top[9].visible} {probability(falling[9])}" in it for it in read.texts)
    line = next(attrs["points"] for tag, attrs in read.elements if tag == "polyline")
    heights = [float(point.split(",")[1]) for point in (line or "").split()]
    assert heights == sorted(heights)


def test_the_tail_s_table_tells_the_sum_so_far() -> None:
    """Its last line is the whole vocabulary: 1."""
    state = shown()
    whole = spread(state)
    assert whole is not None
    html = to_html(tail.table(state, whole, softmax.names(state, whole)))

    assert exact(float(np.cumsum(whole.falling)[299])) in html
    assert exact(whole.falling[9]) in html


@pytest.mark.parametrize("steep", [0.0, 0.5, 2.0, 8.0, 24.0])
@pytest.mark.parametrize("size", [300, 50_257])
def test_labels_of_the_tail_lie_apart(size: int, steep: float) -> None:
    """However the line falls: no label on another, none on the line or out of the picture."""
    powers = np.arange(1, size + 1, dtype=np.float64) ** -steep
    axes = tail.Axes(powers / powers.sum())
    taken: list[tuple[float, float, float, float]] = []
    for rank in (rank for rank in tail.RANKS if rank <= size):
        x, y = axes.across(rank), axes.down(float(axes.falling[rank - 1]))
        tail.free_place(axes, x, y, 18, taken)

    pairs = [(one, two) for at, one in enumerate(taken) for two in taken[at + 1 :]]
    assert not [pair for pair in pairs if tail.meets(*pair)]
    for left, top, right, bottom in taken:
        assert tail.LEFT <= left < right <= tail.WIDE
        assert 0 < top < bottom <= tail.HIGH - tail.BOTTOM
        assert axes.line_at(left) > bottom or axes.line_at(right) < top


def test_a_label_far_from_its_point_is_joined_to_it() -> None:
    """A hairline leads there; beside its point a label needs none."""
    assert tail.joint(100, 50, (107, 33, 200, 48)) is None
    far = tail.joint(100, 50, (80, 10, 200, 28))
    assert far is not None
    assert dict(far.attributes) == {
        "class": "tail-joint",
        "x1": "100.0",
        "y1": "50.0",
        "x2": "100.0",
        "y2": "28.0",
    }


def test_the_tail_hides_no_probability() -> None:
    """Its axis reaches the least one, and where 0 begins is said."""
    state = shown()
    row = np.linspace(0, -300, 300, dtype=np.float32)
    deep = row_of(state, row)
    whole = spread(deep)
    assert whole is not None
    assert tail.Axes(whole.falling).decades > 100
    assert "log scale cannot show" not in text_of(softmax.render(deep))

    row[200:] = -np.inf
    assert text("softmax.tail.zero", rank="201") in text_of(softmax.render(row_of(state, row)))


def test_the_tail_names_its_tokens() -> None:
    """Every rank that is told has its token's text, where a vocabulary is at hand."""
    state = shown()
    whole = spread(state)
    assert whole is not None
    names = softmax.names(state, whole)

    for rank, name in names.items():
        assert name_of(state, int(whole.order[rank - 1])) == name
    assert whole.falling[0] == whole.probs[whole.order[0]] == whole.probs.max()


def test_what_a_recording_lacks_is_said() -> None:
    """Without all logits: the columns of the best, the sum they were made with, and no tail."""
    made = recorded()
    run, route = run_of(made, tiny_model().config), Route("walk", "thing", "softmax")
    state = page_state(run=run, position=run.last_kept, route=route)
    soft, html = softmax.softened(state), softmax.render(state)

    assert soft.total == pytest.approx(math.exp(made.logsumexp - soft.largest), rel=1e-6)
    for row in soft.rows:
        assert row.prob == pytest.approx(row.item.prob, rel=1e-6)
    assert text("softmax.lacking", d_vocab="300") in text_of(html)
    assert 'data-action="live"' in html
    assert "<polyline" not in html
    assert len(softmax.moments(state)) == 5


def test_the_film_flies_along_the_lines() -> None:
    """Each number begins at the one on its left."""
    state = shown()
    elements = Reading(softmax.render(state)).elements
    flights = {
        attrs["id"]: attrs["data-from"] for _, attrs in elements if attrs.get("data-move") == "fly"
    }

    token = state.run.top[3].id
    assert flights[f"softmax-prob-{token}"] == f"softmax-power-{token}"
    assert flights[f"softmax-power-{token}"] == f"softmax-below-{token}"
    assert flights[f"softmax-below-{token}"] == f"softmax-logit-{token}"


def row_of(state: AppState, row: np.ndarray) -> AppState:
    """The state with other logits of its last position."""
    captured = state.run.captured.with_more({"logits": row[None]}, {"logits": (5,)})
    return state.but(captured=captured)


def test_odd_logits_do_not_break_it() -> None:
    """NaN and infinity are shown as such; equal logits share alike."""
    state = shown()
    for value in (np.nan, np.inf, -np.inf, 1.0):
        broken = np.full((1, 300), value, np.float32)
        odd = row_of(state, broken[0])
        assert softmax.render(odd)
        assert softmax.moments(odd)
    assert softmax.softened(odd).rows[0].prob == pytest.approx(1 / 300)


def test_hostile_candidates_stay_text() -> None:
    """A token of the vocabulary that looks like markup is text everywhere."""
    state = shown()
    bad = replace(state.run.top[0], text=HOSTILE, visible=HOSTILE)
    state = state.but(top=(bad, *state.run.top[1:]))
    html = softmax.render(state) + to_html(*(h("p", {}, it) for it in softmax.moments(state)))

    assert "<img" not in html
    assert "\0" not in html
