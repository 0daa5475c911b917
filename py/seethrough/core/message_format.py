"""ICU MessageFormat, as far as the catalogue uses it: slots, plurals, ordinals, choices.

    {name}
    {n, plural, =0 {nothing} one {# token} other {# tokens}}
    {n, selectordinal, one {#st} other {#th}}
    {has_bias, select, yes {with a bias} other {without}}

In a plural `#` is the number as it is written. An apostrophe before a brace (or before `#` in a
plural) begins a quotation that ends at the next one; two are one apostrophe; any other is itself.
Left out of ICU: `offset:`, and number and date formats, for numbers come written (core/written.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from seethrough.core.language import OTHER, categories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NAME = re.compile(r"\w+")
KINDS = ("plural", "selectordinal", "select")
SPECIAL = "{}'#"


class MessageError(ValueError):
    """A template is no message: a translator's mistake, found by tests."""


@dataclass(frozen=True)
class Slot:
    """A place for a field."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several wordings, by a field: its plural category (or `=1`), or its very value."""

    name: str
    kind: str
    forms: Mapping[str, Parts]


Part: TypeAlias = "str | Slot | Choice"
Parts: TypeAlias = "tuple[Part, ...]"


def parse(template: str) -> Parts:
    """A template in parts.

    Raises:
        MessageError: A brace, a comma or "other" is missing, or a kind is unknown.
    """
    reader = Reader(template)
    parts = reader.parts("")
    if reader.at < len(template):
        reader.fail("a } without its {")
    return parts


class Reader:
    """Reads a template from left to right."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.at = 0

    def fail(self, what: str) -> None:
        """Say what is wrong, and where.

        Raises:
            MessageError: Always.
        """
        msg = f"{what} at character {self.at} of {self.template!r}"
        raise MessageError(msg)

    def parts(self, counted: str) -> Parts:
        """Everything up to the brace that ends it; `counted` is the number that `#` stands for."""
        found: list[Part] = []
        while (sign := self.peek()) and sign != "}":
            if sign == "{":
                found.append(self.slot(counted))
            elif sign == "#" and counted:
                self.at += 1
                found.append(Slot(counted))
            else:
                found.append(self.literal(counted))
        return tuple(found)

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self.template[self.at : self.at + 1]

    def literal(self, counted: str) -> str:
        """Text up to the next brace, or `#` in a plural, quotations opened."""
        ends = "{}#" if counted else "{}"
        text = ""
        while (sign := self.peek()) and sign not in ends:
            self.at += 1
            if sign == "'":
                sign = self.apostrophe(ends)
            text += sign
        return text

    def apostrophe(self, ends: str) -> str:
        """What follows an apostrophe: a second one, a quotation, or nothing special."""
        follows = self.peek()
        if follows == "'":
            self.at += 1
            return "'"
        if not follows or follows not in ends:
            return "'"
        end = self.template.find("'", self.at)
        if end < 0:
            self.fail("a quotation without its end")
        quoted, self.at = self.template[self.at : end], end + 1
        return quoted

    def slot(self, counted: str) -> Slot | Choice:
        """A field's place, from its brace on."""
        self.take("{")
        name = self.word("a field's name")
        if self.ends_with("}"):
            return Slot(name)
        self.take(",")
        kind = self.word("plural, selectordinal or select")
        if kind not in KINDS:
            self.fail(f"'{kind}' instead of plural, selectordinal or select")
        self.take(",")
        forms = self.forms(counted if kind == "select" else name)
        if OTHER not in forms:
            self.fail(f"no 'other' for {name}")
        return Choice(name, kind, forms)

    def forms(self, counted: str) -> dict[str, Parts]:
        """The wordings of a choice, up to the brace that ends it."""
        found: dict[str, Parts] = {}
        while not self.ends_with("}"):
            is_exact = self.ends_with("=")
            name = ("=" if is_exact else "") + self.word("a category")
            if name in found:
                self.fail(f"'{name}' twice")
            self.take("{")
            found[name] = self.parts(counted)
            self.take("}")
        return found

    def word(self, what: str) -> str:
        """The next name."""
        self.skip()
        match = NAME.match(self.template, self.at)
        if match is None:
            self.fail(f"no {what}")
            return ""
        self.at = match.end()
        return match.group()

    def take(self, sign: str) -> None:
        """Go past a sign that has to be here."""
        if not self.ends_with(sign):
            self.fail(f"no {sign}")

    def ends_with(self, sign: str) -> bool:
        """Go past a sign if it is here."""
        self.skip()
        if self.peek() != sign:
            return False
        self.at += 1
        return True

    def skip(self) -> None:
        """Go past space."""
        while self.peek().isspace():
            self.at += 1


def mapped(parts: Parts, change: Callable[[str], str]) -> Parts:
    """The same message with every piece of its own text changed."""
    return tuple(
        change(part)
        if isinstance(part, str)
        else Choice(part.name, part.kind, {k: mapped(p, change) for k, p in part.forms.items()})
        if isinstance(part, Choice)
        else part
        for part in parts
    )


def walk(parts: Parts) -> Iterator[Part]:
    """Every part, those inside of choices too."""
    for part in parts:
        yield part
        if isinstance(part, Choice):
            for form in part.forms.values():
                yield from walk(form)


def fields_of(template: str) -> set[str]:
    """The names of the fields that a template asks for."""
    return {part.name for part in walk(parse(template)) if not isinstance(part, str)}


def words_of(template: str) -> list[str]:
    """What a template says itself: its texts, those of all wordings."""
    return [part for part in walk(parse(template)) if isinstance(part, str)]


def check(template: str, language: str) -> None:
    """Refuse a plural whose categories are not the language's own.

    Raises:
        MessageError: The template is no message, a category is unknown there, or one is missing.
    """
    for part in walk(parse(template)):
        if isinstance(part, Choice) and part.kind != "select":
            own = categories(language, is_ordinal=part.kind == "selectordinal")
            given = {name for name in part.forms if not name.startswith("=")}
            if given != own:
                wrong = ", ".join(sorted(given ^ own))
                msg = f"{part.name} has too many or too few categories ({wrong}) in {template!r}"
                raise MessageError(msg)


def template_of(parts: Parts, counted: str = "") -> str:
    """A message as a template again."""
    return "".join(piece_of(part, counted) for part in parts)


def piece_of(part: Part, counted: str) -> str:
    """One part as it stands in a template."""
    if isinstance(part, str):
        special = "[{}#]+" if counted else "[{}]+"
        doubled = part.replace("'", "''") if re.search(special, part) or "'" in part else part
        return re.sub(special, r"'\g<0>'", doubled)
    if isinstance(part, Slot):
        return "#" if part.name == counted else f"{{{part.name}}}"
    inner = counted if part.kind == "select" else part.name
    forms = " ".join(f"{name} {{{template_of(form, inner)}}}" for name, form in part.forms.items())
    return f"{{{part.name}, {part.kind}, {forms}}}"
