from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING

import pytest

from seethrough.core import messages
from seethrough.core.messages import catalogue, direction, pseudo, text

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


def slots(template: str) -> list[str]:
    """The names of a template's slots, in order."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def words(template: str) -> str:
    """What a template says itself, without its slots."""
    return "".join(literal for literal, *_ in string.Formatter().parse(template))


def test_the_pseudo_language_is_long_and_accented() -> None:
    """Every sentence with a letter is a third longer, in brackets, and keeps its slots in order."""
    for key, template in catalogue("qps").items():
        english = catalogue()[key]
        assert slots(template) == slots(english), key
        if not any(map(str.isalpha, words(english))):
            assert template == english, key
            continue
        assert template.startswith("["), key
        assert template.endswith("]"), key
        assert len(words(template)) >= 1.3 * len(words(english)), key
        assert words(template).strip("[]~") != words(english), key


def test_the_pseudo_language_says_what_english_says() -> None:
    """A short sentence as it comes out: slots untouched, braces still braces, length made up."""
    assert pseudo("Run") == "[Řúúň]"
    assert pseudo("{done} of {total}") == "[{done} óóḟ {total}]"
    assert pseudo("MB") == "[ḾḂ~]"
    assert pseudo("{value} %") == "{value} %"
    assert pseudo("a set {{{n}}}").format(n=1) == "[áá šééť {1}~]"


def test_the_mirrored_language_is_english_from_right_to_left() -> None:
    """The mirrored language differs in its direction alone; all others run from left to right."""
    assert catalogue("qps-mirrored") == catalogue()
    assert direction("qps-mirrored") == "rtl"
    assert {direction(language) for language in ("en", "qps", "de")} == {"ltr"}


def test_pseudo_languages_have_no_files() -> None:
    """They are made of English at run time, so a new sentence is in them at once."""
    folders = {entry.name for entry in messages.files("seethrough").joinpath("catalogue").iterdir()}

    assert not {name for name in folders if name.startswith("qps")}
