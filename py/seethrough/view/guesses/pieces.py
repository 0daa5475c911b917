"""Step 2: how many tokens a word of the text becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.guesses import Option, Question, place_of
from seethrough.view.ideas.plain import plain
from seethrough.view.ideas.tokenize import interest
from seethrough.view.numbers import count
from seethrough.view.steps.tokenize import visible_text

if TYPE_CHECKING:
    from seethrough.app.state import Scene

KIND = "pieces"
N_OPTIONS = 4


def ask(scene: Scene) -> Question | None:
    """Of the word that shows most; None where no word's letters are known."""
    film = scene.run.film
    if not scene.run.tokens or film is None or not film.words:
        return None
    word = max(film.words, key=lambda one: interest(film, one))
    fits, n_tokens, _ = interest(film, word)
    if not fits or len(word.symbols) < 2:  # noqa: PLR2004 - one sign is no question
        return None
    first = max(1, n_tokens - N_OPTIONS + 2)
    numbers = range(first, first + N_OPTIONS)
    about = visible_text(word)
    return Question(
        KIND,
        place_of(scene.run.model, scene.run.ids),
        tuple(Option(str(number), count(scene, number)) for number in numbers),
        right=str(n_tokens),
        about=plain(about),
        answer=count(scene, n_tokens),
    )
