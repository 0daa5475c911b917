from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Oracle

from seethrough.core.byte_letters import byte_letter
from seethrough.core.errors import InputError, SourceError
from seethrough.core.tokenizer import Tokenizer
from tests.tokenizer_cases import (
    BYTE_LEVEL,
    DIGITS,
    METASPACE,
    PREPEND,
    REPLACE,
    added,
    full,
    oracle_ids,
    spaced,
    spaced_model,
    tiny,
    tiny_model,
    unhurried,
)


def gapped():
    """The tiny tokenizer.json with gaps in its vocabulary: it has no 3 and no 5."""
    return tiny_model(vocab={"a": 0, "b": 1, "ab": 2, "Ġ": 6})


@pytest.mark.parametrize("method", ["encode", "words", "lost_bytes"])
def test_lone_surrogate_is_refused(method):
    """Text that has no bytes is refused with the place of the culprit."""
    with pytest.raises(InputError) as caught:
        getattr(Tokenizer.from_json(tiny()), method)("ab\ud800")

    assert "character 2" in str(caught.value)
    assert "U+D800" in str(caught.value)


@pytest.mark.parametrize("token_id", [-1, 5, 10**12])
def test_unknown_id_has_no_text(token_id):
    """An id that no token has is no entry of the vocabulary: the range that exists is told."""
    tokenizer = Tokenizer.from_json(tiny())

    for call in (tokenizer.token_text, tokenizer.token_bytes):
        with pytest.raises(InputError, match=rf"no token {token_id}: .* from 0 to 4"):
            call(token_id)


def test_gap_in_the_ids_has_no_text():
    """An id between two that exist, itself unused, is no token either."""
    tokenizer = Tokenizer.from_json(gapped())

    assert tokenizer.vocab_size == 7
    with pytest.raises(InputError, match="no token 5"):
        tokenizer.token_text(5)


@unhurried
@given(st.lists(st.integers(0, 12)))
def test_ids_without_a_token_add_nothing(ids):
    """Padding and gaps have names to be seen by; decoded they are nothing, as for the oracle."""
    source = gapped()
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(json.dumps(full(source)))

    assert tokenizer.decode(ids) == oracle.decode(ids, skip_special_tokens=False)
    for one in ids:
        assert (tokenizer.visible(one) == f"⟨id {one}⟩") == (oracle.id_to_token(one) is None)


@pytest.mark.parametrize(
    "source",
    [
        gapped(),
        tiny(added_tokens=[added(9, "<s>"), added(0, "a"), added(3, "<x>", special=False)]),
        tiny(added_tokens=[added(4, "<s>"), added(5, "<s>"), added(4, "")]),
        tiny(added_tokens=[added(7, "<s>", late=True), added(6, "<x>")]),
        spaced(added_tokens=[added(900, "<x>"), added(1, "</s>"), added(0, "<s>", special=False)]),
    ],
)
def test_added_tokens_are_numbered_as_the_oracle_numbers_them(source):
    """An added token's id is its vocabulary's, or the next one, whatever its entry says."""
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(json.dumps(full(source)))
    texts = ["a<s>b<x> ", "<s><s>", "</s>ab"]

    assert list(map(tokenizer.encode, texts)) == oracle_ids(oracle, texts)
    assert tokenizer.special_ids == {
        number for number, one in oracle.get_added_tokens_decoder().items() if one.special
    }


@pytest.mark.parametrize(
    "source",
    [
        tiny_model(vocab={"a": 0, "b": 1, "ab": 2, "Ġ": 2}),
        tiny_model(vocab={"a": 0, "b": 1, "ab": 2, "Ġ": 4}),
    ],
)
def test_two_tokens_of_one_id_are_refused(source):
    """Of two tokens with one id the oracle takes either: the file is refused, both are named."""
    with pytest.raises(SourceError, match=r"gives the id [24] to two tokens, '.*' and '.*'"):
        Tokenizer.from_json(source)


