"""How tokens are chosen, as a reader or a script asks for it, each setting checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import Sampling
from seethrough.core.errors import InputError
from seethrough.core.sampling import check_settings

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig

MAX_NEW_TOKENS = 4096


def checked_sampling(settings: Sampling, config: ModelConfig) -> Sampling:
    """The settings, each of its kind and in its range.

    Raises:
        InputError: One means nothing.
    """
    checked = Sampling(
        temperature=number("temperature", settings.temperature),
        top_k=whole("top_k", settings.top_k, 0, config.d_vocab),
        top_p=number("top_p", settings.top_p),
        min_p=number("min_p", settings.min_p),
        seed=whole("seed", settings.seed, 0, 2**53),
        max_new_tokens=whole("max_new_tokens", settings.max_new_tokens, 1, MAX_NEW_TOKENS),
    )
    check_settings(checked.temperature, checked.top_k, checked.top_p, checked.min_p)
    return checked


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number in a range.

    Raises:
        InputError: It is not.
    """
    given = number(name, value)
    if not given.is_integer() or not least <= given <= most:
        raise InputError("input.whole", name=name, got=value, least=least, most=most)
    return int(given)


def number(name: str, value: object) -> float:
    """A number; a truth value or a text is none.

    Raises:
        InputError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("input.number", name=name, got=value)
    return float(value)
