"""Parts that add up on the screen: as many decimals as it takes for the shown digits to do so.

Every number is rounded by itself, at the first number of decimals at which the rounded parts, the
rest among them, make the rounded whole. Where none of a few does, what is shown of the rest is what
is left of the whole: it is no number of the model, and at most some units of its last digit off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from seethrough.core.written import Written
from seethrough.view.numbers import (
    aligned,
    decimals_of,
    grouped,
    percentage,
    probability,
    readout,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Spoken

# Significant digits: of the smallest part, the most of the largest.
OF_SMALLEST, AT_MOST = 3, 7
# So many more decimals are tried, for the digits to add up.
TRIED = 4
# A share in per cent needs no more than this.
OF_SHARE = 5


@dataclass(frozen=True)
class Addends:
    """What a sum shows: its parts in order, the rest (None where there is none), the whole."""

    parts: tuple[Written, ...]
    rest: Written | None
    whole: Written


def add_up(
    spoken: Spoken,
    parts: Sequence[float],
    whole: float,
    rest: float | None = None,
    *,
    is_signed: bool = False,
    is_short: bool = False,
) -> Addends:
    """Write the parts of a sum so that what is shown adds up.

    Args:
        whole: The sum of the parts and the rest.
        rest: What the parts that are not shown have together; None: all are shown.
        is_signed: Whether a part above zero has a plus.
        is_short: There is room for few digits: the rest takes up what rounding leaves.
    """
    numbers = [*parts, whole] if rest is None else [*parts, rest, whole]
    least = decimals_of([*parts, whole], smallest=1) if is_short else least_of(parts, whole)
    if least is None or not all(map(math.isfinite, numbers)):
        written = [readout(spoken, number) for number in parts]
        others = None if rest is None else readout(spoken, rest)
        return Addends(tuple(written), others, readout(spoken, whole))
    decimals = least if is_short and rest is not None else fitting(numbers, least)
    shown = [aligned(spoken, part, decimals, is_signed=is_signed) for part in parts]
    total = aligned(spoken, whole, decimals, is_signed=is_signed)
    if rest is None:
        return Addends(tuple(shown), None, total)
    left = units(whole, decimals) - sum(units(part, decimals) for part in parts)
    return Addends(tuple(shown), of_units(spoken, left, decimals, is_signed=is_signed), total)


def least_of(parts: Sequence[float], whole: float) -> int | None:
    """The decimals that a sum begins with: some digits of its smallest part, four of the whole."""
    numbers = [*parts, whole]
    wanted = decimals_of(numbers, smallest=OF_SMALLEST, most=AT_MOST)
    most = decimals_of(numbers, smallest=AT_MOST + 1, most=AT_MOST)
    own = decimals_of([whole])
    if wanted is None or most is None:
        return None
    return wanted if own is None else max(wanted, min(own, most))


class Shares(NamedTuple):
    """Shares of 1 in per cent: the parts in order, the rest ("" where there is none), the whole."""

    parts: tuple[str, ...]
    rest: str
    whole: str


def shares(spoken: Spoken, parts: Sequence[float], rest: float | None = None) -> Shares:
    """Shares of 1 so that what is shown adds up to 100 per cent.

    What would stand there as zero is told by its odds: 1 in so many.
    """
    if not all(map(math.isfinite, [*parts, rest or 0.0])):
        told = tuple(probability(spoken, part) for part in parts)
        others = "" if rest is None else probability(spoken, rest)
        return Shares(told, others, probability(spoken, 1.0))
    found = [100 * part for part in parts]
    numbers = [*found, 100.0] if rest is None else [*found, 100 * rest, 100.0]
    least = decimals_of([*found, 100.0], smallest=1, most=OF_SHARE) or 0
    decimals = fitting(numbers, max(least, 1))
    shown = [units(number, decimals) for number in found]
    written = tuple(
        percent(spoken, one, decimals) if one or not part else probability(spoken, part)
        for one, part in zip(shown, parts, strict=True)
    )
    left = units(100.0, decimals) - sum(shown)
    told_rest = "" if rest is None else percent(spoken, max(left, 0), decimals)
    return Shares(written, told_rest, percent(spoken, units(100.0, decimals), decimals))


def percent(spoken: Spoken, of_100: int, decimals: int) -> str:
    """A share by units of its last decimal."""
    return percentage(spoken, f"{Decimal(of_100).scaleb(-decimals):.{decimals}f}")


def fitting(numbers: Sequence[float], least: int) -> int:
    """The first number of decimals at which all but the last number make the last.

    Where none does, the most that was tried: what the rest then takes up is least.
    """
    for decimals in range(least, least + TRIED + 1):
        *parts, whole = (units(number, decimals) for number in numbers)
        if sum(parts) == whole:
            return decimals
    return least + TRIED


def units(number: float, decimals: int) -> int:
    """A number in units of its last decimal, as it is written."""
    return int(Decimal(f"{number:.{decimals}f}").scaleb(decimals))


def of_units(spoken: Spoken, left: int, decimals: int, *, is_signed: bool) -> Written:
    """A number of such units as it is written."""
    digits = f"{Decimal(left).scaleb(-decimals):.{decimals}f}"
    shown = grouped(spoken, digits)
    return Written(f"+{shown}", shown.digits) if is_signed and left > 0 else shown
