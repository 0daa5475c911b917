"""What the walk's pages show, number by number, and what transformers says it should be.

The golden files `tests/golden/walk-….json` (tests/walk_models.py) are made from transformers in
float64 by tests/reference/make_walk_goldens.py, never from our own capture. A number is compared as
it stands on the page: it has to be the golden one to four significant digits, and to no less than
what it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from seethrough.core.cell import parse_cell
from tests.parity import PROMPTS

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBJECTS = ("months", "code", "Czech", "Chinese", "emoji", "chat")
# Steps whose tables hold the numbers of hooks; the others are held by what they count.
STEPS = ("embed", "layers", "logits", "softmax", "sample")
FOUR_DIGITS = 5e-5
PER_STEP = 60
# The prompt whose every layer and token is looked at.
SWEPT = "months"
# The step that has numbers of each layer, its tables of lengths: of what each layer wrote for the
# chosen token and of the stream around it, and of the stream of all tokens.
LAYERS = "layers"
LENGTHS_TABLE, NORMS_TABLE = "layers-data", "layer-norms-data"
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


class _Rows(HTMLParser):
    """The cells of the table that is folded away under an id."""

    def __init__(self, folded: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._folded = folded
        self._is_inside = self._is_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row or a cell begins."""
        if tag == "details":
            self._is_inside = dict(attrs).get("id") == self._folded
        if self._is_inside and tag == "tr":
            self.rows.append([])
        if self._is_inside and tag in {"td", "th"}:
            self.rows[-1].append("")
            self._is_cell = True

    def handle_endtag(self, tag: str) -> None:
        """A cell, or the folded part, ends."""
        self._is_cell &= tag not in {"td", "th"}
        self._is_inside &= tag != "details"

    def handle_data(self, data: str) -> None:
        """Text of a cell."""
        if self._is_inside and self._is_cell:
            self.rows[-1][-1] += data


def shown_table(html: str, folded: str) -> list[list[Shown | None]]:
    """The numbers of the table that is folded away under an id, without its head."""
    reader = _Rows(folded)
    reader.feed(html)
    reader.close()
    return [[read_number(cell) for cell in row[1:]] for row in reader.rows[1:]]


def subject(name: str, *, has_chat: bool = True) -> tuple[str, bool]:
    """A prompt's text and whether it is a message; a model without a template gets the text."""
    prompt = PROMPTS[name]
    return (prompt.messages[0].content, has_chat) if prompt.messages else (prompt.text, False)


def wrong_cells(
    golden: Mapping[str, float], shown: Mapping[str, Shown]
) -> dict[str, tuple[Shown, float]]:
    """Which of the golden numbers that stand on the page it does not show."""
    return {
        name: (shown[name], exact)
        for name, exact in golden.items()
        if name in shown and not shown[name].is_close(exact)
    }
