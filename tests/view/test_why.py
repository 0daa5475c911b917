"""Surprises are told where they are seen, with this run's own numbers, and nowhere else."""

from __future__ import annotations

import numpy as np

from seethrough.core.depth import DEPTHS, IDEA, NUMBERS
from seethrough.core.film import FilmWord
from seethrough.core.guesses import ALONE, Guessing
from seethrough.core.routes import Route
from seethrough.view import why
from seethrough.view.layout import PANELS, markup_of
from tests.steps import STEPS
from tests.view.test_ideas import recordings
from tests.view.walk_sample import WORDS, walk_state

BY_NAME = {name.split("-")[1]: state for name, state in recordings().items()}


def told(subject: str, step: str, depth: str = NUMBERS) -> str:
    """What the slot holds."""
    state = BY_NAME[subject].but(route=Route("walk", subject, step), depth=depth)
    return markup_of(state, PANELS["why"])


def test_the_first_token_s_share_is_this_prompt_s() -> None:
    """55 % of the heads for the cat, 71 % for the months."""
    assert "55\xa0%" in told("cat", "layers").replace(" ", "\xa0")
    assert "71\xa0%" in told("january", "layers").replace(" ", "\xa0")


def test_the_first_vector_s_length_is_the_recording_s() -> None:
    """The largest norm of the first token, to the whole; a live run's is taken from its stream."""
    state = BY_NAME["cat"]
    assert state.run.recorded is not None
    longest = round(float(state.run.recorded.norms[:, 0].max()))
    digits = "".join(sign for sign in told("cat", "layers") if sign.isdigit())

    assert longest > 20_000
    assert str(longest) in digits
    lengths = why.lengths_of(walk_state().run)
    assert lengths is not None
    stream = walk_state().run.stream_at(2)
    assert stream is not None
    assert np.allclose(lengths[:, 2], np.linalg.norm(stream, axis=1))
    assert lengths.shape[1] == len(WORDS)


def test_and_before_april_is_told_of_the_months_alone() -> None:
    """With both shares, 51 % and 25 %; no other recording has that surprise."""
    months = told("january", "softmax")

    assert "51" in months
    assert "25" in months
    assert [name for name in BY_NAME if told(name, "softmax")] == ["january"]


def test_words_of_other_letters_are_counted() -> None:
    """Tokens a word are this text's; a word of English letters is none of them."""
    words = [
        FilmWord("žluťoučký", 0, (), (), (1, 2, 3, 4, 5)),
        FilmWord(" kůň", 9, (), (), (6, 7)),
        FilmWord(" the", 13, (), (), (8,)),
    ]

    others = [word for word in words if why.has_other_letters(word)]
    assert others == words[:2]
    assert why.per_word(others) == 3.5
    assert told("cat", "tokenize") == ""


def test_an_idea_has_one_fold_at_most() -> None:
    """Where its own sentences do not say it; at every depth a step without a surprise has none."""
    folds = {step: told("january", step, IDEA).count("<details") for step in STEPS}

    assert {step for step, n_folds in folds.items() if n_folds} == {"softmax", "done"}
    assert max(folds.values()) == 1
    quiet = set(STEPS) - set(why.AT)
    assert all(told("cat", step, depth) == "" for step in quiet for depth in DEPTHS)


def test_a_fold_answers_no_open_question() -> None:
    """While the share is asked for, nothing below the question tells it."""
    route = Route("walk", "january", "softmax")
    state = BY_NAME["january"].but(route=route, depth=IDEA, guessing=Guessing(ALONE))

    assert markup_of(state, PANELS["why"]) == ""
