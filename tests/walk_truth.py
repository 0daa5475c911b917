"""What the walk's pages show, number by number, and what transformers says it should be.

The golden files `tests/golden/walk-….json` (tests/walk_models.py) are made from transformers in
float64 by tests/reference/make_walk_goldens.py, never from our own capture. A number is compared as
it stands on the page: it has to be the golden one to four significant digits, and to no less than
what it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from seethrough.core.cell import parse_cell
from tests.parity import PROMPTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


# A cell stands in a page more than once, and is asked for again.
cell_of = lru_cache(1 << 15)(parse_cell)


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


def shown_cells(html: str) -> dict[str, Shown]:
    """Every number of a page that says which cell it is, the most exact where it stands twice."""
    best: dict[str, Shown] = {}
    for name, text in _named_texts(LexborHTMLParser(html)):
        number = read_number(text)
        if number is None or cell_of(name) is None:
            continue
        if name not in best or number.half_digit < best[name].half_digit:
            best[name] = number
    return best


def _named_texts(page: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    """What stands in elements that name a cell, and in tables that name a vector."""
    for node in page.css("[data-cell]"):  # a button's title has the number in full
        told = node.attributes
        for text in (told.get("title"), told.get("data-value"), node.text()):
            yield told["data-cell"] or "", text or ""
    for table in page.css("table[data-hook]"):
        hook, position = table.attributes["data-hook"], table.attributes.get("data-position")
        cells = table.css("td:not([data-cell]):not(thead td:first-child)")
        for at, cell in enumerate(cells):
            yield f"{hook}[{position or ''},{at}]", cell.text()


def shown_table(html: str, folded: str) -> list[list[Shown | None]]:
    """The numbers of the table that is folded away under an id, without its head."""
    rows = [row.css("td, th") for row in LexborHTMLParser(html).css(f"details#{folded} tr")]
    return [[read_number(cell.text()) for cell in row[1:]] for row in rows[1:]]


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
