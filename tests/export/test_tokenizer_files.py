from __future__ import annotations

import json

import pytest
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as Oracle

from export.tokenizer_files import tokenizer_of
from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import Tokenizer
from tests import vocabularies
from tests.tokenizer_cases import oracle_ids, seeded_texts, spaced, tiny

VOCAB = {"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3, "<pad>": 4}
MERGES = "#version: 0.2\na b\n"
PLAIN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


def put(folder, files):
    """Write files into a folder: data as JSON, text as it is."""
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def old(folder, files):
    """A folder with GPT-2's two old files, and perhaps others."""
    return put(folder, {"vocab.json": VOCAB, "merges.txt": MERGES, **files})


def special(content):
    """The special tokens of a tokenizer.json, by id."""
    return {entry["id"]: entry["content"] for entry in content["added_tokens"] if entry["special"]}


@pytest.mark.parametrize("source", [tiny(), spaced()])
def test_new_file_is_taken_as_it_is(tmp_path, source):
    """Where there is a tokenizer.json, nothing else is looked at."""
    put(tmp_path, {"tokenizer.json": source, "vocab.json": "{", "merges.txt": ""})

    assert tokenizer_of(tmp_path) == source


def test_old_files_of_gpt2_are_the_oracles(tmp_path):
    """The real vocab.json and merges.txt give the ids of the `tokenizers` package's own reader."""
    vocabularies.copy_gpt2_files(tmp_path)
    paths = [str(tmp_path / name) for name in ("vocab.json", "merges.txt")]
    oracle = Oracle(models.BPE.from_file(*paths))
    oracle.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    oracle.decoder = decoders.ByteLevel()
    oracle.add_special_tokens([AddedToken("<|endoftext|>", normalized=False)])
    texts = seeded_texts(2_000)

    tokenizer = Tokenizer.from_json(tokenizer_of(tmp_path))

    assert list(map(tokenizer.encode, texts)) == oracle_ids(oracle, texts)
    assert tokenizer.special_ids == {50_256}
    assert tokenizer.vocab_size == 50_257


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, {3: "<|endoftext|>"}),
        ({"tokenizer_config.json": {"model_max_length": 1024}}, {3: "<|endoftext|>"}),
        (
            {"special_tokens_map.json": {"pad_token": "<pad>"}},
            {3: "<|endoftext|>", 4: "<pad>"},
        ),
        (
            {"special_tokens_map.json": {"pad_token": {"content": "<pad>", **PLAIN}}},
            {3: "<|endoftext|>", 4: "<pad>"},
        ),
        (
            {"tokenizer_config.json": dict.fromkeys(("bos_token", "eos_token", "unk_token"), "a")},
            {0: "a"},
        ),
        (
            {
                "added_tokens.json": {"<new>": 5, "<plain>": 6},
                "tokenizer_config.json": {"additional_special_tokens": ["<new>", "<nowhere>"]},
            },
            {3: "<|endoftext|>", 5: "<new>"},
        ),
        (
            {
                "tokenizer_config.json": {
                    "tokenizer_class": "GPT2TokenizerFast",
                    "added_tokens_decoder": {
                        "3": {"content": "<|endoftext|>", **PLAIN, "special": True},
                        "5": {"content": "<five>", **PLAIN, "special": True},
                    },
                }
            },
            {3: "<|endoftext|>", 5: "<five>"},
        ),
    ],
)
def test_special_tokens_come_from_the_files_beside(tmp_path, files, expected):
    """Each file that old folders have may name a special token; GPT-2's own is the usual."""
    content = tokenizer_of(old(tmp_path, files))

    assert special(content) == expected
    assert Tokenizer.from_json(content).special_ids == set(expected)


def test_added_tokens_need_not_be_special(tmp_path):
    """What added_tokens.json alone names is found in every text, and is no special token."""
    tokenizer = Tokenizer.from_json(tokenizer_of(old(tmp_path, {"added_tokens.json": {"<x>": 5}})))

    assert tokenizer.encode("ab<x>", special=False) == [2, 5]
    assert tokenizer.special_ids == {3}


