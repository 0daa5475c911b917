"""Where a written line is from, and the learned line that is nearest to it."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.train.copies import HELD, LEARNED, NEW, Copies, Source, distances
from seethrough.core.train.corpus import Corpus, of_text

NAMES = Corpus("\nanna\nanne\nbob\n", "\nannika\nann\n", has_documents=True)
WORDS = st.text("ab\U0001f600", max_size=7)


@cache
def plain(one: str, other: str) -> int:
    """Levenshtein's distance as its definition says it."""
    if not one or not other:
        return len(one) + len(other)
    changed = plain(one[1:], other[1:]) + (one[0] != other[0])
    return min(changed, plain(one[1:], other) + 1, plain(one, other[1:]) + 1)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=4))
def test_distances_are_levenshtein_s(line: str, others: list[str]) -> None:
    """For any lines the count of changes is the least that there is."""
    assert distances(line, others).tolist() == [plain(line, other) for other in others]


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("anna", Source(LEARNED, "anna")),
        ("ann", Source(HELD, "anna", 1)),
        ("bobo", Source(NEW, "bob", 1)),
        ("anno", Source(NEW, "anna", 1)),
        ("x" * 20, Source(NEW)),
        ("", Source(NEW)),
    ],
)
def test_where_a_line_is_from(line: str, source: Source) -> None:
    """Learned by heart, real but never seen, or new with its nearest; of two as near the first."""
    assert Copies(NAMES).of(line) == source


def test_a_text_without_documents_has_no_lines() -> None:
    """What is written behind it is never called a copy."""
    assert Copies(of_text("anna\nbob\n")).of("anna") == Source(NEW)
