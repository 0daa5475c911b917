"""A panel's markup as it stands in a file of its own: all that it shows, nothing that it does.

There is no Python and no model beside it. Buttons with words become those words, controls go, links
lead inside the file, canvases become pictures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from seethrough.view.node import VOID, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Given = Sequence[tuple[str, str | None]]

# What the page's own code alone makes work.
CONTROLS = frozenset({"form", "input", "label", "nav", "select", "textarea"})
STEERS = frozenset(
    {"asking", "button", "buttons", "dials", "invites", "loop-controls", "picker", "pill"}
    | {"presets", "readout"}
)
# A switch between two pictures, made by the style alone: it works anywhere.
SWITCH = "scale-switch"
PRESSED, WAS_BUTTON, PIXELS = "data-pressed", "was-button", "was-canvas"
# Attributes that only code or a control reads; what describes is a readout under the pointer.
UNUSED = frozenset(
    {"aria-controls", "aria-describedby", "aria-haspopup", "autocomplete", "disabled", "tabindex"}
    | {"type", "value"}
)
NAMES = frozenset({"aria-labelledby", "for", "headers", "id"})
INSIDE = re.compile(r"url\(#([^)]+)\)")
# In the style: elements that this turns into others, with the weight that a rule for them had.
ELEMENTS = {"button": WAS_BUTTON, "canvas": PIXELS}
SELECTED = re.compile(r"(?<![\w.#-])(button|canvas)(?![\w-])(?=[^{}]*\{)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Around:
    """What a panel meets in its file.

    Args:
        name_of: The file's own name for an id of the panel.
        link_of: Where an address of the page leads in the file; None: nowhere.
        picture_of: The markup of a raster, by its name and with a canvas's attributes; empty: none.
    """

    name_of: Callable[[str], str]
    link_of: Callable[[str, str], str | None]
    picture_of: Callable[[str, str], str]


def stilled(markup: str, around: Around) -> str:
    """The markup without anything that needs the page's code."""
    reader = _Still(around)
    reader.feed(markup)
    reader.close()
    return "".join(reader.written)


def style_of(css: str) -> str:
    """A style sheet whose rules for buttons and canvases fit what they became; no comments."""

    def both(match: re.Match[str]) -> str:
        return f":is({match[1]}, :where(.{ELEMENTS[match[1]]}))"

    return SELECTED.sub(both, COMMENT.sub("", css)).replace("[aria-pressed=", f"[{PRESSED}=")


class _Still(HTMLParser):
    """Writes what it reads, but for what does something."""

    def __init__(self, around: Around) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._around = around
        self._open: list[str] = []
        self._left_out = 0
        self._in_switch = 0

    def handle_starttag(self, tag: str, attrs: Given) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._left_out or self._is_control(tag, given):
            self._left_out += tag not in VOID
        elif tag == "canvas":
            looks = {**given, "class": f"{given.get('class', '')} {PIXELS}".strip()}
            attributes = self._attributes("img", looks)
            self.written.append(self._around.picture_of(given["data-raster"], attributes))
            self._open.append("")
        else:
            self._write(tag, given)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - HTMLParser calls it
        if self._left_out:
            self._left_out -= 1
        elif self._open:
            self.written.append(self._open.pop())
            self._in_switch -= self._in_switch > 0

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.written.append(escape(data))

    def _is_control(self, tag: str, given: Mapping[str, str]) -> bool:
        if self._in_switch:
            return False
        return tag in CONTROLS or not STEERS.isdisjoint(given.get("class", "").split())

    def _write(self, tag: str, given: Mapping[str, str]) -> None:
        link = None
        name = tag
        if tag == "button":
            name, given = "span", {**given, "class": f"{given.get('class', '')} {WAS_BUTTON}"}
        elif tag == "a":
            link = self._around.link_of(given.get("href", ""), given.get("data-term", ""))
            name = "a" if link is not None else "span"
        if self._in_switch or SWITCH in given.get("class", "").split():
            self._in_switch += tag not in VOID
        href = "" if link is None else f' href="{escape(link)}"'
        self.written.append(f"<{name}{self._attributes(name, given)}{href}>")
        if tag not in VOID:
            self._open.append(f"</{name}>")

    def _attributes(self, tag: str, given: Mapping[str, str]) -> str:
        kept = [self._attribute(tag, name, value) for name, value in given.items()]
        return "".join(f' {name}="{escape(value)}"' for name, value in kept if name)

    def _attribute(self, tag: str, name: str, value: str) -> tuple[str, str]:
        """An attribute as it is to be written; one without a name is not."""
        if name == "aria-pressed":
            return PRESSED, value
        is_unused = name in UNUSED and not self._in_switch
        if name == "href" or is_unused or name.startswith("data-"):
            return "", ""
        if name in NAMES:
            return name, " ".join(map(self._around.name_of, value.split()))
        if name == "aria-label" and tag == "img":
            return "alt", value
        return name, INSIDE.sub(lambda match: f"url(#{self._around.name_of(match[1])})", value)
