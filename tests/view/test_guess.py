"""Guess first: what is asked, that it is this run's own, what is hidden meanwhile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.app.state import AppState, Stage
from seethrough.core.depth import IDEA, NUMBERS
from seethrough.core.guesses import ALONE, ALWAYS, OFF, Guess, Guessing
from seethrough.core.routes import Route
from seethrough.core.sampling import draws, reshape
from seethrough.core.settings import Sampling
from seethrough.view import guess
from seethrough.view.guesses import misses
from seethrough.view.guesses.rows import LOOKS, MISSES, NEXT, PIECES, ROWS, SHARE
from seethrough.view.layout import PANELS, markup_of
from seethrough.view.steps.sample_odds import MANY, odds_of
from seethrough.view.tours import THE_WALK
from tests.steps import page_state
from tests.view.test_ideas import recordings, runs

ASKING = {
    step.name: step.idea.asks
    for step in THE_WALK.steps
    if step.idea is not None and step.idea.asks is not None
}
CAT = next(name for name in recordings() if "cat" in name)


def at(step: str, when: str = ALONE, depth: str = IDEA) -> AppState:
    """The cat's walk at a step, its reader asked or not."""
    route = Route("walk", "cat", step) if step else Route("home")
    return recordings()[CAT].but(route=route, depth=depth, guessing=Guessing(when))


def place_at(step: str) -> str:
    """The slot that shows the answer."""
    return f"idea-{step}" if step else "hero"


def html(state: AppState, slot: str) -> LexborHTMLParser:
    """A panel's markup."""
    return LexborHTMLParser(markup_of(state, PANELS[slot]))


def options(state: AppState, slot: str) -> list[str]:
    """What can be answered."""
    return [str(one.attributes["data-key"]) for one in html(state, slot).css(".guess-option")]


def answered(state: AppState, key: str) -> AppState:
    """The same after an answer, very sure where that is asked."""
    question = guess.open_question(state)
    assert question is not None
    chosen = state.guessing.choose(question, key)
    return state.but(guessing=chosen.confirm(question, "very"))


def test_a_bare_state_asks_nothing() -> None:
    """Tests, files and readers who want no questions see the pictures at once."""
    assert page_state().guessing.when == OFF
    for step in ("", *ASKING):
        assert options(at(step, OFF), place_at(step)) == []


def test_four_steps_and_home_ask() -> None:
    """The steps 2, 4, 6 and 7; on home the next token, with how sure the reader is."""
    assert list(ASKING) == ["tokenize", "layers", "softmax", "sample"]
    assert set(ASKING.values()) | {NEXT} == set(ROWS)


@pytest.mark.parametrize("step", ["", *ASKING])
def test_the_answer_is_hidden_until_it_is_guessed(step: str) -> None:
    """Instead of the picture stands a question; an answer or a skip shows the picture."""
    state, slot = at(step), place_at(step)
    shown = markup_of(at(step, OFF), PANELS[slot])
    question = guess.open_question(state)
    assert question is not None

    asked = html(state, slot)
    assert len(asked.css(".guess-option")) == len(question.options) > 1
    assert asked.css_first("[data-action=skip-question]") is not None
    assert not asked.css("svg")
    skipped = state.but(guessing=state.guessing.skip(question))
    assert markup_of(skipped, PANELS[slot]) == shown
    after = answered(state, question.right)
    assert not html(after, slot).css(".guess-option")
    if step:
        assert markup_of(after, PANELS[slot]) == shown


@pytest.mark.parametrize("name", list(runs()))
def test_every_answer_is_the_run_s(name: str) -> None:
    """Of any run: the right option is there once, and is what its numbers say; else no question."""
    state = runs()[name]
    for row in ROWS:
        question = row.ask(state)
        if question is not None:
            keys = [one.key for one in question.options]
            assert keys.count(question.right) == 1
            assert len({one.name for one in question.options}) == len(keys)
    following, share = NEXT.ask(state), SHARE.ask(state)
    if following is not None and share is not None:
        assert following.right == str(state.run.top[0].id)
        lows = [int(one.key) for one in share.options]
        told = state.run.top[1].prob * 100
        assert int(share.right) == max(low for low in lows if low <= told)
    cut = PIECES.ask(state)
    if cut is not None and state.run.film is not None:
        assert int(cut.right) in {len(word.ids) for word in state.run.film.words}


def test_the_cat_s_answers() -> None:
    """The first walk: the dog comes next, and head 0 of layer 23 looks at it."""
    state = at("layers")
    following, looked = NEXT.ask(state), LOOKS.ask(state)

    assert following is not None
    assert (following.answer, following.asks_sure) == ("dog", True)
    assert looked is not None
    assert (looked.answer, looked.right) == ("dog", "1")
    assert {one.name for one in looked.options} >= {"dog", "cat"}
    assert {one.name: one.which for one in looked.options}["cat"] == "(2nd)"
    assert {one.name: one.which for one in looked.options}["dog"] == ""