def test_prefix_space_is_refused_by_name(tmp_path):
    """A split that puts a space before the text is not dropped on the way."""
    content = tokenizer_of(old(tmp_path, {"tokenizer_config.json": {"add_prefix_space": True}}))

    with pytest.raises(SourceError, match=r"'pre_tokenizer' is ByteLevel \(add_prefix_space\)"):
        Tokenizer.from_json(content)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_merges_are_read_with_or_without_header(tmp_path, header, end):
    """The version line is no merge, and lines may end as Windows ends them."""
    lines = ["#version: 0.2"] * header + ["a b", ""]
    old(tmp_path, {})
    (tmp_path / "merges.txt").write_bytes(end.join(lines).encode())

    assert tokenizer_of(tmp_path)["model"]["merges"] == ["a b"]


@pytest.mark.parametrize("text", ["a b\n\n", "\na b\n", "#version: 0.2\n\na b \n \n\n"])
def test_empty_lines_are_no_merges(tmp_path, text):
    """Empty lines, and spaces at a line's end, are passed over as transformers does."""
    old(tmp_path, {})
    (tmp_path / "merges.txt").write_text(text)

    assert tokenizer_of(tmp_path)["model"]["merges"] == ["a b"]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"config.json": {}}, r"has no tokeniser\. Put .* tokenizer\.json there"),
        ({"tokenizer.model": "\n\x0e"}, r"only as tokenizer\.model \(sentencepiece\)"),
        ({"tokenizer.json": "{"}, r"tokenizer\.json is corrupt or cut short: Expecting"),
        ({"tokenizer.json": "[]"}, r"tokenizer\.json is corrupt or cut short: list\."),
        ({"tokenizer.json": "[" * 100_000}, r"tokenizer\.json is corrupt or cut short"),
        (
            {"tokenizer.json": "version https://git-lfs.github.com/spec/v1\n"},
            r"tokenizer\.json is corrupt or cut short: Expecting",
        ),
        ({"vocab.json": VOCAB}, r"has no merges\.txt"),
        ({"merges.txt": MERGES}, r"has no vocab\.json"),
        ({"vocab.json": '{"a": 0', "merges.txt": MERGES}, r"vocab\.json is corrupt or cut short"),
        ({"vocab.json": VOCAB, "merges.txt": ""}, r"merges\.txt is cut short: its last line, 0,"),
        ({"vocab.json": VOCAB, "merges.txt": "#version: 0.2\na b"}, r"cut short: .* line, 2, has"),
        (
            {"vocab.json": VOCAB, "merges.txt": "a b\nab\n"},
            r"merges\.txt is damaged: line 2 should be two symbols and is 'ab'",
        ),
        (
            {"vocab.json": VOCAB, "merges.txt": "#version: 0.2\na b ab\n"},
            r"line 2 should be two symbols and is 'a b ab'",
        ),
        (
            {"vocab.json": {}, "tokenizer_config.json": {"tokenizer_class": "CLIPTokenizer"}},
            r"vocab\.json and merges\.txt of a CLIPTokenizer",
        ),
        (
            {"vocab.json": VOCAB, "merges.txt": MERGES, "added_tokens.json": "x"},
            r"added_tokens\.json is corrupt",
        ),
        (
            {
                "vocab.json": VOCAB,
                "merges.txt": MERGES,
                "tokenizer_config.json": {"additional_special_tokens": [{"id": 3}]},
            },
            r"is corrupt or cut short: KeyError: 'content'",
        ),
    ],
)
def test_bad_files_have_a_sentence(tmp_path, files, sentence):
    """Missing, damaged and foreign files are refused with what to do."""
    with pytest.raises(SourceError, match=sentence):
        tokenizer_of(put(tmp_path, files))


def test_file_that_is_no_text_has_a_sentence(tmp_path):
    """Bytes that are not UTF-8, and a folder in a file's place, are refused too."""
    (tmp_path / "tokenizer.json").write_bytes(b"\xff\xfe{}")

    with pytest.raises(SourceError, match=r"tokenizer\.json is corrupt or cut short: 'utf-8'"):
        tokenizer_of(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "tokenizer.json").mkdir()
    with pytest.raises(SourceError, match=r"tokenizer\.json is corrupt or cut short"):
        tokenizer_of(tmp_path)
