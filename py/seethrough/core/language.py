"""What CLDR says of a language: which plural a number takes, how numbers and lists are written.

`cldr.json` is made by export/cldr.py. English keeps the page's own style, which sets thousands and
the percent sign apart by a space. Languages made up for tests follow the rules of a real one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias

from seethrough.core.package import read

ENGLISH = "en"
# Languages made up for tests, and whose rules they follow.
MADE_UP = {"qps": "en", "qps-mirrored": "en", "qpl": "pl", "qcs": "cs"}
OTHER = "other"
RELATION = re.compile(
    r"(?P<operand>\w)(?: mod (?P<modulus>\d+))? (?P<is_not>not )?in (?P<ranges>.+)"
)

# An operand, its modulus (0: none), whether it lies inside, and the ranges, ends included.
Relation: TypeAlias = "tuple[str, int, bool, tuple[tuple[int, int], ...]]"
# Relations that hold together; one of several such rows has to.
Condition: TypeAlias = "tuple[tuple[Relation, ...], ...]"


@dataclass(frozen=True)
class Signs:
    """How a language writes numbers and lists; `{0}` and `{1}` are the places in a pattern.

    `next` joins a list and one more item; `either` two choices, `last_choice` several and the last.
    """

    decimal: str
    group: str
    percent: str
    next: str
    either: str
    last_choice: str


@cache
def table() -> dict[str, dict[str, list[int]]]:
    """The table as export/cldr.py writes it."""
    made: dict[str, dict[str, list[int]]] = json.loads(read("core/cldr.json"))
    return made


@cache
def row(language: str) -> list[int]:
    """A language's places in the table; a country or script of it (de-AT) is written as it is.

    Raises:
        KeyError: CLDR has no such language.
    """
    known = table()["languages"]
    real = MADE_UP.get(language, language)
    return known[real] if real in known else known[real.partition("-")[0]]


@cache
def signs(language: str) -> Signs:
    """A language's signs; English as this page writes it."""
    if MADE_UP.get(language, language) == ENGLISH:
        return Signs(".", "\u202f", "{0} %", "{0}, {1}", "{0} or {1}", "{0} or {1}")
    made: list[list[str]] = table()["signs"]  # type: ignore[assignment]
    return Signs(*made[row(language)[2]])


@cache
def rules(language: str, *, is_ordinal: bool = False) -> dict[str, Condition]:
    """The condition of each category that a language has beside "other"."""
    made: list[dict[str, str]] = table()["plurals"]  # type: ignore[assignment]
    found = made[row(language)[1 if is_ordinal else 0]]
    return {name: condition(said) for name, said in found.items()}


def categories(language: str, *, is_ordinal: bool = False) -> frozenset[str]:
    """The categories of a language, "other" with them."""
    return frozenset({*rules(language, is_ordinal=is_ordinal), OTHER})


def condition(said: str) -> Condition:
    """A condition in CLDR's words: `v in 0 and i mod 10 in 2..4 or n in 0`."""
    return tuple(
        tuple(relation(one) for one in together.split(" and ")) for together in said.split(" or ")
    )


def relation(said: str) -> Relation:
    """One part of a condition: `i mod 100 not in 12..14`."""
    found = RELATION.fullmatch(said)
    assert found, said
    ends = (one.partition("..") for one in found["ranges"].split(","))
    ranges = tuple((int(first), int(last or first)) for first, _, last in ends)
    return found["operand"], int(found["modulus"] or 0), not found["is_not"], ranges


def operands(digits: str) -> dict[str, float]:
    """CLDR's operands of a number as it is written: `1.50` has v = 2, f = 50, t = 5.

    Args:
        digits: With a point, and no sign between thousands; an exponent is written out.
    """
    whole, _, rest = written_out(digits.lstrip("-+")).partition(".")
    trimmed = rest.rstrip("0")
    return {
        "n": float(f"{whole}.{rest}") if trimmed else int(whole or 0),
        "i": int(whole or 0),
        "v": len(rest),
        "w": len(trimmed),
        "f": int(rest or 0),
        "t": int(trimmed or 0),
        "c": 0,
        "e": 0,
    }


def written_out(digits: str) -> str:
    """A number without its exponent: `1.5e3` is `1500`."""
    mantissa, _, power = digits.partition("e")
    if not power:
        return digits
    whole, _, rest = mantissa.partition(".")
    point = len(whole) + int(power)
    row = "0" * -point + whole + rest + "0" * (point - len(whole + rest))
    point = max(point, 0)
    return f"{row[:point]}.{row[point:]}" if row[point:] else row


def holds(one: Relation, of: dict[str, float]) -> bool:
    """Whether an operand lies in one of the ranges; 1.5 lies in none, and that can be asked for."""
    operand, modulus, is_in, ranges = one
    value = of[operand] % modulus if modulus else of[operand]
    inside = value == int(value) and any(first <= value <= last for first, last in ranges)
    return inside == is_in


@lru_cache(maxsize=4096)
def category(language: str, digits: str, *, is_ordinal: bool = False) -> str:
    """Which plural a number takes: zero, one, two, few, many or other; "other" without digits."""
    if not digits:
        return OTHER
    of = operands(digits)
    for name, rows in rules(language, is_ordinal=is_ordinal).items():
        if any(all(holds(one, of) for one in together) for together in rows):
            return name
    return OTHER