def test_a_hundred_real_darts_are_thrown() -> None:
    """The darts that miss are those of the sampler and its seed, at the model's own odds."""
    state = recordings()[CAT].but(sampling=Sampling(temperature=0.5, seed=7))
    odds, asked = odds_of(state), MISSES.ask(state)
    assert odds is not None
    assert asked is not None

    ids = draws(reshape(odds.logits, temperature=1.0), seed=7, steps=range(MANY))
    assert misses.misses_of(odds) == int(np.count_nonzero(ids != odds.order[0]))
    assert asked.answer == str(misses.misses_of(odds))


def test_what_cannot_be_answered_is_not_asked() -> None:
    """Without a run, and for a single token, there is nothing to guess about."""
    empty = page_state(guessing=Guessing(ALONE))
    assert [row.ask(empty) for row in ROWS] == [None] * len(ROWS)
    assert LOOKS.ask(runs()["one"]) is None


def test_a_film_and_a_class_are_not_asked() -> None:
    """In a film no picture is hidden, before a class only where the reader wants it."""
    state = at("softmax")

    assert guess.open_question(state.but(stage=Stage(0))) is None
    assert guess.open_question(state.but(is_presenting=True)) is None
    wanted = at("softmax", ALWAYS).but(is_presenting=True)
    assert guess.open_question(wanted) is not None


def test_numbers_are_not_asked_about() -> None:
    """At the depth of numbers the answer stands there: nothing is asked, hidden or judged."""
    asked, quiet = at("sample", depth=NUMBERS), at("sample", OFF, NUMBERS)
    question = guess.open_question(at("sample"))
    assert question is not None
    told = answered(at("sample"), question.right).but(depth=NUMBERS)

    assert markup_of(asked, PANELS["step-sample"]) == markup_of(quiet, PANELS["step-sample"])
    assert guess.open_question(asked) is None
    assert not options(asked, "guess")
    assert html(told, "transport").css_first(".guess-told") is None


def test_the_transport_tells_what_came_of_it() -> None:
    """After an answer the foot says it beside the model's number; nothing after a skip."""
    state = at("layers")
    question = guess.open_question(state)
    assert question is not None
    told = html(answered(state, question.right), "transport").css_first(".guess-told")
    skipped = state.but(guessing=state.guessing.skip(question))

    assert told is not None
    assert "dog" in told.text()
    assert "40" in told.text()
    assert html(skipped, "transport").css_first(".guess-told") is None


@pytest.mark.parametrize("depth", [IDEA, NUMBERS])
def test_the_last_step_tells_them_all(depth: str) -> None:
    """What the reader expected beside what the model did, this run's alone, no skipped one."""
    state = at("")
    for step, pick in (("", -1), ("layers", 0), ("softmax", 0)):
        here = state.but(route=Route("walk", "cat", step) if step else Route("home"))
        question = guess.open_question(here)
        assert question is not None
        state = answered(here, question.options[pick].key)
    last = state.but(route=Route("walk", "cat", "done"), depth=depth)
    slot = "idea-done" if depth == IDEA else "guess"

    assert len(html(last, slot).css(".guess-expected li")) == 3
    other = next(other for name, other in recordings().items() if name != CAT)
    moved = replace(last, run=other.run)
    assert not html(moved, slot).css(".guess-expected li")


def test_one_option_waits_for_how_sure_the_reader_is() -> None:
    """On home the pressed word is marked, and three degrees can be chosen."""
    state = at("")
    question = guess.open_question(state)
    assert question is not None
    half = state.but(guessing=state.guessing.choose(question, question.right))

    shown = html(half, "hero")
    assert len(shown.css("[data-action=guess][aria-pressed=true]")) == 1
    assert len(shown.css("[data-action=guess-sure]")) == 3
    assert not html(state, "hero").css("[data-action=guess-sure]")


def test_a_class_is_asked_anew() -> None:
    """Who prepared the class has answered: as it begins, this run's questions are open again."""
    state = at("softmax", ALWAYS)
    question = guess.open_question(state)
    assert question is not None
    other = Guess("share", "elsewhere", "1")
    guessing = replace(state.guessing.skip(question), when=ALWAYS).with_guess(other)
    prepared = state.but(guessing=guessing)
    assert guess.open_question(prepared) is None

    began = prepared.but(guessing=guess.anew(prepared), is_presenting=True)
    assert guess.open_question(began) == question
    assert began.guessing.guesses == (other,)
    alone = prepared.but(guessing=replace(guessing, when=ALONE))
    assert guess.anew(alone) == alone.guessing
