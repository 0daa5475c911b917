from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from seethrough.core import messages, package
from seethrough.core.language import categories, signs
from seethrough.core.message_format import MessageError, Slot, parse, walk, words_of
from seethrough.core.messages import COUNTING, catalogue, direction, pseudo, text
from seethrough.core.written import Dims, Either, Several, Written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package folder in the place of ours; put catalogue/<language>/*.json there."""
    monkeypatch.setattr(package, "files", lambda _package: tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """Forget what was read."""
    for kept in (catalogue, messages.own, messages.messages):
        kept.cache_clear()


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


def test_a_key_twice_in_one_file_is_refused(folder: Path) -> None:
    """JSON would keep the last one, and a translator's work would be lost without a word."""
    path = folder / "catalogue" / "en"
    path.mkdir(parents=True)
    (path / "a.json").write_text('{"a.one": "1", "a.one": "2"}', encoding="utf-8")

    with pytest.raises(ValueError, match=r"a.json repeats the keys \['a.one'\]"):
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
    return [part.name for part in walk(parse(template)) if isinstance(part, Slot)]


def words(template: str) -> str:
    """What a template says itself, without its slots."""
    return "".join(words_of(template))


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
    assert pseudo("a set '{'{n}'}'") == "[áá šééť '{'{n}'}'~]"
    assert pseudo("{n, plural, one {# byte} other {# bytes}}") == (
        "[{n, plural, one {# ḃýýťéé} other {# ḃýýťééš}}]"
    )


def test_the_mirrored_language_is_english_from_right_to_left() -> None:
    """The mirrored language differs in its direction alone; all others run from left to right."""
    assert catalogue("qps-mirrored") == catalogue()
    assert direction("qps-mirrored") == "rtl"
    assert {direction(language) for language in ("en", "qps", "de")} == {"ltr"}


def test_pseudo_languages_have_no_files() -> None:
    """They are made of English at run time, so a new sentence is in them at once."""
    folders = {entry.name for entry in package.files("seethrough").joinpath("catalogue").iterdir()}

    assert not {name for name in folders if name.startswith("qps")}


def test_a_sentence_agrees_with_its_number(folder: Path) -> None:
    """The plural is the language's own, by the digits that are shown."""
    write(folder, "en", "a.json", {"a.one": "{n, plural, =0 {none} one {# word} other {# words}}"})
    forms = "{n, plural, one {# slovo} few {# slova} many {# slova!} other {# slov}}"
    write(folder, "cs", "a.json", {"a.one": forms})

    assert [text("a.one", n=n) for n in (0, 1, 2, 21)] == ["none", "1 word", "2 words", "21 words"]
    assert [text("a.one", "cs", n=n) for n in (1, 3, 5)] == ["1 slovo", "3 slova", "5 slov"]
    assert text("a.one", "cs", n=0.5) == "0,5 slova!"
    assert text("a.one", "cs", n=Written("1,0", "1.0")) == "1,0 slova!"
    assert text("a.one", "cs", n=Written("\u221e", "")) == "\u221e slov"


def test_what_falls_back_agrees_as_english_does(folder: Path) -> None:
    """An English sentence on a Czech page takes English plurals."""
    write(folder, "en", "a.json", {"a.one": "{n, plural, one {# word} other {# words}}"})
    write(folder, "cs", "a.json", {})

    assert [text("a.one", "cs", n=n) for n in (1, 3)] == ["1 word", "3 words"]


def test_a_plural_of_no_number_fails(folder: Path) -> None:
    """The mistake names its key and its field."""
    write(folder, "en", "a.json", {"a.one": "{n, plural, one {#} other {#}}", "a.two": "{n"})

    with pytest.raises(MessageError, match=r"a\.one: n is no number: 'six'"):
        text("a.one", n="six")
    with pytest.raises(MessageError, match=r"a\.two: no ,"):
        text("a.two", n=6)


def test_lists_are_joined_by_the_language(folder: Path) -> None:
    """A list, a choice and an array's sizes are fields like any other."""
    write(folder, "en", "a.json", {"a.one": "{what}"})
    write(folder, "de", "a.json", {"a.one": "{what}"})

    assert text("a.one", what=Several((1, 2, 3))) == "1, 2, 3"
    assert text("a.one", what=Either((1, 2, 3))) == "1, 2 or 3"
    assert text("a.one", "de", what=Either((1, 2))) == "1 oder 2"
    assert text("a.one", what=Dims((2, Either((1, 9)), 64))) == "2 × 1 or 9 × 64"


@pytest.mark.parametrize("language", COUNTING)
def test_a_counting_language_has_every_plural(language: str) -> None:
    """Each plural of English, and each number that English says one way, has four marked forms."""
    assert len(categories(language)) == 4
    marks = [f"‹{name}›" for name in sorted(categories(language))]
    assert re.findall("‹.*?›", catalogue(language)["sums.terms"]) == marks
    assert text("stack.model.blocks", language, n_layers=Written("5", "5")).startswith("5‹")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("qpl", {"1": "one", "2": "few", "5": "many", "21": "many", "0.5": "other"}),
        ("qcs", {"1": "one", "2": "few", "5": "other", "21": "other", "0.5": "many"}),
    ],
)
def test_counting_languages_count_as_theirs_do(language: str, expected: dict[str, str]) -> None:
    """Polish and Czech, told apart by 5, 21 and a half."""
    said = {n: text("sums.terms", language, n_terms=Written(n, n)) for n in expected}

    assert {n: re.findall("‹(.*?)›", words)[0] for n, words in said.items()} == expected


def test_scripts_get_plain_sentences() -> None:
    """web/messages.js fills slots alone: what it says has no plural and no quotation."""
    for key, template in catalogue().items():
        if key.startswith("boot."):
            assert isinstance(messages.wording(key, "en"), str), key
            assert "''" not in template, key
            assert "'{" not in template, key


@pytest.mark.parametrize("language", ["en", "qpl", "qps"])
def test_a_bare_count_is_grouped(language: str) -> None:
    """A whole number in a field n_… is a count: its thousands stand apart, as a written one's."""
    separator = signs(language).group
    bare = text("view.tokens.lead", language, n_tokens=8191)

    assert f"8{separator}191" in bare
    assert bare == text("view.tokens.lead", language, n_tokens=Written(f"8{separator}191", "8191"))
    assert "8191" in text("view.tokens.chip", language, position=8191, id=5)
