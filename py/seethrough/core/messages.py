"""The message catalogue: every sentence a reader sees, by key and language.

The sentences are in seethrough/catalogue/<language>/*.json, flat `key: template` files; all files
of a language form one catalogue. A template is an ICU message (core/message_format.py): `{field}`
slots, and plurals by the language's own rules (core/language.py). It may mark terms of the glossary
(core/marks.py).

Four languages are made of the English one, to try the page with: `qps` is accented and about a
third longer, `qps-mirrored` is English on a page that runs from right to left, `qpl` and `qcs`
count as Polish and Czech do: four plurals, each marked, and decimal commas. No menu offers them.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from seethrough.core.language import MADE_UP, OTHER, categories, category
from seethrough.core.marks import outside_marks, spelled_out, with_signs, without_marks
from seethrough.core.message_format import (
    Choice,
    MessageError,
    Part,
    Slot,
    mapped,
    parse,
    template_of,
    walk,
)
from seethrough.core.package import read_folder
from seethrough.core.written import Mark, Written, count_of, digits_of, key_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.core.message_format import Parts

FALLBACK = "en"
PSEUDO = "qps"
MIRRORED = "qps-mirrored"
COUNTING = ("qpl", "qcs")
# Every language that an address may name.
LANGUAGES = (FALLBACK, *MADE_UP)
RIGHT_TO_LEFT = frozenset({MIRRORED})

LONGER = 1.35
VOWELS = frozenset("aeiouyAEIOUY")
ACCENTS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZα",
    "áḃčďéḟğĥíĵķľḿňóṗʠřšťúṽŵẋýžÁḂČĎÉḞĞĤÍĴĶĽḾŇÓṖɊŘŠŤÚṼŴẊÝŽά",
)

# Fields of these kinds stand in a sentence as they are.
AS_IT_IS = frozenset({str, int, Written, Mark})


@cache
def catalogue(language: str = FALLBACK) -> dict[str, str]:
    """All templates of one language, merged from its files; the fallback fills what is missing.

    Raises:
        ValueError: The same key stands twice, in two files or in one.
    """
    if language == MIRRORED:
        return catalogue(FALLBACK)
    if language == PSEUDO:
        return {key: pseudo(template) for key, template in catalogue(FALLBACK).items()}
    if language in COUNTING:
        return {key: counting(said, language) for key, said in catalogue(FALLBACK).items()}
    merged = own(language)
    return merged if language == FALLBACK else catalogue(FALLBACK) | merged


@cache
def own(language: str) -> dict[str, str]:
    """What a language says itself, without what falls back to English.

    Raises:
        ValueError: The same key stands twice, in two files or in one.
    """
    merged: dict[str, str] = {}
    for name, text in read_folder(f"catalogue/{language}", ".json").items():
        pairs = json.loads(text, object_pairs_hook=list)
        times = Counter(key for key, _ in pairs)
        twice = {key for key, n in times.items() if n > 1} | (merged.keys() & times)
        if twice:
            msg = f"{name} repeats the keys {sorted(twice)}"
            raise ValueError(msg)
        merged |= dict(pairs)
    return merged


@dataclass(frozen=True)
class Wording:
    """A message that chooses among wordings."""

    key: str
    parts: Parts
    language: str

    def format_map(self, fields: Mapping[str, object]) -> str:
        """The sentence, as a plain one's format string makes it.

        Raises:
            KeyError: A slot without a field.
            MessageError: A plural's field is no number.
        """
        return self._joined(self.parts, fields)

    def _joined(self, parts: Parts, fields: Mapping[str, object]) -> str:
        return "".join([self._piece(part, fields) for part in parts])

    def _piece(self, part: Part, fields: Mapping[str, object]) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, Slot):
            return str(fields[part.name])
        value = fields[part.name]
        said = self._joined(self._form(part, value), fields)
        return f"{value.before}{said}{value.after}" if isinstance(value, Mark) else said

    def _form(self, choice: Choice, value: object) -> Parts:
        """The wording that a value asks for."""
        if choice.kind == "select":
            return choice.forms.get(key_of(value), choice.forms[OTHER])
        digits = digits_of(value)
        if digits is None:
            msg = f"{self.key}: {choice.name} is no number: {value!r}"
            raise MessageError(msg)
        exact = choice.forms.get(f"={digits}")
        if exact is not None:
            return exact
        asked = category(self.language, digits, is_ordinal=choice.kind == "selectordinal")
        return choice.forms.get(asked, choice.forms[OTHER])


def read(key: str, template: str, language: str) -> str | Wording:
    """A message to fill in; a plain one is Python's own format string, which is quick.

    Raises:
        MessageError: The template is no message.
    """
    try:
        parts = parse(template)
    except MessageError as error:
        msg = f"{key}: {error}"
        raise MessageError(msg) from None
    if any(isinstance(part, Choice) for part in parts):
        return Wording(key, parts, language)
    return "".join(map(format_piece, parts))


def format_piece(part: Part) -> str:
    """A text or a slot in Python's format."""
    if isinstance(part, str):
        return part.replace("{", "{{").replace("}", "}}")
    return f"{{{part.name}}}"


