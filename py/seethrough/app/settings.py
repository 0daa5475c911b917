"""How tokens are chosen, as a reader or a script asks for it, each setting checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.message import Message
from seethrough.core.errors import InputError
from seethrough.core.settings import SETTINGS, Sampling, check_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def beyond(values: Mapping[str, float], config: ModelConfig) -> dict[str, float]:
    """Those of some settings that are beyond a model's vocabulary."""
    return {
        name: value
        for name, value in values.items()
        if SETTINGS[name].most is None and value > config.d_vocab
    }


def fitted(now: Sampling, config: ModelConfig) -> tuple[Sampling, Message | None]:
    """Settings as a model can have them, and what is said of the change: none of it cuts then."""
    too_large = beyond(now.values, config)
    for name, value in too_large.items():
        fields = {"name": name, "got": int(value), "last": config.d_vocab}
        return now.but(**dict.fromkeys(too_large, 0)), Message("settings.fitted", fields)
    return now, None


def kinds() -> dict[str, type]:
    """Every setting with the type that a script gives it."""
    return {name: int if row.is_whole else float for name, row in SETTINGS.items()}


def written_sampling(written: Callable[[str], str | None]) -> Sampling | None:
    """The settings of a form; None where the page has none.

    Args:
        written: What stands in a field of the form; None: there is no such field.
    Raises:
        InputError: A field does not hold a number, or no whole one where only such a one can be.
    """
    texts = {name: written(name) for name in SETTINGS}
    if all(text is None for text in texts.values()):
        return None
    return Sampling({name: read(SETTINGS[name], text or "") for name, text in texts.items()})


def read(row: Setting, text: str) -> float:
    """What a reader wrote, as a number; 2.7 or 1e999 is refused as a whole one, not cut.

    Raises:
        InputError: It is none.
    """
    given = number_in(row.name, text)
    if row.is_whole and not given.is_integer():
        raise InputError("page.whole", name=row.name, got=text)
    return int(given) if row.is_whole else given


def number_in(name: str, text: str) -> float:
    """The number that a text is.

    Raises:
        InputError: It is none.
    """
    try:
        return float(text)
    except ValueError as error:
        raise InputError("page.number", name=name, got=text) from error


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
