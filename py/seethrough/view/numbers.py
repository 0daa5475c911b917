"""Numbers as the page writes them: true minus sign, nothing rounded to a lie, the language's signs.

Each function takes whoever knows the language first, as `say` does. Cells have two decimals, a
readout four significant digits, tables the whole float32. What it gives is text that remembers its
digits (core/written.py), so it can be a field of any sentence that agrees with it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.language import signs
from seethrough.core.messages import text
from seethrough.core.written import Written, plain_digits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Spoken

MINUS = "\u2212"
THIN = "\u202f"  # the narrow no-break space: a number never breaks over a line
INFINITY = "\u221e"
NOT_A_NUMBER = "NaN"
POINT = "."
THOUSAND = 1000
MEGA = 1_000_000
ONE_IN_BELOW = 0.001
ALMOST_ONE = 0.9995
LARGE = 1e7
SMALL = 1e-4
QUICK_FROM, QUICK_TO = 2e-4, 1e5  # between these numpy itself writes no exponent
# Of a column: significant digits of its largest number, of its smallest, and the most that any has.
OF_LARGEST, OF_SMALLEST, AT_MOST = 4, 2, 6


def odd(value: float) -> Written | None:
    """How a value that is no number is written; None for a finite one."""
    if math.isnan(value):
        return Written(NOT_A_NUMBER, "")
    if math.isinf(value):
        return Written(INFINITY if value > 0 else MINUS + INFINITY, "")
    return None


def true_minus(digits: str) -> str:
    """Replace the hyphen; a zero has no sign, whatever rounding left."""
    bare = digits.lstrip("-")
    if not digits.startswith("-"):
        return digits.replace("e-", f"e{MINUS}")
    zero = not any(digit in "123456789" for digit in bare.split("e")[0])
    return bare if zero else MINUS + bare.replace("e-", f"e{MINUS}")


def with_signs(spoken: Spoken, digits: str) -> Written:
    """Digits as the language writes them, thousands together."""
    shown, decimal = true_minus(digits), signs(spoken.language).decimal
    return Written(shown if decimal == POINT else shown.replace(POINT, decimal), digits)


def grouped(spoken: Spoken, digits: str) -> Written:
    """Digits as the language writes them, thousands set apart from 1 000 on: `49 152`."""
    written = signs(spoken.language)
    shown = true_minus(digits)
    sign = MINUS if shown.startswith(MINUS) else ""
    whole, point, rest = shown.removeprefix(sign).partition(POINT)
    groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)]
    decimals = written.decimal + rest if point else ""
    return Written(sign + written.group.join(reversed(groups)) + decimals, digits)


def cell(spoken: Spoken, value: float) -> Written:
    """Two decimals, for a cell: minus 0.07 has a true minus."""
    return odd(value) or with_signs(spoken, f"{value:.2f}")


def signed(spoken: Spoken, value: float) -> Written:
    """Two decimals and always a sign, for a column that must line up: `+1.50`."""
    shown = cell(spoken, value)
    plain = value < 0 or odd(value) or not float(f"{value:.2f}")
    return shown if plain else Written(f"+{shown}", shown.digits)


def readout(spoken: Spoken, value: float) -> Written:
    """Four significant digits or all whole ones, for sentences: `12.35`, `26 368`."""
    special = odd(value)
    if special:
        return special
    if value and not SMALL <= abs(value) < LARGE:
        return with_signs(spoken, f"{value:.3e}")
    shown = f"{value:.0f}" if abs(value) >= THOUSAND else f"{value:#.4g}"
    return grouped(spoken, shown.rstrip(POINT))


def decimals_of(
    values: Sequence[float], *, smallest: int = OF_SMALLEST, most: int = AT_MOST
) -> int | None:
    """How many decimals numbers have that stand in one column; None where exponents must do.

    Args:
        smallest: The significant digits that the smallest but zero shall have.
        most: The significant digits that the largest has at most, which goes before the other.
    """
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes:
        return 2
    if not SMALL <= max(sizes) < LARGE:
        return None
    first, last = (math.floor(math.log10(size)) for size in (max(sizes), min(sizes)))
    wanted = max(OF_LARGEST - 1 - first, smallest - 1 - last)
    return max(min(wanted, most - 1 - first), 0)


def in_column(
    spoken: Spoken, values: Sequence[float], *, is_signed: bool = False, most: int = AT_MOST
) -> tuple[Written, ...]:
    """Numbers of one column, all with as many decimals, so that their digits stand in line.

    Args:
        most: The significant digits that the largest has at most.
    """
    decimals = decimals_of(values, most=most)
    return tuple(aligned(spoken, value, decimals, is_signed=is_signed) for value in values)


def aligned(
    spoken: Spoken, value: float, decimals: int | None, *, is_signed: bool = False
) -> Written:
    """A number by that many decimals; by an exponent where they would make a zero of it."""
    special = odd(value)
    if special:
        return special
    digits = f"{value:.{decimals or 0}f}"
    if value and (decimals is None or not float(digits)):
        shown = with_signs(spoken, f"{value:.1e}" if decimals is not None else f"{value:.3e}")
    else:
        shown = grouped(spoken, digits)
    return Written(f"+{shown}", shown.digits) if is_signed and value > 0 else shown


def bracketed(shown: str) -> str:
    """A number behind a sign of a formula: in brackets where it has a minus of its own."""
    return f"({shown})" if shown.startswith(MINUS) else shown


def limit(spoken: Spoken, value: float) -> Written:
    """A round number without needless zeros, for the ends of a legend."""
    return odd(value) or grouped(spoken, np.format_float_positional(value, trim="-"))


def exact(spoken: Spoken, value: float) -> str:
    """The shortest digits that read back as the same float32, as the language writes them."""
    digits, decimal = exact_digits(value), signs(spoken.language).decimal
    return digits if decimal == POINT else digits.replace(POINT, decimal)


def exact_digits(value: float) -> str:
    """The shortest digits that read back as the same float32, with a point in any language."""
    if QUICK_FROM < abs(value) < QUICK_TO:  # the usual case: tables have thousands of them
        digits = str(np.float32(value))
        return MINUS + digits[1:] if value < 0 else digits
    special = odd(value)
    if special:
        return special
    single = np.float32(value)
    if single and not SMALL <= abs(single) < LARGE:
        return true_minus(np.format_float_scientific(single, trim="0", exp_digits=1))
    return true_minus(np.format_float_positional(single, trim="0"))


def count(spoken: Spoken, value: int) -> Written:
    """A whole number, thousands set apart."""
    return grouped(spoken, str(value))


def percentage(spoken: Spoken, digits: str) -> str:
    """Digits and the percent sign, set as the language sets it."""
    return signs(spoken.language).percent.replace("{0}", with_signs(spoken, digits))


def probability(spoken: Spoken, prob: float) -> str:
    """`51.4 %`; below 0.1 % `1 in 4 300`; never 100.0 % or 0 for what is only close to it."""
    special = odd(prob)
    if special:
        return special
    if prob <= 0:
        return percentage(spoken, "0")
    if prob < ONE_IN_BELOW:
        return text("view.one_in", spoken.language, count=two_digits(spoken, 1 / prob))
    if ALMOST_ONE <= prob < 1:
        return percentage(spoken, just_below_one(prob))
    return percentage(spoken, f"{prob * 100:.1f}")


def setting(spoken: Spoken, value: float) -> Written:
    """A number as it was set, all its digits and no needless zeros: `0.8`, `1234567`."""
    return odd(value) or with_signs(spoken, plain_digits(value))


def just_below_one(prob: float) -> str:
    """As many nines as are true, four decimals at most: `99.98`, `> 99.9999`.

    Further digits would be noise: a logit's last float32 bit moves a share by about 1e-6.
    """
    for decimals in range(2, 5):
        shown = f"{prob * 100:.{decimals}f}"
        if not shown.startswith("100"):
            return shown
    return f">{THIN}99.9999"


def two_digits(spoken: Spoken, value: float) -> Written:
    """A count to two significant digits: `4 300`, `1.2e9`."""
    if value >= 1e9:  # noqa: PLR2004 - longer than this, zeros are harder to read than an exponent
        return with_signs(spoken, f"{value:.1e}".replace("e+0", "e").replace("e+", "e"))
    return count(spoken, round(float(f"{value:.1e}")))


def megabytes(spoken: Spoken, size_bytes: int) -> str:
    """`99.9 MB`, in millions of bytes, as download sizes are told everywhere."""
    value = grouped(spoken, f"{size_bytes / MEGA:.1f}")
    return text("view.megabytes", spoken.language, value=value)


def duration(spoken: Spoken, elapsed_ms: float) -> str:
    """`312 ms` or, from a second on, `1.4 s`."""
    if elapsed_ms < 999.5:  # noqa: PLR2004 - what would be written as 1000 ms
        value = with_signs(spoken, f"{elapsed_ms:.0f}")
        return text("view.milliseconds", spoken.language, value=value)
    value = with_signs(spoken, f"{elapsed_ms / 1000:.1f}")
    return text("view.seconds", spoken.language, value=value)


def millions(spoken: Spoken, n_params: int) -> str:
    """A parameter count: `135 M`, `1.1 B`, `0.17 M`, or the very number of a tiny model."""
    if n_params < MEGA // 10:
        return count(spoken, n_params)
    if n_params >= 1000 * MEGA:
        value = with_signs(spoken, f"{n_params / MEGA / 1000:.1f}")
        return text("view.billions", spoken.language, value=value)
    n_places = 0 if n_params >= 10 * MEGA else 1 if n_params >= MEGA else 2
    value = with_signs(spoken, f"{n_params / MEGA:.{n_places}f}")
    return text("view.millions", spoken.language, value=value)
