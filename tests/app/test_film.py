"""The film in the state: of the prompt that is shown, whatever is chosen behind it."""

from __future__ import annotations

import asyncio

import pytest

from seethrough.app.actions import Actions
from seethrough.core.film import film_of
from tests.fake_engine import opened, tiny_model

MODEL = tiny_model()
PROMPT = "the thing and"


def ran(prompt: str = PROMPT, *, chat: bool = False) -> Actions:
    """Actions after one prompt was run."""
    actions = Actions(asyncio.run(opened(MODEL)))
    asyncio.run(actions.run(prompt, chat=chat))
    return actions


@pytest.mark.parametrize("chat", [False, True])
def test_the_film_ends_in_the_shown_tokens(chat: bool) -> None:  # noqa: FBT001
    """Plain text or a message: start ids and words' ids are the ids that the model got."""
    state = ran(chat=chat).state
    assert state.run.film is not None

    told = [*state.run.film.start_ids, *(one for word in state.run.film.words for one in word.ids)]
    assert told == [token.id for token in state.run.tokens]
    assert state.run.film.is_chat == chat


def test_a_chosen_token_stands_behind_the_film() -> None:
    """After a token is put behind, the film is of the prompt still, the chosen word too."""
    actions = ran()
    before = actions.state.run.film
    actions.select_word(1)
    asyncio.run(actions.append(101))

    assert actions.state.run.film == before == film_of(MODEL.tokenizer, PROMPT)
    assert len(actions.state.run.tokens) == (before.n_ids if before else 0) + 1
    assert actions.state.choice.word == 1


def test_a_new_prompt_chooses_no_word() -> None:
    """Another text has other words; with nothing shown there is no film."""
    actions = ran()
    actions.select_word(2)
    asyncio.run(actions.run("and the thing", chat=False))
    assert actions.state.choice.word is None

    actions.clear()
    assert (actions.state.run.film, actions.state.choice.word) == (None, None)
