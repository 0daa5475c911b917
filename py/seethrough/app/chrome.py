"""What stands around the numbers: language, theme, what is open, what is said to the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.depth import NUMBERS
from seethrough.core.guesses import Guessing
from seethrough.core.messages import FALLBACK

if TYPE_CHECKING:
    from seethrough.app.message import Message


@dataclass(frozen=True)
class Stage:
    """Where the film of a step is: `moment` counts from 0, None is its end, the whole picture.

    `speed` divides every duration. `is_over`: it has just been played to its end.
    """

    moment: int | None = None
    is_playing: bool = False
    is_over: bool = False
    speed: float = 1.0


@dataclass(frozen=True)
class Chrome:
    """How the page is shown.

    `term` is the glossary's open entry; `sought` is what its page is searched for.

    `stage` is the film of the present step. `unfolded` names the details whose tables are open and
    so are written; None writes all. `depth` is one of core.depth.DEPTHS.
    `guessing` is what was asked of the reader; in a bare state nothing is.
    """

    language: str = FALLBACK
    theme: str = "system"
    stage: Stage = field(default_factory=Stage)
    unfolded: frozenset[str] | None = None
    depth: str = NUMBERS
    guessing: Guessing = field(default_factory=Guessing)
    is_presenting: bool = False
    has_keys: bool = True
    term: str = ""
    sought: str = ""
    notice: Message | None = None
    error: Message | None = None
