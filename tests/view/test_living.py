"""Home's living picture: the whole model, and what the run wrote, as a film of its own numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.app.state import AppState, Stage
from seethrough.core.guesses import ALONE, Guessing
from seethrough.core.hooks import RESID_POST, RESID_PRE, hook_name
from seethrough.core.routes import Route
from seethrough.view import living
from seethrough.view.layout import PANELS, markup_of
from seethrough.view.moments import moments_of
from seethrough.view.node import to_html
from tests.steps import page_state
from tests.view.test_ideas import recordings

CAT = next(name for name in recordings() if "cat" in name)


def home(name: str = CAT, moment: int | None = None) -> AppState:
    """A recorded walk on home, its film at a moment."""
    return recordings()[name].but(route=Route("home"), stage=Stage(moment))


def html(state: AppState, slot: str) -> LexborHTMLParser:
    """A panel's markup."""
    return LexborHTMLParser(markup_of(state, PANELS[slot]))


@pytest.mark.parametrize("name", list(recordings()))
def test_the_film_writes_what_was_recorded(name: str) -> None:
    """After the way through the model each new token is one moment, in the order of the run."""
    state = home(name)
    steps = state.run.steps[: living.MOST_ROUNDS]
    new = html(state, "hero").css(".living-new")

    assert len(moments_of(state)) == living.JOINS + len(steps)
    begin = [int(one.attributes["data-at"] or -1) for one in new]
    assert begin == [living.JOINS + at for at in range(len(steps))]


@pytest.mark.parametrize("at", [0, 1, 7])
def test_a_moment_shows_what_the_model_said(at: int) -> None:
    """Beside a token stand the best five of its own step with their shares; it is marked."""
    state = home(moment=living.JOINS + at)
    step = state.run.steps[at]
    shown = html(state, "living")
    widths = [float((one.attributes["width"] or "").rstrip("%")) for one in shown.css(".bar-fill")]

    assert widths == pytest.approx([item.prob * 100 for item in step.candidates[:5]], abs=1e-3)
    taken = shown.css(".guess.is-taken .token")
    assert [one.text() for one in taken] == [living.plain(step.visible)]
    assert f"{round(step.prob * 100)}" in to_html(moments_of(state)[living.JOINS + at])


def test_a_token_that_is_not_among_the_best_is_shown() -> None:
    """Of a drawn token the film says so, and it stands below the best ones."""
    state = home(moment=living.JOINS)
    step = state.run.steps[0]
    last = replace(step.candidates[-1], id=9, visible="·mouse", prob=0.001)
    drawn = replace(step, id=9, visible="·mouse", rank=8, candidates=(*step.candidates, last))
    state = state.but(continuation=(drawn,))

    names = [one.text() for one in html(state, "living").css(".guess .token")]
    assert (len(names), names[0], names[-1]) == (living.N_SHOWN, "dog", "mouse")
    assert "drawn" in to_html(moments_of(state)[living.JOINS])


def test_the_strips_are_the_recorded_numbers() -> None:
    """Each number of the last token's vector is a stroke, up where it is positive."""
    state = home(moment=living.LAYERS)
    known, config = state.run.recorded, state.run.config
    assert known is not None
    assert config is not None
    row = known.positions.index(len(state.run.tokens) - 1)
    names = (hook_name(RESID_PRE, 0), hook_name(RESID_POST, config.n_layers - 1))
    strips = html(state, "living").css(".living-strip")

    assert len(strips) == len(names)
    for strip, name in zip(strips, names, strict=True):
        values = known.arrays[name][row]
        for kind, wanted in (("positive", values > 0), ("negative", values < 0)):
            drawn = strip.css_first(f".is-{kind}").attributes["d"] or ""
            at = [int(place) for place in re.findall(r"M(\d+)", drawn)]
            assert at == np.flatnonzero(wanted).tolist()


def test_the_line_is_the_model() -> None:
    """Seven stops, each lit at its moment alone; two halves for each layer."""
    rest = html(home(), "living-line")
    lit = [
        {str(one.attributes["class"]).split()[1] for one in found.css(".is-lit")}
        for found in (html(home(moment=at), "living-line") for at in range(living.JOINS + 1))
    ]

    assert len(rest.css(".living-stop")) == 7
    assert not rest.css(".is-lit")
    assert len(rest.css(".living-layers rect")) == 60
    assert [len(names) for names in lit] == [1, 1, 1, 2, 2]
    assert len(set().union(*lit)) == 7


def test_an_open_question_is_not_answered() -> None:
    """While the next word is asked for, nothing that was written is on the page."""
    state = home().but(guessing=Guessing(ALONE))
    asked = html(state, "hero")

    assert len(asked.css(".living-blank")) == 1
    assert not asked.css(".living-new, svg")
    assert markup_of(state, PANELS["living"]) == ""


def test_without_a_text_that_was_written_nothing_plays() -> None:
    """A run with nothing behind its prompt is a picture; before a run there is none."""
    unwritten = home().but(continuation=())

    assert len(moments_of(unwritten)) == 0
    assert html(unwritten, "living").css(".guess")
    assert not html(unwritten, "living").css("button, input")
    assert markup_of(page_state(route=Route("home")), PANELS["living"]) == ""
