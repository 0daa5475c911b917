"""How many of something: a number and its noun, which a sentence chooses and a frame holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import h
from seethrough.view.numbers import count
from seethrough.view.words import Framed

if TYPE_CHECKING:
    from seethrough.app.state import Spoken


def counted(spoken: Spoken, number: int) -> Framed:
    """A number for a plural of a sentence: `{n_words, plural, one {# word} other {# words}}`."""
    return Framed(h("b", {}, count(spoken, number)), "span", {"class": "counted"})
