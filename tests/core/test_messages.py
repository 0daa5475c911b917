from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from seethrough.core import messages
from seethrough.core.messages import catalogue, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package folder in the place of ours; put catalogue/<language>/*.json there."""
    monkeypatch.setattr(messages, "files", lambda _package: tmp_path)
    catalogue.cache_clear()
    yield tmp_path
    catalogue.cache_clear()


def write(folder: Path, language: str, name: str, part: dict[str, str]) -> None:
    """One file of a language."""
    path = folder / "catalogue" / language
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(json.dumps(part), encoding="utf-8")


def test_a_language_is_all_its_files(folder: Path) -> None:
    """The files of a folder form one catalogue; what is not JSON is passed over."""
    write(folder, "en", "a.json", {"a.one": "1"})
    write(folder, "en", "b.json", {"b.two": "2"})
    (folder / "catalogue" / "en" / "notes.txt").write_text("for translators", encoding="utf-8")

    assert catalogue() == {"a.one": "1", "b.two": "2"}


def test_a_key_in_two_files_is_refused(folder: Path) -> None:
    """Which of the two is meant would depend on the order of the files."""
    write(folder, "en", "a.json", {"a.one": "1", "a.two": "2"})
    write(folder, "en", "b.json", {"a.two": "2"})

    with pytest.raises(ValueError, match=r"b.json repeats the keys \['a.two'\]"):
        catalogue()


def test_a_translation_may_lack_sentences(folder: Path) -> None:
    """What a language does not say is said in English."""
    write(folder, "en", "a.json", {"a.one": "one", "a.two": "two {n}"})
    write(folder, "de", "a.json", {"a.two": "zwei {n}"})

    assert text("a.two", "de", n=2) == "zwei 2"
    assert text("a.one", "de") == "one"
    assert text("a.two", n=2) == "two 2"


def test_slots_are_filled_with_what_is_given() -> None:
    """Numbers and text alike; a value's own braces stay."""
    assert text("input.whole", name="k", got="{least}", least=1, most=9) == (
        "k is {least}, expected a whole number from 1 to 9."
    )


def test_a_sentence_without_its_field_fails() -> None:
    """A forgotten field and an unknown key fail where they are written."""
    with pytest.raises(KeyError, match="limit"):
        text("input.too_long", got=1)
    with pytest.raises(KeyError, match=r"input\.nothing"):
        text("input.nothing")


def test_a_slot_may_be_called_key_or_language(folder: Path) -> None:
    """Fields cannot collide with the function's own arguments."""
    write(folder, "en", "a.json", {"a.one": "{key} in {language}"})

    assert text("a.one", key="x", language="y") == "x in y"
