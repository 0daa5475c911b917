"""Markup as values: `h` makes nodes, `to_html` writes them and escapes everything.

Text from a reader, a link or a vocabulary is data: it reaches the page only through here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from seethrough.core.written import plain_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VOID = frozenset({"br", "hr", "img", "input", "meta", "source", "wbr"})
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
# What a browser that translates the page must leave alone: quoted text (tokens), code, keys ...
VERBATIM = frozenset({"bdi", "code", "kbd", "pre"})
# ... and numbers, where one is all that such an element holds; one in bold is part of a sentence.
PIECES = frozenset(
    {"a", "button", "caption", "dd", "div", "figcaption", "li", "option", "span", "td"}
    | {"text", "th"}
)
DIGIT = re.compile(r"\d")
EXPONENT = re.compile(r"(?<=\d)e(?=\W?\d)")
NO_NUMBER = frozenset({"NaN", "\u221e", "\u2212\u221e"})
LAST_CONTROL = 0x1F
DELETE = 0x7F
SURROGATES = range(0xD800, 0xE000)
REPLACEMENT = 0xFFFD


class Node(NamedTuple):
    """One element: its markup, and what it was made of."""

    html: str
    tag: str
    attributes: Attributes
    children: Sequence[Child]


@dataclass(frozen=True)
class Markup:
    """What `to_html` has written already: a panel's markup inside a page's."""

    html: str


# Kinds to ask for: a tuple is there once, a union would be made at every question.
WRITTEN = (Node, Markup)
NUMBERS = (int, float)
made = tuple.__new__

Child: TypeAlias = "Node | Markup | str | float | Sequence[Child] | None"
Attribute: TypeAlias = "str | float | bool | None"
Attributes: TypeAlias = "Mapping[str, Attribute]"
# Gives a frame the place of a panel, with the panel in it.
Slot: TypeAlias = "Callable[[str], Node]"


def h(tag: str, attributes: Attributes | None = None, /, *children: Child) -> Node:
    """Make an element, written at once: a page has thousands, and each pass over them costs.

    None and False leave an attribute out, True writes it without a value. What is in no language
    is marked so.

    Raises:
        ValueError: A tag or attribute is not a plain name, or is one that the page's
            Content-Security-Policy forbids (`style`, `on...`).
    """
    check_name(tag)
    opening = tag
    if attributes:
        opening += "".join([attribute(name, value) for name, value in attributes.items()])
    if tag in VERBATIM or (tag in PIECES and len(children) == 1 and is_number(children[0])):
        opening += ' translate="no"'
    if tag in VOID:
        return Node(f"<{opening}>", tag, attributes or {}, children)
    inside = "".join(map(piece, children))
    # As Node(…) makes it, without a call of Python's in between.
    return made(Node, (f"<{opening}>{inside}</{tag}>", tag, attributes or {}, children))


def is_number(child: Child) -> bool:
    """Whether a child is a number as `view/numbers.py` writes them, its unit a sign at most."""
    if not isinstance(child, str):
        return isinstance(child, NUMBERS)
    if DIGIT.search(child) is None:
        return child in NO_NUMBER
    return child.upper() == child.lower() or is_lettered_number(child)


@lru_cache(maxsize=1024)
def is_lettered_number(text: str) -> bool:
    """The same of text with letters, which a number has in its exponent alone."""
    bare = EXPONENT.sub("", text)
    return bare.upper() == bare.lower()


@lru_cache(maxsize=512)
def check_name(name: str) -> None:
    """Refuse anything that could end a tag early.

    Raises:
        ValueError: It is not a plain name.
    """
    if not NAME.fullmatch(name):
        msg = f"{name!r} is no element or attribute name"
        raise ValueError(msg)


def number_or_text(value: str | float) -> str:
    """A string as it is; a number with all its digits, without a needless ".0"."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else plain_digits(value)


def flatten(children: Sequence[Child]) -> tuple[Node | Markup | str, ...]:
    """Children in order, lists opened, None left out."""
    flat: list[Node | Markup | str] = []
    for child in children:
        if isinstance(child, Node | Markup | str):
            flat.append(child)
        elif isinstance(child, int | float):
            flat.append(number_or_text(child))
        elif child is not None:
            flat += flatten(child)
    return tuple(flat)


def to_html(*nodes: Node | Markup | str) -> str:
    """The markup of nodes, one after the other."""
    return "".join(map(piece, nodes))


def piece(child: Child) -> str:
    """The markup of what an element holds."""
    if isinstance(child, str):
        return escape(child)
    if isinstance(child, WRITTEN):
        return child.html
    if child is None:
        return ""
    if isinstance(child, NUMBERS):
        return number_or_text(child)
    return "".join(map(piece, child))


@lru_cache(maxsize=8192, typed=True)
def attribute(name: str, value: Attribute) -> str:
    """One attribute's markup; a page has few different ones, thousands of times.

    Raises:
        ValueError: The page's policy forbids it: `style`, `on...`, or no plain name.
    """
    check_name(name)
    if name.lower() == "style" or name.lower().startswith("on"):
        msg = f"attribute {name!r} is forbidden by the page's policy: use a class"
        raise ValueError(msg)
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(number_or_text(value))}"'


@lru_cache(maxsize=4096)
def escape(text: str) -> str:
    """Text as it may stand between tags or quotes; what HTML cannot carry stays visible."""
    return text.translate(ESCAPES) if text.isprintable() else "".join(map(escape_one, text))


def escape_one(character: str) -> str:
    """One character: escaped, or drawn where HTML would drop it."""
    return ESCAPES.get(ord(character)) or drawn(character)


def drawn(character: str) -> str:
    """A character that HTML would drop as a sign of its own (a control picture, U+FFFD)."""
    code = ord(character)
    if code <= LAST_CONTROL and character not in "\n\t":
        return chr(0x2400 + code)
    if code == DELETE:
        return "\u2421"
    return chr(REPLACEMENT) if code in SURROGATES else character


ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", 39: "&#39;"}
