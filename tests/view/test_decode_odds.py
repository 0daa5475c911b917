"""The lab's odds: each bar is a share of the run's own scores, before and after the settings."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.state import AppState, Sampling, Throws
from seethrough.core.captured import NOTHING
from seethrough.core.distribution import entropy_bits
from seethrough.core.hooks import LOGITS
from seethrough.core.routes import OWN, Route
from seethrough.core.sampling import draw, reshape, temper
from seethrough.core.settings import SETTINGS
from seethrough.view.decode import odds, pairs
from seethrough.view.layout import ACTIONS, PANELS
from seethrough.view.steps import slots
from tests.english import count, exact, probability, readout
from tests.view.sample import Reading, rounded
from tests.view.walk_sample import D_VOCAB, walk_state

if TYPE_CHECKING:
    from seethrough.core.cache import Array

GOLDEN = Path(__file__).parents[1] / "golden"
SHAPES = [
    {"temperature": 1.0},
    {"temperature": 5.0},
    {"temperature": 0.3, "top_k": 4},
    {"temperature": 1.5, "min_p": 0.02, "top_p": 0.9},
    {"temperature": 1.0, "typical_p": 0.5},
    {"temperature": 2.0, "repetition_penalty": 1.6, "no_repeat_ngram_size": 1},
]


def at(*, depth: str = "idea", **changes: object) -> AppState:
    """A state in the lab, its settings given."""
    named = {name: changes.pop(name) for name in SETTINGS if name in changes}
    state = walk_state().but(route=Route("decode", OWN, "odds"), depth=depth)
    return state.but(sampling=Sampling(named), **changes)  # type: ignore[arg-type]


def logits_of(state: AppState) -> Array:
    """The scores behind the last token."""
    row = state.run.captured.row(LOGITS, len(state.run.tokens) - 1)
    assert row is not None
    return row


def widths(html: str, kind: str) -> list[float]:
    """The lengths of the bars of a kind, in per cent."""
    return [float(width) for width in re.findall(rf'class="is-{kind}"[^>]*width="([\d.]+)%"', html)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_bar_is_a_share_of_the_scores(shape: dict[str, float]) -> None:
    """Ten tokens and all others: their lengths are softmax and `reshape` of the scores."""
    state = at(**shape)
    logits = logits_of(state)
    own = temper(logits, 1.0)
    now = reshape(logits, text=state.run.ids, **shape).probs
    html = odds.idea(state)
    landed = draw(logits, seed=1, step=0, text=state.run.ids, **shape).id
    best = [int(token) for token in np.argsort(-logits, kind="stable")[: pairs.N_SHOWN]]
    tokens = best if landed in best else [*best, landed]

    for kind, probs in (("own", own), ("now", now)):
        expected = [*probs[tokens], np.delete(probs, tokens).sum()]
        assert widths(html, kind) == pytest.approx(np.array(expected) * 100, abs=1e-4)
        assert sum(widths(html, kind)) == pytest.approx(100, abs=1e-2)
    assert html.count("left out") == int(np.count_nonzero(now[tokens] == 0))
    texts = Reading(html).texts
    assert probability(own[tokens[0]]) in texts
    assert readout(entropy_bits(own)) in texts
    assert readout(entropy_bits(now)) in texts


def test_how_many_are_left_is_counted() -> None:
    """So many tokens have a chance, of all that there are."""
    words = "".join(Reading(odds.idea(at(temperature=1.0, top_k=4))).texts)

    assert f"4 of {count(D_VOCAB)} tokens have a chance" in words
    assert "1 of 300 tokens has a chance" in "".join(Reading(odds.idea(at())).texts)


def test_without_chance_no_dart_is_thrown() -> None:
    """At temperature 0 the best token has it all, and all others are left out."""
    html = odds.idea(at())

    assert widths(html, "now")[0] == 100
    assert sum(widths(html, "now")) == 100
    assert "No dart is thrown" in html
    assert 'data-action="throw"' not in html


def test_the_dial_goes_from_0_to_5() -> None:
    """The temperature's slider bends the odds while it is held; all other dials are at numbers."""
    sliders = [one for _, one in Reading(odds.idea(at())).elements if one.get("type") == "range"]

    assert [(one["data-name"], one["min"], one["max"]) for one in sliders] == [
        ("temperature", "0", "5")
    ]
    assert sliders[0]["data-live"] == "try-sampling"
    named = Reading(odds.render(at(depth="numbers"))).values("data-name")
    assert [name for name in named if name in SETTINGS] == [
        name for name, row in SETTINGS.items() if row.dial
    ]


