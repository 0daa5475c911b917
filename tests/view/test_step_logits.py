"""Step 5: every number is the run's own, terms add up, what is not known is said."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.recordings import run_of
from seethrough.app.state import AppState, Message
from seethrough.core.captured import Captured
from seethrough.core.cell import Cell, parse_cell
from seethrough.core.messages import text
from seethrough.core.routes import Route
from seethrough.core.tokens import Candidate
from seethrough.view.addends import add_up
from seethrough.view.layout import cell_of, describe_cell, raster_for
from seethrough.view.logit_facts import compared, spread, terms_of
from seethrough.view.node import h, to_html
from seethrough.view.steps import logits
from tests.english import exact, signed
from tests.fake_engine import tiny_model
from tests.recorded import recorded
from tests.steps import page_state
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state, weights_of

HOSTILE = "<img src=x onerror=alert(1)>\"'\0\ud800"


def shown(**options: object) -> AppState:
    """A live run at the step."""
    return walk_state(**options).but(route=Route("walk", "own", "logits"))  # type: ignore[arg-type]


def text_of(html: str) -> str:
    """What is read."""
    return "".join(Reading(html).texts)


def asking(state: AppState, *tokens: int) -> AppState:
    """The same with tokens of the reader's own and their rows."""
    rows = weights_of("llama")["W_E"]
    known = state.run.captured.positions["W_U"]
    more = np.concatenate([state.run.captured.arrays["W_U"], rows[list(tokens)]])
    captured = state.run.captured.with_more({"W_U": more}, {"W_U": (*known, *tokens)})
    asked = tuple(Candidate(token, f"q{token}", f"q{token}", 0.0, 0.0) for token in tokens)
    return state.but(asked=asked, captured=captured, compared=tokens[-1])


