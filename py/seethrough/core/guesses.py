"""What a reader expects before the model answers: a question, a guess, and how near it came."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable

# When questions are asked: never, to one reader alone, or to a class as well.
OFF, ALONE, ALWAYS = WHEN = ("off", "alone", "always")
# What who comes for the first time gets: a teacher who presents wants question, pause, answer, and
# whoever does not goes on with one press more.
FIRST = ALWAYS
# How sure a reader says to be, and from which share of the model's on that would be its own word.
SURE = {"guessing": 0.0, "fairly": 0.4, "very": 0.8}
SKIPPED = ""
MOST_KEPT = 200
VERSION = 1


@dataclass(frozen=True)
class Option:
    """What can be guessed: its key is kept, its name is shown; `share` is the model's, if any.

    `which` tells it from an equal word of the text, where there is one.
    """

    key: str
    name: str
    share: float | None = None
    which: str = ""


@dataclass(frozen=True)
class Question:
    """One thing to guess of one run; `place` tells it from the same question of another run.

    Args:
        kind: Names its sentences (`guess.<kind>.…`).
        place: The run's, see `place_of`.
        options: In the order in which they are offered; tokens where `are_tokens`.
        right: The key of the option that the run's numbers say.
        answer: What they say, as it is written.
        about: The token that it asks about.
        asks_sure: Whether the reader says how sure the guess is.
        has_own_text: Its sentence names a text, which is not the shown one.
    """

    kind: str
    place: str
    options: tuple[Option, ...]
    right: str
    answer: str
    about: str = ""
    are_tokens: bool = False
    asks_sure: bool = False
    has_own_text: bool = False

    def option(self, key: str) -> Option | None:
        """An option by its key."""
        return next((one for one in self.options if one.key == key), None)


@dataclass(frozen=True)
class Guess:
    """What a reader answered; `key` is SKIPPED for nothing, `sure` one of SURE or empty."""

    kind: str
    place: str
    key: str
    sure: str = ""


@dataclass(frozen=True)
class Score:
    """A guess beside the model: whether it is the model's own answer, and both shares."""

    is_right: bool
    share: float | None
    best: float | None


@dataclass(frozen=True)
class Guessing:
    """All that the page knows of guesses: when it asks, what was answered, what is half answered.

    `chosen` is the option that waits for how sure the reader is, as (place, kind, key).
    """

    when: str = OFF
    guesses: tuple[Guess, ...] = ()
    chosen: tuple[str, str, str] | None = None

    def of(self, question: Question) -> Guess | None:
        """The answer to a question, if there is one."""
        return self.on(question.kind, question.place)

    def on(self, kind: str, place: str) -> Guess | None:
        """The answer to a kind of question about a run."""
        found = (one for one in self.guesses if (one.kind, one.place) == (kind, place))
        return next(found, None)

    def half(self, question: Question) -> str:
        """The option that waits for how sure the reader is; empty without one."""
        place, kind, key = self.chosen or ("", "", "")
        return key if (place, kind) == (question.place, question.kind) else ""

    def choose(self, question: Question, key: str) -> Guessing:
        """Take an option: it is the answer, unless the reader is asked how sure it is.

        An option that the question has not changes nothing.
        """
        if question.option(key) is None:
            return self
        if question.asks_sure:
            return replace(self, chosen=(question.place, question.kind, key))
        return self.with_guess(Guess(question.kind, question.place, key))

    def confirm(self, question: Question, sure: str) -> Guessing:
        """Say how sure the chosen option is: now it is the answer."""
        key = self.half(question)
        if not key or sure not in SURE:
            return self
        return self.with_guess(Guess(question.kind, question.place, key, sure))

    def without(self, questions: Iterable[Question]) -> Guessing:
        """The same before these questions were answered."""
        gone = {(one.kind, one.place) for one in questions}
        kept = tuple(one for one in self.guesses if (one.kind, one.place) not in gone)
        return replace(self, guesses=kept, chosen=None)

    def skip(self, question: Question) -> Guessing:
        """Answer nothing: the picture is shown."""
        return self.with_guess(Guess(question.kind, question.place, SKIPPED))

    def with_guess(self, guess: Guess) -> Guessing:
        """One answer more, in place of an earlier one to the same question; the oldest go."""
        others = [one for one in self.guesses if (one.kind, one.place) != (guess.kind, guess.place)]
        return replace(self, guesses=(*others, guess)[-MOST_KEPT:], chosen=None)


def score(question: Question, guess: Guess) -> Score | None:
    """How near a guess came to the model's own numbers; None where nothing was guessed."""
    chosen, right = question.option(guess.key), question.option(question.right)
    if chosen is None or right is None:
        return None
    return Score(guess.key == question.right, chosen.share, right.share)


def place_of(model: str, ids: tuple[int, ...], about: object = "") -> str:
    """A short name of a run (and of what a question is about in it), the same on every visit."""
    return f"{crc32(repr((model, ids, about)).encode()):08x}"


def shuffled(options: tuple[Option, ...], place: str) -> tuple[Option, ...]:
    """Options in an order that tells nothing of them, the same for the same run."""
    return tuple(sorted(options, key=lambda one: crc32(f"{place} {one.key}".encode())))


def to_json(guesses: tuple[Guess, ...]) -> str:
    """What the device keeps; the inverse of `from_json`."""
    rows = [[one.kind, one.place, one.key, one.sure] for one in guesses]
    return json.dumps({"version": VERSION, "guesses": rows}, ensure_ascii=False)


def from_json(text: str) -> tuple[Guess, ...]:
    """What was kept; nothing where it cannot be read: guesses are no reason for an error."""
    try:
        told = json.loads(text)
        rows = told["guesses"] if told["version"] == VERSION else []
        read = [Guess(*row) for row in rows]
    except (ValueError, TypeError, KeyError):
        return ()
    whole = (one for one in read if all(isinstance(part, str) for part in vars(one).values()))
    return tuple(whole)[-MOST_KEPT:]
