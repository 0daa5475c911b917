"""A number as a reader sees it: text that keeps its digits, for sentences to agree with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.language import ENGLISH, signs

if TYPE_CHECKING:
    from collections.abc import Iterable


def plain_digits(value: float) -> str:
    """The fewest digits that read back as the same number, no exponent: `1234567`, `0.005`."""
    return np.format_float_positional(value, trim="-")


class Written(str):
    """A written number: text like any other, and `digits` as a program would write them.

    Its digits are those that are shown: `1.50` asks for another plural than `1.5` in some
    languages. They are empty where there are none (NaN, infinity).
    """

    __slots__ = ("digits",)
    digits: str

    def __new__(cls, shown: str, digits: str) -> Written:  # noqa: PYI034 - it is final
        """Text with the digits that it shows."""
        made = super().__new__(cls, shown)
        made.digits = digits
        return made


class Mark(str):
    """What stands in a sentence for an element, until that is put in its place.

    It knows what the sentence asks of a field: its digits, where it is a number, the value that a
    select goes by, and what to put before and behind the wording that it chooses.
    """

    __slots__ = ("after", "before", "digits", "key")
    digits: str | None
    key: str
    before: str
    after: str

    def __new__(  # noqa: PYI034 - it is final
        cls, mark: str, digits: str | None, key: str, before: str = "", after: str = ""
    ) -> Mark:
        """A mark with what it stands for."""
        made = super().__new__(cls, mark)
        made.digits, made.key, made.before, made.after = digits, key, before, after
        return made


class Listed(tuple[object, ...]):
    """Things that stand in a sentence together; as plain text, in English."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(shown(self, ENGLISH))


class Several(Listed):
    """Things that a sentence lists: `a, b, c`."""

    __slots__ = ()


class Either(Listed):
    """Things of which a sentence takes one: `a, b or c`."""

    __slots__ = ()


class Dims(Listed):
    """An array's sizes: `2 × 5 × 8`."""

    __slots__ = ()


def digits_of(value: object) -> str | None:
    """The digits of a number; None for what is none."""
    if isinstance(value, Written | Mark):
        return value.digits
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else None


def key_of(value: object) -> str:
    """What a select goes by; of what holds or does not, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.key if isinstance(value, Mark) else str(value)


def shown(value: object, language: str) -> object:
    """A field as its sentence has it: lists joined and a bare float's decimal sign by language.

    A bare whole number stays as it is: it is a name (an id, a place), or a program's own.
    """
    if isinstance(value, float):
        return Written(str(value).replace(".", signs(language).decimal), str(value))
    if isinstance(value, Either):
        return choice_of([str(shown(one, language)) for one in value], language)
    if isinstance(value, Dims):
        return " × ".join(str(shown(one, language)) for one in value)
    if isinstance(value, Several):
        return list_of((str(shown(one, language)) for one in value), language)
    return value


def count_of(value: int, language: str) -> Written:
    """A whole number as the language writes it, thousands set apart: `49 152`."""
    sign = "\u2212" if value < 0 else ""
    return Written(sign + f"{abs(value):,}".replace(",", signs(language).group), str(value))


def list_of(items: Iterable[str], language: str) -> str:
    """Things one after the other, as the language sets them apart: `a, b, c`."""
    joint = signs(language).next.replace("{0}", "").replace("{1}", "")
    return joint.join(items)


def choice_of(items: list[str], language: str) -> str:
    """Things of which one is meant: `a, b or c`."""
    if len(items) < 2:  # noqa: PLR2004 - one thing is no choice
        return "".join(items)
    *before, last = items
    pattern = signs(language).either if len(before) == 1 else signs(language).last_choice
    return pattern.replace("{0}", list_of(before, language)).replace("{1}", last)
