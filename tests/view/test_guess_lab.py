"""The lab's questions: each answer is this run's own number."""

from __future__ import annotations

import numpy as np

from seethrough.app.state import AppState
from seethrough.core.contrast import Contrast
from seethrough.core.depth import IDEA
from seethrough.core.guesses import ALONE, Guessing
from seethrough.core.routes import OWN, Route
from seethrough.view import guess
from seethrough.view.guesses import bent, parts
from seethrough.view.steps.sample_odds import odds_of
from tests.view.test_decode_compare import made_of
from tests.view.walk_sample import walk_state


def test_what_the_heat_leaves_is_the_models_own() -> None:
    """The best token's share at temperature 5, whatever the settings; none without scores."""
    state = walk_state().but(route=Route("decode", OWN, "odds"))
    asked, odds = bent.ask(state), odds_of(state)
    assert asked is not None
    assert odds is not None
    scores = odds.logits.astype(np.float64) / bent.HEAT
    hot = np.exp(scores.max() - np.logaddexp.reduce(scores))
    low = max(one for one in bent.BOUNDS[:-1] if hot * 100 >= one)

    assert asked.right == str(low)
    assert [option.key for option in asked.options] == ["0", "1", "10", "50"]
    assert bent.ask(AppState()) is None


def test_where_the_ways_part_is_the_examples_own() -> None:
    """Of the recorded example alone; once both are written nothing is asked."""
    example = made_of(is_recorded=True)
    state = walk_state().but(example=example)
    asked = parts.ask(state)

    assert asked is not None
    assert (asked.right, asked.answer) == ("1", "1")
    assert parts.ask(state.but(contrast=example)) is None
    assert parts.ask(walk_state()) is None
    assert parts.ask(state.but(example=Contrast("settings", example.left, example.left))) is None


def test_both_stand_before_their_pictures() -> None:
    """At the idea; the answer takes the question's place."""
    state = walk_state().but(example=made_of(is_recorded=True), depth=IDEA)
    for step in ("odds", "compare"):
        here = state.but(route=Route("decode", OWN, step), guessing=Guessing(ALONE))
        question = guess.open_question(here)
        assert question is not None
        chosen = here.guessing.choose(question, question.right)
        assert guess.open_question(here.but(guessing=chosen)) is None
