"""What the walk's pages show, number by number, and what transformers says it should be.

`tests/golden/walk-smollm2.json` is made by tests/reference/make_walk_goldens.py from transformers
in float64, never from our own capture. A number is compared as it stands on the page: it has to be
the golden one to four significant digits, and to no less than what it shows.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seethrough.core.cell import parse_cell
from tests.parity import PROMPTS

if TYPE_CHECKING:
    from collections.abc import Mapping

GOLDEN = Path(__file__).parent / "golden" / "walk-smollm2.json"
SUBJECTS = ("months", "code", "Czech", "Chinese", "emoji", "chat")
# Steps whose tables hold the numbers of hooks; the others are held by what they count.
STEPS = ("embed", "layers", "logits", "softmax", "sample")
FOUR_DIGITS = 5e-5
PER_STEP = 60
NUMBER = re.compile(r"[+-]?(\d+(?:\.(\d+))?)(?:e([+-]?\d+))?")
SIGNS = str.maketrans({"\u202f": "", "\u2009": "", "\u2212": "-", "\u00a0": ""})


@dataclass(frozen=True)
class Shown:
    """A number as it stands on the page, and half of the last digit that it shows."""

    value: float
    half_digit: float

    def is_close(self, exact: float) -> bool:
        """Whether it is the exact number to four significant digits, as far as it shows them."""
        return abs(self.value - exact) <= self.half_digit + FOUR_DIGITS * abs(exact)


def read_number(text: str) -> Shown | None:
    """A number of the page, a percentage too; None for words, "1 in …" and ∞."""
    plain = text.strip().translate(SIGNS)
    share = plain.endswith("%")
    found = NUMBER.fullmatch(plain.removesuffix("%").strip())
    if found is None:
        return None
    scale = 10.0 ** int(found[3] or 0) * (0.01 if share else 1.0)
    half = 0.5 * 10.0 ** -len(found[2] or "") * scale
    return Shown(float(plain.removesuffix("%")) * (0.01 if share else 1.0), half)


class _Page(HTMLParser):
    """Collects what stands in elements that name a cell, and in tables that name a vector."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._open: list[tuple[str, str | None, list[str]]] = []
        self._vector: tuple[str, str] | None = None
        self._next = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter an element."""
        told = dict(attrs)
        if tag == "table":
            hook = told.get("data-hook")
            self._vector = (hook, told.get("data-position") or "") if hook else None
            self._next = 0
        name = told.get("data-cell")
        if name is not None:  # a button's title has the number in full
            self.found += [(name, told.get(at) or "") for at in ("title", "data-value")]
        if tag == "td" and self._vector is not None and name is None:
            name = f"{self._vector[0]}[{self._vector[1]},{self._next}]"
            self._next += 1
        if tag not in {"br", "input", "rect", "line", "path", "circle", "wbr"}:
            self._open.append((tag, name, []))

    def handle_endtag(self, tag: str) -> None:
        """Leave it: what was read in it belongs to its cell."""
        while self._open:
            opened, name, texts = self._open.pop()
            if name is not None:
                self.found.append((name, "".join(texts)))
            if opened == tag:
                break

    def handle_data(self, data: str) -> None:
        """Text belongs to every open element."""
        for _, _, texts in self._open:
            texts.append(data)


def shown_cells(html: str) -> dict[str, Shown]:
    """Every number of a page that says which cell it is, the most exact where it stands twice."""
    reader = _Page()
    reader.feed(html.replace("<thead><tr><td></td>", "<thead><tr>"))
    reader.close()
    best: dict[str, Shown] = {}
    for name, text in reader.found:
        number = read_number(text)
        if number is None or parse_cell(name) is None:
            continue
        if name not in best or number.half_digit < best[name].half_digit:
            best[name] = number
    return best


def subject(name: str) -> tuple[str, bool]:
    """A prompt's text and whether it is a message."""
    prompt = PROMPTS[name]
    return (prompt.messages[0].content, True) if prompt.messages else (prompt.text, False)


@cache
def walk_goldens() -> Mapping[str, Any]:
    """The golden numbers by prompt."""
    told: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return told