@pytest.mark.parametrize("named", [{"type": "Unigram"}, {}])
def test_unigram_is_named(named):
    """A list of tokens with scores is no damage: it is named as what it is, with what to do."""
    model = {**named, "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.5]], "byte_fallback": False}

    with pytest.raises(SourceError, match=r"'model.type' is Unigram\. .* Use another checkpoint"):
        Tokenizer.from_json(tiny(model=model))


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ({"vocab": {"a": 0}, "unk_token": "a"}, "WordLevel"),
        ({"vocab": {"a": 0}, "unk_token": "a", "max_input_chars_per_word": 100}, "WordPiece"),
    ],
)
def test_untyped_models_are_named(model, kind):
    """Older files leave out the type; it shows in what else the model has."""
    with pytest.raises(SourceError, match=f"'model.type' is {kind}"):
        Tokenizer.from_json(tiny(model=model))


@pytest.mark.parametrize(
    ("source", "setting", "got"),
    [
        (tiny_model(type="WordPiece"), "model.type", "WordPiece"),
        (tiny_model(byte_fallback=True), "model.byte_fallback", "True"),
        (tiny_model(dropout=0.1), "model.dropout", "0.1"),
        (tiny_model(continuing_subword_prefix="##"), "model.continuing_subword_prefix", "##"),
        (tiny_model(unk_token="a"), "model.unk_token", "a"),  # noqa: S106
        (tiny(normalizer={"type": "NFKD"}), "normalizer", "NFKD"),
        (tiny(decoder=None), "decoder", "nothing"),
        (tiny(pre_tokenizer=None), "decoder", "ByteLevel"),
        (tiny(pre_tokenizer=METASPACE), "pre_tokenizer", "Metaspace (first, split)"),
        (tiny(pre_tokenizer="BERT"), "pre_tokenizer", "BERT"),
        (spaced(pre_tokenizer=METASPACE), "pre_tokenizer", "Metaspace (first, split)"),
        (
            spaced(normalizer=None, pre_tokenizer={"type": "Metaspace", "replacement": "_"}),
            "pre_tokenizer",
            "Metaspace ('_', always, split)",
        ),
        (
            spaced(normalizer=None),
            "decoder",
            "Replace ('▁' → ' ') + ByteFallback + Fuse + Strip (' ', 1, 0)",
        ),
        (spaced(normalizer=PREPEND), "normalizer", "Prepend ('▁')"),
        (
            spaced(normalizer={"type": "Sequence", "normalizers": [REPLACE, PREPEND]}),
            "normalizer",
            "Replace (' ' → '▁') + Prepend ('▁')",
        ),
        (
            spaced(normalizer=REPLACE | {"pattern": {"Regex": " "}}),
            "normalizer",
            "Replace ({'Regex': ' '} → '▁')",
        ),
        (spaced(decoder=BYTE_LEVEL), "decoder", "ByteLevel"),
        (
            spaced(decoder={"type": "Strip", "content": " ", "start": 2, "stop": 0}),
            "decoder",
            "Strip (' ', 2, 0)",
        ),
        (spaced_model(byte_fallback=False), "model.byte_fallback", "False"),
        (
            tiny(pre_tokenizer=BYTE_LEVEL | {"add_prefix_space": True}),
            "pre_tokenizer",
            "ByteLevel (add_prefix_space)",
        ),
        (
            tiny(pre_tokenizer=BYTE_LEVEL | {"use_regex": False}),
            "pre_tokenizer",
            "ByteLevel (without use_regex)",
        ),
        (
            tiny(pre_tokenizer={"type": "Sequence", "pretokenizers": [BYTE_LEVEL, DIGITS]}),
            "pre_tokenizer",
            "ByteLevel + Digits (individual_digits)",
        ),
        (
            tiny(
                pre_tokenizer={
                    "type": "Sequence",
                    "pretokenizers": [DIGITS | {"individual_digits": False}, BYTE_LEVEL],
                }
            ),
            "pre_tokenizer",
            "Digits + ByteLevel",
        ),
        (tiny(added_tokens=[added(4, "<s>", lstrip=True)]), "added_tokens lstrip", "True"),
    ],
)
def test_unsupported_kinds_are_named(source, setting, got):
    """What is not supported is refused by name, along with what is."""
    with pytest.raises(SourceError) as caught:
        Tokenizer.from_json(source)

    assert f"'{setting}' is {got}." in str(caught.value)
    assert "byte-level BPE" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("[]", "tokenizer.json"),
        ({}, "model"),
        (tiny(model={"type": "BPE", "merges": []}), "vocab"),
        (tiny_model(merges=None), "merges"),
        (tiny_model(merges=["a  b"]), "merges"),
        (tiny_model(merges=[["a", 1]]), "merges"),
        (tiny_model(merges=[7]), "merges"),
        (tiny_model(vocab={"a": "0"}, merges=[]), "vocab"),
        (tiny_model(vocab={"a": -1}, merges=[]), "vocab"),
        (tiny_model(vocab={"a": 10**9}, merges=[]), "vocab"),
        (tiny_model(vocab={"\ud800": 0}, merges=[]), "vocab"),
        (tiny(added_tokens={}), "added_tokens"),
        (tiny(added_tokens=["<s>"]), "added_tokens"),
        (tiny(added_tokens=[{"id": 4}]), "added_tokens"),
        (tiny(added_tokens=[added(4, "<s>"), added(4, "<s>", special=False)]), "added_tokens"),
        (tiny(pre_tokenizer={"type": "Sequence"}), "pretokenizers"),
    ],
)
def test_damage_is_named(source, part):
    """A damaged file is refused with the part that is wrong."""
    with pytest.raises(SourceError, match=f"damaged: '{part}'"):
        Tokenizer.from_json(source)


