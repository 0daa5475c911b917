"""Patterns of a reader's own: what may take forever is refused, all else is searched in time."""

from __future__ import annotations

import time

import pytest

from seethrough.core.errors import InputError
from seethrough.core.patterns import compiled

# The longest text of a token, and one that makes a search go back as far as it can.
HARD = ("a" * 128, " " * 128, "a" * 127 + "!")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a*)*b",
        "(a|aa)+$",
        "([a-z]+)*!",
        "((a?){40})x",
        "(?:a{1,9}){1,9}b",
        "(.*)*",
        ".*.*.*.*x",
        "a?a?a?a?a?a?a?a?a?aaaaaaaaa",
        "(x+x+)+y",
        r"(\w*\s*)*$",
    ],
)
def test_what_may_take_forever_is_refused(pattern: str) -> None:
    """Repeats of what repeats, or of what may be one of several; too many repeats."""
    with pytest.raises(InputError, match="forever"):
        compiled(pattern, is_any_case=False)


@pytest.mark.parametrize(
    "pattern",
    [
        "ing$",
        "^ [A-Z]",
        "(ab)+",
        "(un|re).*ed$",
        "[0-9]{2,4}",
        "a.*b.*c",
        r"^\s+$",
        "(abc){3}",
        "x?y?z",
    ],
)
def test_usual_patterns_are_searched_at_once(pattern: str) -> None:
    """They are taken, and even the hardest text takes no time."""
    sought = compiled(pattern, is_any_case=True)
    began = time.perf_counter()
    for text in HARD:
        sought.search(text)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("pattern", ["(", "[", "*", "(?P<a>x)(?P<a>y)", "a{2,1}", "\\"])
def test_what_is_no_pattern_is_told(pattern: str) -> None:
    """With Python's own reason."""
    with pytest.raises(InputError, match="cannot be read"):
        compiled(pattern, is_any_case=False)