def test_a_held_dial_changes_the_bars_alone() -> None:
    """While a slider is held the panel inside is drawn anew, and the slider is not."""
    state = at(temperature=1.0)
    trying = replace(state, choice=replace(state.choice, trying=Sampling(temperature=4.0)))
    inner, whole = PANELS[slots.PAIRS], PANELS["idea-odds"]

    assert inner.render(trying) != inner.render(state)
    assert "trying" in inner.fields
    assert "trying" not in whole.fields
    assert inner.render(trying) in odds.idea(trying)


def test_the_same_dart_falls_as_when_the_model_writes() -> None:
    """Dart by dart of the seed: the named token is the drawn one."""
    for thrown in range(4):
        state = at(temperature=2.0, seed=7, throws=Throws(at=thrown))
        token = draw(logits_of(state), seed=7, step=thrown, temperature=2.0).id
        landed = re.findall(r'class="is-landed".*?data-id="(\d+)"', odds.idea(state))
        assert landed == [str(token)]


def test_numbers_open_their_sums() -> None:
    """At the depth numbers the model's own share and score of each token open what made them."""
    state = at(depth="numbers", temperature=1.0)
    logits, cells = logits_of(state), Reading(odds.render(state)).values("data-cell")
    last = len(state.run.tokens) - 1
    best = [int(token) for token in np.argsort(-logits, kind="stable")[: pairs.N_SHOWN]]

    assert [f"probs[{last},{token}]" for token in best] == [
        cell.replace(" ", "") for cell in cells if cell and cell.startswith("probs")
    ][: len(best)]
    assert exact(float(logits[best[0]])) in Reading(odds.render(state)).values("title")


def test_without_all_scores_the_best_are_shown() -> None:
    """A recording of ten tokens has their own bars, the rest as one, and offers the live run."""
    state = at(temperature=2.0, captured=NOTHING, recorded=object(), source="recorded")
    html = odds.idea(state)
    rest = 1 - sum(item.prob for item in state.run.top)

    assert widths(html, "now") == []
    expected = [*(item.prob * 100 for item in state.run.top), rest * 100]
    assert widths(html, "own") == pytest.approx(expected, abs=1e-4)
    assert 'data-action="live"' in html
    assert "10 best tokens" in "".join(Reading(html).texts)


def test_before_a_run_it_says_what_will_stand_here() -> None:
    """Without a text there is a sentence, and no picture."""
    empty = AppState().but(route=Route("decode", OWN, "odds"))

    assert "odds" in odds.idea(empty)
    assert "<table" not in odds.idea(empty) + odds.render(empty)


def test_tokens_stay_text() -> None:
    """A token that looks like markup makes no element; every action is an agreed one."""
    state = walk_state(("<img src=x>", " b")).but(sampling=Sampling(temperature=1.0))
    html = odds.render(state.but(depth="numbers"))

    assert "<img" not in html
    assert set(Reading(html).values("data-action")) <= set(ACTIONS)


def snapshot(depth: str) -> str:
    """The step at a depth, floats rounded, an element a line."""
    slot = "idea-odds" if depth == "idea" else "step-odds"
    drawn = PANELS[slot].render(at(depth=depth, temperature=1.5, min_p=0.02))
    return rounded(drawn).replace("><", ">\n<") + "\n"


def golden(depth: str) -> Path:
    """Where a snapshot is."""
    return GOLDEN / f"decode_odds_{depth}.html"


@pytest.mark.parametrize("depth", ["idea", "numbers"])
def test_markup_is_as_it_was(depth: str) -> None:
    """Markup changes on purpose only: `python -m tests.view.test_decode_odds` writes it anew."""
    assert snapshot(depth) == golden(depth).read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in ("idea", "numbers"):
        golden(each).write_text(snapshot(each), encoding="utf-8")
