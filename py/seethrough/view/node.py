"""Markup as values: `h` makes nodes, `to_html` writes them and escapes everything.

Text from a reader, a link or a vocabulary is data: it reaches the page only through here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VOID = frozenset({"br", "hr", "img", "input", "meta", "wbr"})
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
LAST_CONTROL = 0x1F
DELETE = 0x7F
SURROGATES = range(0xD800, 0xE000)
REPLACEMENT = 0xFFFD


class Node(NamedTuple):
    """One element; children are nodes or plain text, never markup in a string."""

    tag: str
    attributes: tuple[tuple[str, str | None], ...]
    children: tuple[Node | Markup | str, ...]


@dataclass(frozen=True)
class Markup:
    """What `to_html` has written already: a panel's markup inside a page's."""

    html: str


Child: TypeAlias = "Node | Markup | str | float | Sequence[Child] | None"
Attribute: TypeAlias = "str | float | bool | None"
Attributes: TypeAlias = "Mapping[str, Attribute]"
# Gives a frame the place of a panel, with the panel in it.
Slot: TypeAlias = "Callable[[str], Node]"


def h(tag: str, attributes: Mapping[str, Attribute] | None = None, /, *children: Child) -> Node:
    """Make an element. None and False leave an attribute out, True writes it without a value.

    Raises:
        ValueError: A tag or attribute is not a plain name, or is one that the page's
            Content-Security-Policy forbids (`style`, `on...`).
    """
    check_name(tag)
    if not attributes:
        return Node(tag, (), flatten(children))
    pairs: list[tuple[str, str | None]] = []
    for name, value in attributes.items():
        check_attribute(name)
        if isinstance(value, str):
            pairs.append((name, value))
        elif value is not None and value is not False:
            pairs.append((name, None if value is True else number_or_text(value)))
    return Node(tag, tuple(pairs), flatten(children))


@lru_cache(maxsize=512)
def check_attribute(name: str) -> None:
    """Refuse an attribute that the page's policy forbids; a page has few names, thousands of times.

    Raises:
        ValueError: It is `style`, `on...`, or not a plain name.
    """
    check_name(name)
    if name.lower() == "style" or name.lower().startswith("on"):
        msg = f"attribute {name!r} is forbidden by the page's policy: use a class"
        raise ValueError(msg)


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
    """A string as it is; a number without a needless ".0"."""
    return value if isinstance(value, str) else f"{value:g}"


def flatten(children: Sequence[Child]) -> tuple[Node | Markup | str, ...]:
    """Children in order, lists opened, None left out."""
    if len(children) == 1 and isinstance(children[0], str):  # most elements hold a text
        return (children[0],)
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


def piece(node: Node | Markup | str) -> str:
    """The markup of one node."""
    if isinstance(node, str):
        return escape(node)
    return node.html if isinstance(node, Markup) else element(node)


def element(node: Node) -> str:
    """The markup of one element and what it holds."""
    tag, pairs, children = node
    attributes = "".join([attribute(name, value) for name, value in pairs])
    if tag in VOID:
        return f"<{tag}{attributes}>"
    return f"<{tag}{attributes}>{''.join(map(piece, children))}</{tag}>"


@lru_cache(maxsize=4096)
def attribute(name: str, value: str | None) -> str:
    """One attribute's markup; a page has few different ones, thousands of times."""
    return f" {name}" if value is None else f' {name}="{escape(value)}"'


@lru_cache(maxsize=4096)
def escape(text: str) -> str:
    """Text as it may stand between tags or quotes; what HTML cannot carry stays visible."""
    return text.translate(ESCAPES) if text.isprintable() else "".join(map(escape_one, text))


def escape_one(character: str) -> str:
    """One character: escaped, or drawn where HTML would drop it (a control picture, U+FFFD)."""
    code = ord(character)
    if code in ESCAPES:
        return ESCAPES[code]
    if code <= LAST_CONTROL and character not in "\n\t":
        return chr(0x2400 + code)
    if code == DELETE:
        return "\u2421"
    return chr(REPLACEMENT) if code in SURROGATES else character


ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", 39: "&#39;"}
