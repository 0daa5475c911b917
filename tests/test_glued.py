"""No sentence is put together of fragments: each is one message, which a translator sees whole."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.glued import glued

ROOT = Path(__file__).parents[1] / "py" / "seethrough"
SOURCES = sorted(
    file for part in ("app", "view", "browser") for file in (ROOT / part).rglob("*.py")
)
# The file and the function of what only looks like it, with the reason.
ALLOWED = {
    ("view/memory.py", "words"): "a number of megabytes with its unit",
    ("view/steps/done.py", "weights"): "a number of gigabytes with its unit",
    ("view/steps/done.py", "moments"): "a number of millions, as a unit",
    ("view/steps/loop_branches.py", "way"): "a probability, as numbers.probability writes it",
    ("view/steps/template.py", "shortened"): "a text that is quoted, and a mark where it is cut",
    ("view/ideas/grown.py", "name_of"): "the name of a token that is no text, set apart by a space",
    ("view/generate/written.py", "name_of"): "the name of a token that is no text, set apart",
    ("view/ideas/input_text.py", "shortened"): "a text that is quoted, and a mark where it is cut",
    ("view/ideas/plain.py", "name_at"): "a token and which of the equal ones it is: a name",
    ("view/ideas/softmax.py", "summary"): "a list of names with their numbers",
    ("view/transport.py", "move"): "a button and the name of the place that it leads to",
    ("view/pages.py", "title"): "a tab's title: names, set apart by signs",
    ("view/words.py", "subject_name"): "a walk's title, with its model's: names",
    ("view/named.py", "words_of"): "words to look for, in no sentence",
}


def test_no_sentence_is_glued() -> None:
    """Words of the catalogue are a field of no other message, and are joined to nothing."""
    found = {
        (file.relative_to(ROOT).as_posix(), function): f"{line}: {code}"
        for file in SOURCES
        for function, line, code in glued(ast.parse(file.read_text(encoding="utf-8")))
    }

    assert {place: code for place, code in found.items() if place not in ALLOWED} == {}
    assert ALLOWED.keys() <= found.keys(), "a place that is allowed is gone"


@pytest.mark.parametrize(
    "line",
    [
        "x = f\" {say(s, 'sums.bias')}\"",
        'x = say(s, "a.b") + " " + say(s, "a.c")',
        'x = " ".join([say(s, "a.b"), n])',
        'say(s, "a.b", what=say(s, "a.c"))',
        'rich(s, "a.b", what=h("b", {}, say(s, "a.c")))',
        'words = say(s, "a.c") if n else say(s, "a.d")\n return say(s, "a.b", what=words)',
        'Message("a.b", what=text("a.c"))',
    ],
)
def test_a_glued_sentence_is_found(line: str) -> None:
    """The rule above can fail: each of these breaks it."""
    assert glued(ast.parse(f"def f(s, n):\n {line}"))


@pytest.mark.parametrize(
    "line",
    [
        'x = sentences(say(s, "a.b"), say(s, "a.c"))',
        'x = [*rich(s, "a.b"), " ", say(s, "a.c")]',
        'x = say(s, "a.b", n=count(s, n), prob=probability(s, n))',
    ],
)
def test_whole_sentences_are_let_through(line: str) -> None:
    """The rule above can pass: whole sentences after one another, numbers in a message."""
    assert glued(ast.parse(f"def f(s, n):\n {line}")) == []
