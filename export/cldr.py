"""What CLDR says of plurals and numbers in each language, as the page's own small table.

Run `python -m export.cldr` to write `core/cldr.json` again: it asks Babel, which is no part of the
page. tests/core/test_cldr.py holds the table to the installed Babel.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import seethrough

if TYPE_CHECKING:
    from collections.abc import Iterable

    from babel import Locale

TABLE = Path(seethrough.__file__).parent / "core" / "cldr.json"
# The page's digits are Latin ones, whatever else a language has.
DIGITS = "latn"
# A space between thousands is the narrow one that no line breaks at.
SPACES = ("\u00a0", " ", "\u2009")
THIN = "\u202f"
NUMBER = re.compile("[#,0]+")


def languages() -> list[str]:
    """Every language that CLDR has plural rules for, without scripts and countries."""
    from babel.localedata import locale_identifiers  # noqa: PLC0415 (only this script needs it)

    return sorted(name for name in locale_identifiers() if "_" not in name and name != "root")


def plural_rules(locale: Locale, kind: str) -> dict[str, str]:
    """The condition of each category but "other", in CLDR's own words."""
    return {name: str(rule) for name, rule in sorted(getattr(locale, kind).rules.items())}


def number_signs(locale: Locale) -> list[str]:
    """Decimal sign, sign between thousands, percentage, next item of a list, last one of a choice.

    A choice has two patterns: one for two things, one for the last of several.
    """
    symbols = locale.number_symbols[DIGITS]
    group = symbols["group"]
    percent = locale.percent_formats[None].pattern.partition(";")[0]
    return [
        symbols["decimal"],
        THIN if group in SPACES else group,
        NUMBER.sub("{0}", percent),
        locale.list_patterns["standard"]["start"],
        locale.list_patterns["or"]["2"],
        locale.list_patterns["or"]["end"],
    ]


def made() -> dict[str, object]:
    """The table: each set of rules and of signs once, and for each language their places."""
    from babel import Locale  # noqa: PLC0415 (only this script needs it)

    plurals: list[object] = []
    signs: list[object] = []
    rows = {}
    for name in languages():
        locale = Locale(name)
        rows[name] = [
            place(plurals, plural_rules(locale, "plural_form")),
            place(plurals, plural_rules(locale, "ordinal_form")),
            place(signs, number_signs(locale)),
        ]
    return {"plurals": plurals, "signs": signs, "languages": rows}


def place(known: list[object], new: object) -> int:
    """Where a value stands in a list, put there if it does not yet."""
    if new not in known:
        known.append(new)
    return known.index(new)


def written(table: dict[str, object]) -> str:
    """The table as JSON, a set of rules or signs a line."""

    def lines(items: Iterable[object]) -> str:
        return ",\n".join(json.dumps(item, ensure_ascii=True) for item in items)

    plurals, signs = (table[name] for name in ("plurals", "signs"))
    assert isinstance(plurals, list)
    assert isinstance(signs, list)
    rows = json.dumps(table["languages"], separators=(",", ":"))
    return (
        f'{{"plurals":[\n{lines(plurals)}],\n"signs":[\n{lines(signs)}],\n"languages":\n{rows}}}\n'
    )


def main() -> None:
    """Write the table."""
    TABLE.write_text(written(made()), encoding="utf-8")


if __name__ == "__main__":
    main()
