"""What the reader answers: kept in the state and on the device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.browser import wishes
from seethrough.core.guesses import SKIPPED, WHEN
from seethrough.view.guess import open_question
from seethrough.view.guesses import island, misses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.actions import Actions
    from seethrough.app.sampler import Sampler
    from seethrough.app.state import Store
    from seethrough.core.guesses import Guessing, Question


def reveals(actions: Actions, sampler: Sampler) -> Mapping[str, Callable[[], None]]:
    """What shows an answer once it was guessed, by the kind of its question."""
    return {
        misses.KIND: sampler.throw_own,
        island.KIND: lambda: actions.charting.mark_group(island.GROUP),
    }


class Guesses:
    """Handlers of a question's buttons; without an open question they do nothing.

    Args:
        reveals: By the kind of a question, what shows the answer once it was guessed.
    """

    def __init__(self, store: Store, reveals: Mapping[str, Callable[[], None]]) -> None:
        self._store = store
        self._reveals = reveals

    def handlers(self) -> dict[str, Callable[[Mapping[str, str]], None]]:
        """Action -> what it does."""
        return {
            "guess": lambda values: self._answer(
                lambda now, question: now.choose(question, values["key"])
            ),
            "guess-sure": lambda values: self._answer(
                lambda now, question: now.confirm(question, values["sure"])
            ),
            "skip-question": lambda _values: self.skip(),
            "ask": lambda values: self._ask(values["value"]),
        }

    def skip(self) -> None:
        """Show the picture of what is asked now."""
        self._answer(lambda now, question: now.skip(question))

    def shown_first(self, go_on: Callable[[], None]) -> None:
        """Go on; show first what a question still hides, for nobody means to pass a picture by."""
        if open_question(self._store.state) is not None:
            self.skip()
        else:
            go_on()

    def _answer(self, change: Callable[[Guessing, Question], Guessing]) -> None:
        question, now = open_question(self._store.state), self._store.state.guessing
        if question is None:
            return
        after = change(now, question)
        if after.guesses is not now.guesses:
            wishes.remember_guesses(after.guesses)
        self._store.replace(guessing=after)
        guess = after.of(question)
        if guess is not None and guess.key != SKIPPED and question.kind in self._reveals:
            self._reveals[question.kind]()

    def _ask(self, when: str) -> None:
        if when in WHEN:
            wishes.remember_questions(when)
            self._store.replace(guessing=replace(self._store.state.guessing, when=when))