def cells_of(state: AppState) -> dict[Cell, str]:
    """The numbers that open a sum, with their exact values."""
    elements = Reading(logits.render(state)).elements
    found = [attrs for _, attrs in elements if attrs.get("data-action") == "select-cell"]
    return {
        cell: attrs["title"] or ""
        for attrs in found
        if (cell := parse_cell(attrs["data-cell"] or "")) is not None
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_every_number_is_the_run_s_own(family: str) -> None:
    """Each cell's exact value is the captured one of its name."""
    state = shown(family=family)
    cells = cells_of(state)

    assert {cell.name for cell in cells} == {
        "logits",
        "ln_final.hook_scale",
        "ln_final.hook_norm_out",
        "ln_final.hook_norm_out.norm",
        "blocks.1.hook_resid_post.norm",
        "blocks.1.hook_resid_post",
    }
    assert sum(cell.name == "logits" for cell in cells) == logits.N_BEST
    for cell, told in cells.items():
        value = state.run.captured.value(cell)
        assert value is not None
        assert told == exact(value)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_terms_add_up_to_the_logit(family: str) -> None:
    """Query times row is the captured logit; gains and losses are all of it."""
    state = shown(family=family)
    for item in state.run.top:
        found = terms_of(state, item.id)
        assert found is not None
        assert found.total == pytest.approx(item.logit, rel=1e-5, abs=1e-5)
        assert found.gains + found.losses == pytest.approx(found.total, rel=1e-9)


def test_the_opened_token_tells_its_terms() -> None:
    """The best one first; another one that is chosen instead, with its own sum."""
    state = shown()
    other = state.run.top[2]
    found = terms_of(state, other.id)
    assert found is not None
    html = logits.render(state.but(compared=other.id))

    added = add_up(state, [found.gains, found.losses], found.total, is_signed=True)
    assert added.parts[0] in text_of(html)
    assert f"{found.n_agreeing} places" in text_of(html)
    pressed = [
        attrs["data-id"]
        for _, attrs in Reading(html).elements
        if attrs.get("aria-pressed") == "true"
    ]
    assert pressed == [str(other.id)]


def test_the_table_has_every_term() -> None:
    """A line a dimension, exact, and their sum."""
    state = shown()
    found = terms_of(state, state.run.top[0].id)
    assert found is not None
    lines = re.findall(r"<tr><th scope=\"row\">(\d+)</th>(.*?)</tr>", logits.render(state))
    numbers = [re.findall(r">([^<>]+)</td>", line) for _, line in lines]

    assert [int(at) for at, _ in lines] == list(range(32))
    assert numbers[7] == [exact(found.query[7]), exact(found.row[7]), exact(found.values[7])]
    assert exact(found.total) in logits.render(state)


def test_a_token_of_ones_own_has_this_run_s_logit() -> None:
    """Whatever was known when it was asked for: the number is the shown run's."""
    state = asking(shown(), 41)
    whole = spread(state)
    assert whole is not None
    last = compared(state, logits.N_BEST)[-1]

    assert (last.id, last.logit) == (41, float(whole.logits[41]))
    assert last.prob == pytest.approx(float(whole.probs[41]))
    assert 'class="rival is-open is-asked"' in logits.render(state)
    assert cells_of(state)[Cell("logits", (5, 41))] == exact(whole.logits[41])


def test_an_asked_token_is_marked_in_the_histogram() -> None:
    """The best one and those that were asked for are named there; the others have a title."""
    state = asking(shown(), 41, 77)
    read = Reading(logits.render(state))
    names = [attrs for tag, attrs in read.elements if attrs.get("class") == "mark-name"]

    assert len(names) == 3
    assert sum(tag == "title" for tag, _ in read.elements) == logits.N_BEST + 2


def test_the_products_open_under_the_pointer() -> None:
    """A place of the strip tells both factors; choosing it asks for the logit's sum."""
    state, token = shown(), shown().run.top[0].id
    found = terms_of(state, token)
    assert found is not None
    name = f"terms:{token}~0.5"
    told = describe_cell(state, name, 0, 3)

    assert exact(found.values[3]) in text_of(told)
    assert cell_of(state, name, 0, 3) == Cell("logits", (5, token))
    for outside in (-1, 32):
        assert describe_cell(state, name, 0, outside) == ""
        assert cell_of(state, name, 0, outside) is None
    for gone in ("terms:299999~1", "terms:x~1"):
        assert raster_for(state, gone, dark=False) is None
        assert describe_cell(state, gone, 0, 0) == ""


@pytest.mark.parametrize("is_tied", [True, False])
def test_whose_matrix_it_is(is_tied: bool) -> None:  # noqa: FBT001 - a case
    """Tied or untied is said."""
    state = shown()
    assert state.run.config is not None
    config = replace(state.run.config, tie_word_embeddings=is_tied)

    key = "logits.tied" if is_tied else "logits.untied"
    assert text(key) in text_of(logits.render(state.but(config=config)))


def test_the_norm_is_the_family_s() -> None:
    """A LayerNorm takes off the mean and adds a bias; an RMSNorm does not."""
    told = {family: text_of(logits.render(shown(family=family))) for family in FAMILIES}

    assert "norm(x) = (x − mean(x)) / √(mean((x − mean(x))²) + ε) ⊙ w + b" in told["gpt2"]
    assert "norm(x) = x / √(mean(x²) + ε) ⊙ w." in told["llama"]
    assert ("LayerNorm" in told["gpt2"], "RMSNorm" in told["llama"]) == (True, True)


def test_what_a_recording_lacks_is_said() -> None:
    """Its logits stand there; the vectors are said to be missing, with the way to them."""
    run, route = run_of(recorded(), tiny_model().config), Route("walk", "thing", "logits")
    state = page_state(run=run, position=run.last_kept, route=route)
    html = logits.render(state)

    assert text("logits.missing") in text_of(html)
    assert 'data-action="live"' in html
    assert "terms:" not in html
    assert signed(state.run.top[4].logit) in text_of(html)
    assert 2 <= len(logits.moments(state)) <= 3
    entering = {int(value) for value in Reading(html).values("data-at")}
    assert max(entering) < len(logits.moments(state))


def test_rows_that_come_are_waited_for() -> None:
    """Live, what is missing is on its way, and no button asks to run again."""
    state = shown()
    arrays = {name: array for name, array in state.run.captured.arrays.items() if name != "W_U"}
    waiting = state.but(captured=Captured(arrays, state.run.captured.positions))

    assert text("logits.coming") in text_of(logits.render(waiting))
    assert 'data-action="live"' not in logits.render(waiting)


def test_what_was_asked_is_answered() -> None:
    """A note stands at the question; without the model it has the way to it."""
    note = shown().but(asked_note=Message("asked.empty"))
    lacking = shown().but(asked_note=Message("asked.no_model"))

    assert text("asked.empty") in text_of(logits.render(note))
    assert 'data-action="live"' not in logits.render(note)
    assert 'data-action="live"' in logits.render(lacking)


def test_odd_logits_do_not_break_it() -> None:
    """NaN and infinity are shown as such; a row of equal logits has a histogram too."""
    state = shown()
    for value in (np.nan, np.inf, -np.inf, 1.0):
        broken = np.full((1, 300), value, np.float32)
        odd = state.but(captured=state.run.captured.with_more({"logits": broken}, {"logits": (5,)}))
        assert logits.render(odd)
        assert logits.moments(odd)


def test_hostile_candidates_stay_text() -> None:
    """A token of the vocabulary that looks like markup is text everywhere."""
    state = shown()
    bad = replace(state.run.top[0], text=HOSTILE, visible=HOSTILE)
    state = state.but(top=(bad, *state.run.top[1:]), asked=(replace(bad, id=41),))
    html = logits.render(state) + to_html(*(h("p", {}, it) for it in logits.moments(state)))

    assert "<img" not in html
    assert "\0" not in html
