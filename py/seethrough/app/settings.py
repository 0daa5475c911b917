"""How tokens are chosen, as a reader or a script asks for it, each setting checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.errors import InputError
from seethrough.core.settings import SETTINGS, Sampling, check_settings

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig
    from seethrough.core.settings import Setting


def checked_sampling(settings: Sampling, config: ModelConfig) -> Sampling:
    """The settings, each of its kind and in its range.

    Raises:
        InputError: One means nothing.
    """
    values = {name: checked(row, settings[name], config) for name, row in SETTINGS.items()}
    check_settings(**values)
    return Sampling(values)


def checked(row: Setting, value: object, config: ModelConfig) -> float:
    """A setting's value, of its kind.

    Raises:
        InputError: It is of another kind, or a whole number out of its range.
    """
    if not row.is_whole:
        return number(row.name, value)
    most = config.d_vocab if row.most is None else int(row.most)
    return whole(row.name, value, int(row.least), most)


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
