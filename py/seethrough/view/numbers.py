"""Numbers as the page writes them: true minus sign, thin spaces, nothing rounded to a lie.

Cells have two decimals, a readout four significant digits, tables the whole float32.
"""

from __future__ import annotations

import math

import numpy as np

from seethrough.core.messages import text

MINUS = "\u2212"
THIN = "\u202f"  # the narrow no-break space: a number never breaks over a line
INFINITY = "\u221e"
NOT_A_NUMBER = "NaN"
THOUSAND = 1000
MEGA = 1_000_000
ONE_IN_BELOW = 0.001
ALMOST_ONE = 0.9995
LARGE = 1e7
SMALL = 1e-4
QUICK_FROM, QUICK_TO = 2e-4, 1e5  # between these numpy itself writes no exponent


def odd(value: float) -> str | None:
    """How a value that is no number is written; None for a finite one."""
    if math.isnan(value):
        return NOT_A_NUMBER
    if math.isinf(value):
        return INFINITY if value > 0 else MINUS + INFINITY
    return None


def true_minus(digits: str) -> str:
    """Replace the hyphen; a zero has no sign, whatever rounding left."""
    bare = digits.lstrip("-")
    if not digits.startswith("-"):
        return digits.replace("e-", f"e{MINUS}")
    zero = not any(digit in "123456789" for digit in bare.split("e")[0])
    return bare if zero else MINUS + bare.replace("e-", f"e{MINUS}")


def cell(value: float) -> str:
    """Two decimals, for a cell: minus 0.07 has a true minus."""
    return odd(value) or true_minus(f"{value:.2f}")


def signed(value: float) -> str:
    """Two decimals and always a sign, for a column that must line up: `+1.50`."""
    shown = cell(value)
    return shown if value < 0 or odd(value) or not float(f"{value:.2f}") else f"+{shown}"


def readout(value: float) -> str:
    """Four significant digits or all whole ones, for sentences: `12.35`, `26 368`."""
    special = odd(value)
    if special:
        return special
    if value and not SMALL <= abs(value) < LARGE:
        return true_minus(f"{value:.3e}")
    shown = f"{value:.0f}" if abs(value) >= THOUSAND else f"{value:#.4g}"
    return grouped(true_minus(shown.rstrip(".")))


def limit(value: float) -> str:
    """A round number without needless zeros, for the ends of a legend."""
    return odd(value) or grouped(true_minus(np.format_float_positional(value, trim="-")))


def exact(value: float) -> str:
    """The shortest digits that read back as the same float32, for tables and exports."""
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


def grouped(digits: str) -> str:
    """Thin spaces between thousands from 1 000 on: `49 152`."""
    sign = MINUS if digits.startswith(MINUS) else ""
    whole, dot, rest = digits.removeprefix(sign).partition(".")
    groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)]
    return sign + THIN.join(reversed(groups)) + dot + rest


def count(value: int) -> str:
    """A whole number with thin spaces."""
    return grouped(true_minus(str(value)))


def probability(prob: float, language: str) -> str:
    """`51.4 %`; below 0.1 % `1 in 4 300`; never 100.0 % or 0 for what is only close to it."""
    special = odd(prob)
    if special:
        return special
    if prob <= 0:
        return text("view.percent", language, value="0")
    if prob < ONE_IN_BELOW:
        return text("view.one_in", language, count=two_digits(1 / prob))
    if ALMOST_ONE <= prob < 1:
        return text("view.percent", language, value=just_below_one(prob))
    return text("view.percent", language, value=f"{prob * 100:.1f}")


def just_below_one(prob: float) -> str:
    """As many nines as are true, four decimals at most: `99.98`, `> 99.9999`.

    Further digits would be noise: a logit's last float32 bit moves a share by about 1e-6.
    """
    for decimals in range(2, 5):
        shown = f"{prob * 100:.{decimals}f}"
        if not shown.startswith("100"):
            return shown
    return f">{THIN}99.9999"


def two_digits(value: float) -> str:
    """A count to two significant digits: `4 300`, `1.2e9`."""
    if value >= 1e9:  # noqa: PLR2004 - longer than this, zeros are harder to read than an exponent
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    rounded = float(f"{value:.1e}")
    return count(round(rounded))


def megabytes(size_bytes: int, language: str) -> str:
    """`99.9 MB`, in millions of bytes, as download sizes are told everywhere."""
    return text("view.megabytes", language, value=grouped(f"{size_bytes / MEGA:.1f}"))


def duration(elapsed_ms: float, language: str) -> str:
    """`312 ms` or, from a second on, `1.4 s`."""
    if elapsed_ms < 999.5:  # noqa: PLR2004 - what would be written as 1000 ms
        return text("view.milliseconds", language, value=f"{elapsed_ms:.0f}")
    return text("view.seconds", language, value=f"{elapsed_ms / 1000:.1f}")


def millions(n_params: int, language: str) -> str:
    """A parameter count: `135 M` or `1.1 B`."""
    if n_params >= 1000 * MEGA:
        return text("view.billions", language, value=f"{n_params / MEGA / 1000:.1f}")
    return text("view.millions", language, value=f"{n_params / MEGA:.0f}")
