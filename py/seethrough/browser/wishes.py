"""What a reader chose for good: kept for the next visit by web/site.js."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import guesses
from seethrough.core.depth import DEPTHS, FIRST

if TYPE_CHECKING:
    from seethrough.core.guesses import Guess, Guessing

KEYS_KEPT = "keys"
DEPTH_KEPT = "depth"
QUESTIONS_KEPT, GUESSES_KEPT = "questions", "guesses"
RECORDINGS_KEPT = "recordings-only"


def has_keys() -> bool:
    """Whether the reader wants keys of one letter; the default is yes."""
    from pyscript.js_modules import site

    return str(site.recall(KEYS_KEPT)) != "off"


def remember_keys(*, is_on: bool) -> None:
    """Keep that wish for the next visit."""
    from pyscript.js_modules import site

    site.remember(KEYS_KEPT, "on" if is_on else "off")


def depth() -> str:
    """How much the reader wants to be told (core/depth.py)."""
    from pyscript.js_modules import site

    kept = str(site.recall(DEPTH_KEPT))
    return kept if kept in DEPTHS else FIRST


def remember_depth(depth: str) -> None:
    """Keep that wish for the next visit."""
    from pyscript.js_modules import site

    site.remember(DEPTH_KEPT, depth)


def guessing() -> Guessing:
    """When the reader wants to be asked, and what was answered on earlier visits."""
    from pyscript.js_modules import site

    when, kept = str(site.recall(QUESTIONS_KEPT)), str(site.recall(GUESSES_KEPT))
    wanted = when if when in guesses.WHEN else guesses.FIRST
    return guesses.Guessing(wanted, guesses.from_json(kept))


def remember_questions(when: str) -> None:
    """Keep that wish for the next visit."""
    from pyscript.js_modules import site

    site.remember(QUESTIONS_KEPT, when)


def remember_guesses(answered: tuple[Guess, ...]) -> None:
    """Keep the answers on this device."""
    from pyscript.js_modules import site

    site.remember(GUESSES_KEPT, guesses.to_json(answered))


def is_recordings_only() -> bool:
    """Whether the reader wants nothing but recorded walks; the default is no."""
    from pyscript.js_modules import site

    return str(site.recall(RECORDINGS_KEPT)) == "on"


def remember_recordings_only(*, is_on: bool) -> None:
    """Keep that wish for the next visit."""
    from pyscript.js_modules import site

    site.remember(RECORDINGS_KEPT, "on" if is_on else None)
