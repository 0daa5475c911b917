"""The letters of a document as they are shown, and what stood before one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.train.backward import IGNORED
from seethrough.core.train.corpus import END
from seethrough.view.words import say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep
    from seethrough.view.node import Node

SHOWN = {END: "\u21b5", " ": "\u2423", "\t": "\u21e5"}
MOST_BEFORE = 14
CUT = "\u2026"


def visible(step: SlowStep, token: int) -> str:
    """A letter of the alphabet; the end of a line and a space are seen."""
    sign = step.alphabet[token]
    return SHOWN.get(sign, sign)


def mark(step: SlowStep, token: int) -> Node:
    """A letter inside a sentence."""
    return token_mark(visible(step, token))


def before(step: SlowStep, position: int) -> str:
    """What the model had read of the shown text when it guessed: since the last line's end."""
    read = [step.alphabet[token] for token in step.text[: position + 1]]
    ends = [at for at, sign in enumerate(read) if sign == END]
    start = ends[-1] + 1 if ends and step.has_documents else 0
    own = read[start:]
    cut = CUT if len(own) > MOST_BEFORE else ""
    return cut + "".join(SHOWN.get(sign, sign) for sign in own[-MOST_BEFORE:])


def before_mark(state: AppState, step: SlowStep, position: int) -> Node:
    """The same inside a sentence; at the beginning of a line that is said."""
    read = before(step, position)
    return token_mark(read or say(state, "slow.beginning"))


def has_aim(step: SlowStep, position: int) -> bool:
    """Whether a letter comes next there."""
    return int(step.aims[position]) != IGNORED