class Messages(dict[str, "str | Wording"]):
    """A language's messages, each read when it is first said.

    Args:
        signed: How a template's marks of terms are read: as signs, or (the rule) as plain words.
    """

    def __init__(self, language: str, signed: Callable[[str], str] = without_marks) -> None:
        super().__init__()
        self._language = language
        self._signed = signed

    def __missing__(self, key: str) -> str | Wording:
        template = self._signed(catalogue(self._language)[key])
        is_own = self._language in MADE_UP or key in own(self._language)
        self[key] = read(key, template, self._language if is_own else FALLBACK)
        return self[key]


@cache
def messages(language: str) -> Messages:
    """The messages of a language."""
    return Messages(language)


@cache
def signed_messages(language: str) -> Messages:
    """The same with signs where terms begin and end (core/marks.py)."""
    return Messages(language, with_signs)


def wording(key: str, language: str) -> str | Wording:
    """What a key says, to be filled in, its terms between signs.

    Raises:
        KeyError: No such key.
        MessageError: The template is no message.
    """
    return signed_messages(language)[key]


def text(key: str, language: str = FALLBACK, /, **fields: object) -> str:
    """The sentence of a key, its slots filled in; slots take values as text, never as markup.

    A number that the sentence agrees with is a whole number or a `Written` one; a whole number in
    a field n_… is a count, its thousands set apart. A list is joined as the language joins its
    lists, and so is a choice (`Either`).

    Raises:
        KeyError: No such key, or a slot without a field.
        MessageError: The template is no message, or a plural's field is no number.
    """
    said = messages(language)[key]
    for name, value in fields.items():
        if value.__class__ is int and is_count(name):
            fields[name] = count_of(value, language)
    if language != FALLBACK:  # there, text is what Python makes of a value
        for name, value in fields.items():
            if value.__class__ not in AS_IT_IS:
                fields[name] = shown(value, language)
    return said.format_map(fields)


def is_count(name: str) -> bool:
    """Whether a field of this name is a number of things."""
    return name == "n" or name.startswith("n_")


def direction(language: str) -> str:
    """How a language's text runs, as HTML's `dir` has it: "ltr" or "rtl"."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def pseudo(template: str) -> str:
    """A template accented and made longer, in brackets that show where it was cut; slots stay.

    What has no letter of its own (a separator, a bare slot) stays as it is.
    """
    parts = parse(spelled_out(template))
    plain = "".join(part for part in walk(parts) if isinstance(part, str))
    if not any(map(str.isalpha, plain)):
        return template
    missing = round(LONGER * len(plain)) - len(stretched(plain))
    return f"[{template_of(mapped(parts, stretched))}{'~' * missing}]"


def stretched(words: str) -> str:
    """Text with accents and every vowel twice; marks keep their names."""
    return outside_marks(words, accented)


def accented(words: str) -> str:
    """Letters with accents, every vowel twice."""
    return "".join(letter * 2 if letter in VOWELS else letter for letter in words).translate(
        ACCENTS
    )


def counting(template: str, language: str) -> str:
    """An English template with every plural that a language has, each marked: `6 tokens‹many›`.

    A number that English has one wording for (`{n_layers} layers`) gets them too, for another
    language may have four; by its name, n or n_…, it has to be a number.
    """
    return template_of(tuple(counted(part, language) for part in parse(template)))


def counted(part: Part, language: str) -> Part:
    """One part of a template with all plurals."""
    if isinstance(part, Slot) and is_count(part.name):
        part = Choice(part.name, "plural", {OTHER: (part,)})
    if not isinstance(part, Choice):
        return part
    forms = {
        name: tuple(counted(one, language) if isinstance(one, Choice) else one for one in form)
        for name, form in part.forms.items()
    }
    if part.kind == "select":
        return Choice(part.name, part.kind, forms)
    exact = {name: form for name, form in forms.items() if name.startswith("=")}
    asked = sorted(categories(language, is_ordinal=part.kind == "selectordinal"))
    marked = {name: (*forms.get(name, forms[OTHER]), f"‹{name}›") for name in asked}
    return Choice(part.name, part.kind, exact | marked)
