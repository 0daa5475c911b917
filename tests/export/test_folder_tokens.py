"""Special tokens, what stands around a text, and chat templates, from every file of a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from export.chat import segments_from_template
from export.folder_tokens import tokens_of
from export.start_ids import start_ids
from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import Tokenizer
from tests.chat_templates import sentence
from tests.tokenizer_cases import BYTE_LEVEL, DIGITS, added, spaced, tiny

if TYPE_CHECKING:
    from pathlib import Path

    from export.folder_tokens import FolderTokens

ROOM = 300
CONFIG, MAP = "tokenizer_config.json", "special_tokens_map.json"
LISTED = "added_tokens_decoder"
FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
PLAIN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
TEMPLATE = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
VOCAB = {"a": 0, "b": 1, "ab": 2, "Ġ": 3, "<|endoftext|>": 4, "<s>": 5}
OLD = {"vocab.json": VOCAB, "merges.txt": "#version: 0.2\na b\n", "tokenizer.json": None}


def words(
    folder: Path, files: dict[str, Any], *, kind: str = "gpt2", room: int = ROOM
) -> FolderTokens:
    """What a folder with some files says; a tokenizer.json of five tokens is there if none is."""
    for name, content in {"tokenizer.json": tiny(), **files}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
    return tokens_of(folder, {"model_type": kind}, room)


def ids(made: FolderTokens, text: str) -> list[int]:
    """The whole input of a plain text."""
    return [*start_ids(made.tokenizer), *Tokenizer.from_json(made.tokenizer).encode(text)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({CONFIG: {**FAST, "bos_token": "<s>"}}, {"bos_token": "<s>"}),
        ({CONFIG: {**FAST, "bos_token": {"content": "<s>"}}}, {"bos_token": "<s>"}),
        ({CONFIG: {**FAST, "bos_token": None, "pad_token": ""}}, {"pad_token": ""}),
        ({CONFIG: FAST, MAP: {"bos_token": {"content": "<s>"}}}, {"bos_token": "<s>"}),
        ({CONFIG: {**FAST, "bos_token": "a"}, MAP: {"bos_token": "<s>"}}, {"bos_token": "<s>"}),
        (
            {CONFIG: {**FAST, "bos_token": "a", LISTED: {}}, MAP: {"bos_token": "b"}},
            {"bos_token": "a"},
        ),
        ({CONFIG: {**FAST, "image_token": "a", "add_bos_token": True}}, {"image_token": "a"}),
        ({CONFIG: {**FAST, "extra_special_tokens": {"video": "a"}}}, {"video": "a"}),
        ({}, dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")),
        (
            {CONFIG: {"tokenizer_class": "GPT2TokenizerFast", "eos_token": None}},
            dict.fromkeys(("bos_token", "unk_token"), "<|endoftext|>"),
        ),
        ({CONFIG: {"tokenizer_class": "LlamaTokenizer"}}, {}),
        (
            {"tokenizer.json": spaced(), CONFIG: {"tokenizer_class": "LlamaTokenizer"}},
            {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
        ),
    ],
)
def test_special_tokens_have_their_names(tmp_path: Path, files: dict[str, Any], expected: Any):  # noqa: ANN401
    """What the settings name, what the older file names, what the class has by itself."""
    assert words(tmp_path, files).special_tokens == expected


@pytest.mark.parametrize("value", [7, ["<s>"], {"text": "<s>"}, False])
def test_what_is_no_token_is_refused(tmp_path: Path, value: object):
    """A special token that is no text is said, with its name and the file."""
    with pytest.raises(SourceError, match=r"'bos_token' should be a text.*tokenizer_config.json"):
        words(tmp_path, {CONFIG: {**FAST, "bos_token": value}})


@pytest.mark.parametrize(
    "files",
    [
        {CONFIG: {**FAST, "bos_token": "<x>"}},
        {CONFIG: FAST, MAP: {"bos_token": "<x>"}},
        {CONFIG: {**FAST, "additional_special_tokens": ["<x>"]}},
        {CONFIG: {**FAST, LISTED: {"9": {**PLAIN, "content": "<x>"}}}},
        {CONFIG: FAST, "added_tokens.json": {"<x>": 9}},
        {CONFIG: {"tokenizer_class": "GPT2Tokenizer", "eos_token": "<x>"}, "added_tokens.json": {}},
    ],
)
def test_tokens_of_other_files_are_tokens(tmp_path: Path, files: dict[str, Any]):
    """One that tokenizer.json lacks gets the next id, if the model has a row for it."""
    made, small = words(tmp_path, files), words(tmp_path, files, room=5)

    assert ids(made, "a<x>")[:2] in ([0, 5], [0, 6])
    assert not any(one["content"] == "<x>" for one in small.tokenizer["added_tokens"])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0]),
        ({"add_bos_token": True}, [4, 0]),
        ({"add_bos_token": True, "bos_token": "<s>"}, [5, 0]),
        ({"add_bos_token": True, "bos_token": None}, [0]),
        ({"add_bos_token": False}, [0]),
    ],
)
def test_bos_of_old_files(tmp_path: Path, settings: dict[str, Any], expected: list[int]):
    """`add_bos_token` puts the token there, where there is one."""
    assert ids(words(tmp_path, {**OLD, CONFIG: settings}), "a") == expected


def test_eos_of_old_files_is_refused(tmp_path: Path):
    """`add_eos_token` ends every text: that is said, with the setting."""
    made = words(tmp_path, {**OLD, CONFIG: {"add_eos_token": True}})

    with pytest.raises(SourceError, match=r"puts <\|endoftext\|> behind .*add_eos_token"):
        start_ids(made.tokenizer)


def test_add_bos_beside_a_tokenizer_json_says_nothing(tmp_path: Path):
    """There its post-processor decides, as in transformers."""
    assert ids(words(tmp_path, {CONFIG: {"add_bos_token": True}}), "a") == [0]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({CONFIG: {"chat_template": "a"}}, "a"),
        ({CONFIG: {"chat_template": "a"}, "chat_template.jinja": "b"}, "b"),
        ({CONFIG: {"chat_template": [{"name": "default", "template": "a"}]}}, {"default": "a"}),
        ({"additional_chat_templates/tool_use.jinja": "t"}, {"tool_use": "t"}),
        (
            {"chat_template.jinja": "b", "additional_chat_templates/tool_use.jinja": "t"},
            {"default": "b", "tool_use": "t"},
        ),
        ({CONFIG: {"chat_template": None}}, None),
        ({}, None),
    ],
)
def test_chat_templates_of_every_file(tmp_path: Path, files: dict[str, Any], expected: Any):  # noqa: ANN401
    """Files of their own go before the settings; there may be several by name."""
    assert words(tmp_path, files).chat_template == expected


@pytest.mark.parametrize("template", [7, [{"name": "default"}], [{"name": "a", "template": 1}]])
def test_no_text_for_a_template_is_refused(tmp_path: Path, template: object):
    """A template that is none is said of its own file."""
    with pytest.raises(SourceError, match=r"chat template should be a text.*tokenizer_config.json"):
        words(tmp_path, {CONFIG: {"chat_template": template}})


def test_a_damaged_template_is_named(tmp_path: Path):
    """The file that is not UTF-8 is the one that is blamed."""
    with pytest.raises(SourceError, match=r"^chat_template.jinja is corrupt"):
        words(tmp_path, {"chat_template.jinja": b"{# caf\xe9 #}"})


def test_the_default_of_several_is_taken():
    """Of several templates the plain one; without it the names are told, and what to do."""
    data, reason = segments_from_template({"default": TEMPLATE, "tool_use": "{{ x"})
    _, why = segments_from_template({"tool_use": TEMPLATE, "rag": TEMPLATE})
    told = sentence(why)

    assert data is not None
    assert not reason
    assert "chat templates for rag, tool_use, but none for a plain conversation" in told
    assert "chat_template.jinja" in told


def test_a_class_that_wires_by_itself_is_taken_at_its_word(tmp_path: Path):
    """GPT2Tokenizer takes nothing but vocabulary, merges and post-processor from the file."""
    digits = tiny(pre_tokenizer={"type": "Sequence", "pretokenizers": [DIGITS, BYTE_LEVEL]})
    digits["model"] |= {"vocab": {"1": 0, "2": 1, "12": 2, "Ġ": 3}, "merges": ["1 2"]}

    assert ids(words(tmp_path, {"tokenizer.json": digits}), "12") == [2]
    assert ids(words(tmp_path, {"tokenizer.json": digits, CONFIG: FAST}), "12") == [0, 1]


def test_llamas_class_prefixes_the_text_alone(tmp_path: Path):
    """Behind a special token no space is put, though the file has a Prepend."""
    files = {"tokenizer.json": spaced(), CONFIG: {"tokenizer_class": "LlamaTokenizer"}}
    made, plain = words(tmp_path, files), words(tmp_path, {**files, CONFIG: FAST})

    assert ids(made, "a</s>a") != ids(plain, "a</s>a")
    assert ids(made, "a b") == ids(plain, "a b")


def test_other_classes_are_named(tmp_path: Path):
    """What a class makes of a file that is not known here is not guessed."""
    with pytest.raises(SourceError, match=r"class GemmaTokenizer\. .* 'PreTrainedTokenizerFast'"):
        words(tmp_path, {CONFIG: {"tokenizer_class": "GemmaTokenizerFast"}})


def test_unknown_classes_take_the_file(tmp_path: Path):
    """A class of a repository's own is as none, for transformers too."""
    made = words(tmp_path, {CONFIG: {"tokenizer_class": "NoSuchTokenizer"}}, kind="llama")

    assert made.tokenizer == tiny() | {"added_tokens": [added(4, "<s>")]}
    assert made.special_tokens == {}
