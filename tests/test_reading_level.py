"""The catalogue is for readers of fifteen, and for those whose first language is not English."""

from __future__ import annotations

import pytest

from tests.reading_level import above, bound, grade, grades, plain, syllables

# For who exports a model or runs the server: names of files and rules that have no shorter word.
LEFT = {"boot.no_service_worker", "boot.policy", "prompts.row"}


def test_no_message_is_too_hard() -> None:
    """At most grade 8 where a reader begins (idea, home, glossary), grade 10 elsewhere."""
    assert {key: value for key, value in above().items() if key not in LEFT} == {}


def test_most_messages_have_a_grade() -> None:
    """The script reads the whole catalogue: hundreds of sentences, in each of the steps."""
    found = grades()

    assert sum(map(len, found.values())) > 600
    assert all(found[f"step_{step}"] for step in ("input", "layers", "softmax", "done"))


def test_a_hard_sentence_is_found() -> None:
    """The rule above can fail."""
    hard = "Multidimensional representations necessitate considerably sophisticated interpretation."
    easy = "The cat sat on the mat and the dog ran after it."

    assert (grade(hard) or 0) > bound("view.any") > bound("idea.any") > (grade(easy) or 0)
    assert grade("Next step") is None


@pytest.mark.parametrize(
    ("word", "n"),
    [("cat", 1), ("token", 2), ("probability", 5), ("layers", 2), ("made", 1), ("table", 2)],
)
def test_syllables_are_counted(word: str, n: int) -> None:
    """Long words have many, a silent e none."""
    assert syllables(word) == n


def test_slots_and_marks_are_filled() -> None:
    """What is graded is what a reader reads."""
    told = plain("[[token|{n, plural, one {# token} other {# tokens}}]] of {model}")

    assert told == "12 tokens of cat"
