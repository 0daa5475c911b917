"""How hard the catalogue is to read: the Flesch-Kincaid grade of each sentence, offline.

    python -m tests.reading_level

prints the mean grade of each file. The grade is 0.39 × words a sentence + 11.8 × syllables a word −
15.59: about the school year of a reader who follows. Syllables are those that pyphen's American
English patterns find, at least the groups of vowels without a silent e.

What is counted, and how:
- A slot is filled as a page fills it: a number (one word of one syllable, for it is read as a
  sign), or a token or a name (one short word). A plural is read in its widest wording.
- A word of a glossary term counts as two syllables at most: its meaning is one tap away, and no
  shorter true word is there. So do the names of this trade that the page cannot do without
  (`TRADE`).
- Hook names, addresses, paths, names of files and of settings, formulas and quoted code count as
  one word of one syllable.
- A message of fewer than six words is a label and has no grade. A semicolon and a colon end a
  sentence as a full stop does: so Flesch counted.
- The grade of a key is that of all its sentences together.

The table has the strict count beside it: every word in full, sentences to their full stops.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyphen

from seethrough.core.marks import without_marks
from seethrough.core.message_format import Choice, Slot, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.message_format import Parts

FOLDER = Path(__file__).parents[1] / "py" / "seethrough" / "catalogue" / "en"
# Files whose sentences meet whoever has never heard of the field, and their bound; all others.
FIRST_READ, FIRST_BOUND, BOUND = ("idea", "home", "glossary"), 8.0, 10.0
SHORT = 6
TRADE = frozenset(
    [
        "probability",
        "probabilities",
        "vocabulary",
        "javascript",
        "webassembly",
        "python",
        "recording",
        "recordings",
        "seethrough",
        "attention",
        "embedding",
        "unembedding",
        "repository",
        "temperature",
        "browser",
        "browsers",
    ]
)
NUMBERS = re.compile(r"^(?:n|d|n_.*|d_.*|.*_bytes|.*prob.*|.*logit.*|.*share.*)$")
# What is written for machines: hook names, paths, addresses, settings, code.
CODE = re.compile(
    r"''[^']*''|\"[^\"]*\"|\S*[_/\\=\[\]()<>]\S*|\S+\.(?:js|json|jinja|model|txt)\b|\S*\d\S*"
)
FULL_STOPS = re.compile(r"[.!?…](?:\s|$)")
ENDS = re.compile(r"[.!?…;:](?:\s|$)")
WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*|[^\sA-Za-z]*\d\S*")
PATTERNS = pyphen.Pyphen(lang="en_US", left=2, right=2)
VOWELS = re.compile(r"[aeiouy]+")


def plain(template: str) -> str:
    """A template as it is read: its slots filled, its plurals in their widest wording."""
    return said(parse(without_marks(template)))


def said(parts: Parts) -> str:
    """The text of a message's parts."""
    return "".join(map(piece, parts))


def piece(part: str | Slot | Choice) -> str:
    """One part of a message as it is read."""
    if isinstance(part, str):
        return part
    if isinstance(part, Slot):
        return "12" if NUMBERS.match(part.name) else "cat"
    return max((said(form) for form in part.forms.values()), key=len)


def sentences(told: str, ends: re.Pattern[str]) -> list[list[str]]:
    """The words of each of its sentences."""
    read = [WORD.findall(one) for one in ends.split(CODE.sub(" x ", told))]
    return [words for words in read if words]


@cache
def syllables(word: str) -> int:
    """The syllables of a word, one at least."""
    low = re.sub(r"[^a-z]", "", word.lower())
    if len(low) < 2 or word.isupper():
        return 1
    parts = PATTERNS.inserted(low).count("-") + 1
    silent = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^td])ed$|(?<=[^sxzcg])es$", "", low)
    return max(parts if low == silent else 1, len(VOWELS.findall(silent)), 1)


def explained(word: str) -> int:
    """The same, two at most for what is explained on tap or is a name."""
    low = word.lower()
    return min(syllables(word), 2) if low in TRADE or low in glossary_words() else syllables(word)


@cache
def glossary_words() -> frozenset[str]:
    """The words of the glossary's terms, in one and in many."""
    entries = json.loads((FOLDER / "glossary.json").read_text(encoding="utf-8"))
    names = [told for key, told in entries.items() if re.fullmatch(r"glossary\.\w+\.name", key)]
    words = {word for name in names for word in re.findall(r"[a-z-]+", name.lower())}
    return frozenset(words | {f"{word}s" for word in words})


def grade(template: str, *, is_strict: bool = False) -> float | None:
    """The grade of a message; None where it is a label.

    Args:
        is_strict: Every word counts in full, and only . ! ? … end a sentence.
    """
    read = sentences(plain(template), FULL_STOPS if is_strict else ENDS)
    words = [word for sentence in read for word in sentence]
    if len(words) < SHORT:
        return None
    n_syllables = sum(map(syllables if is_strict else explained, words))
    return 0.39 * len(words) / len(read) + 11.8 * n_syllables / len(words) - 15.59


def grades(*, is_strict: bool = False) -> dict[str, dict[str, float]]:
    """The grade of each message that has one, by file and key."""
    found: dict[str, dict[str, float]] = {}
    for file in sorted(FOLDER.glob("*.json")):
        messages = json.loads(file.read_text(encoding="utf-8"))
        graded = {key: grade(template, is_strict=is_strict) for key, template in messages.items()}
        found[file.stem] = {key: value for key, value in graded.items() if value is not None}
    return found


def bound(key: str) -> float:
    """What a key's grade may be."""
    return FIRST_BOUND if key.partition(".")[0] in FIRST_READ else BOUND


def above() -> dict[str, float]:
    """The messages that are harder than their bound."""
    every = {key: value for graded in grades().values() for key, value in graded.items()}
    return {key: round(value, 1) for key, value in every.items() if value > bound(key)}


def table() -> str:
    """Each file: its messages, their mean grade and the highest, and both counted strictly."""
    lines = [f"{'file':<16}{'messages':>9}{'mean':>7}{'most':>7}{'strict mean':>13}{'most':>7}"]
    strict = grades(is_strict=True)
    for name, graded in grades().items():
        if graded:
            figures = [mean_and_most(values) for values in (graded, strict[name])]
            (mean, most), (strict_mean, strict_most) = figures
            line = f"{name:<16}{len(graded):>9}{mean:>7.1f}{most:>7.1f}"
            lines.append(f"{line}{strict_mean:>13.1f}{strict_most:>7.1f}")
    return "\n".join(lines)


def mean_and_most(graded: Mapping[str, float]) -> tuple[float, float]:
    """The mean grade, and the highest."""
    return sum(graded.values()) / len(graded), max(graded.values())


if __name__ == "__main__":
    print(table())