@pytest.mark.parametrize("source", ["", "{", "[" * 100_000, "\x00"])
def test_no_json_is_refused(source):
    """Text that is not JSON is refused as such."""
    with pytest.raises(SourceError, match="is not JSON"):
        Tokenizer.from_json(source)


@pytest.mark.parametrize("merges", [["a c"], ["b a"], [["", "a"]]])
def test_merge_without_token_is_refused(merges):
    """A merge whose parts or sum have no token is damage, not a crash later on."""
    with pytest.raises(SourceError, match="it merges"):
        Tokenizer.from_json(tiny_model(merges=merges))


def test_merges_may_be_pairs():
    """Newer files hold merges as pairs; they mean the same."""
    assert Tokenizer.from_json(tiny_model(merges=[["a", "b"]])).encode("ab") == [2]


@unhurried
@given(st.text(alphabet="ab <s>", max_size=30))
def test_tiny_is_the_oracles(text):
    """The five-token tokeniser of these tests is a real one: the oracle agrees with it."""
    oracle = Oracle.from_str(json.dumps(full(tiny())))

    assert Tokenizer.from_json(tiny()).encode(text) == oracle_ids(oracle, [text])[0]


def test_older_gpt2_files_mean_the_same():
    """Settings that older files leave out or spell otherwise change nothing for GPT-2."""
    vocab = {letter: number for number, letter in enumerate(map(byte_letter, range(256)))}
    vocab |= {"ab": 256, "<|endoftext|>": 257}
    model = {"unk_token": "<|endoftext|>", "fuse_unk": False, "continuing_subword_prefix": ""}
    model |= {"end_of_word_suffix": "", "dropout": None, "vocab": vocab, "merges": ["a b"]}
    source = tiny(
        added_tokens=[added(257, "<|endoftext|>", late=True)],
        post_processor=BYTE_LEVEL | {"trim_offsets": False},
        decoder=BYTE_LEVEL | {"add_prefix_space": True},
        model=model,
    )
    texts = ["ab<|endoftext|>ba", "\x04é ab", ""]
    oracle = Oracle.from_str(json.dumps(source))

    tokenizer = Tokenizer.from_json(source)

    assert list(map(tokenizer.encode, texts)) == oracle_ids(oracle, texts)
    assert tokenizer.special_ids == {257}
