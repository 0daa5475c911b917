from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from tokenizers import Tokenizer as Oracle
from tokenizers import pre_tokenizers

from seethrough.core.bpe import Bpe
from seethrough.core.byte_letters import letters_of
from seethrough.core.merge_ranks import Merges
from seethrough.core.pretokenize import gpt2_words, single_digit_words, unicode_classes
from seethrough.core.tokenizer import LostByte, Tokenizer
from tests.model_files import default_oracle, default_tokenizer
from tests.tokenizer_cases import (
    LACKING,
    SAMPLE,
    SEED,
    added,
    any_text,
    full,
    model,
    oracle_ids,
    seeded_texts,
    small_json,
    tiny,
    unhurried,
)

# Every code point that is a character: no surrogates.
EVERYTHING = np.concatenate([np.arange(0xD800), np.arange(0xE000, 0x110000)])


def codes_of(name):
    """The code points of a class of characters, in order."""
    flat = unicode_classes()[name]
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return np.concatenate([np.arange(first, last + 1) for first, last in pairs])


def text_of(codes):
    """The text of some code points."""
    return codes.astype("<u4").tobytes().decode("utf-32-le")


@pytest.mark.parametrize("count", [SAMPLE, pytest.param(4_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("single_digits", [True, False])
def test_both_wirings_are_the_oracles(single_digits, count):
    """GPT-2's split alone, and behind single digits, give the oracle's ids."""
    source = small_json(single_digits=single_digits)
    texts = seeded_texts(count)

    tokenizer = Tokenizer.from_json(source)

    assert list(map(tokenizer.encode, texts)) == oracle_ids(Oracle.from_str(source), texts)


@pytest.mark.long
def test_unicode_classes_are_the_engines():
    """Of all 1,112,064 characters, each is letter, number, space or other as the oracle has it.

    Characters of one class in a row, each behind a neighbour of that class, stay one word only if
    every one of them is of the class.
    """
    letter, number, space = map(codes_of, ("letter", "number", "space"))
    others = np.setdiff1d(EVERYTHING, np.concatenate([letter, number, space]))
    level = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    rows = {"a": letter, "1": number, "!": others, "\n": space}

    assert len(EVERYTHING) == sum(map(len, rows.values())) == 1_112_064
    for neighbour, row in rows.items():
        pairs = np.stack([np.full(len(row), ord(neighbour)), row], axis=1)
        assert len(level(text_of(pairs))) == 1


@pytest.mark.long
def test_digits_are_the_engines():
    """Exactly the characters of the digit table stand alone under the oracle's Digits."""
    digits = codes_of("digit")
    rest = np.setdiff1d(EVERYTHING, digits)
    split = pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str

    assert len(digits) + len(rest) == len(EVERYTHING)
    assert len(split(text_of(rest))) == 1
    assert [word for word, _ in split(text_of(digits))] == list(map(chr, digits))


@unhurried
@given(any_text)
def test_words_are_the_oracles(text):
    """Both splits cut where the oracle cuts, and lose nothing."""
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digits = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), level])

    for words, oracle in ((gpt2_words(text), level), (single_digit_words(text), digits)):
        assert [letters_of(word.encode()) for word in words] == [
            letters for letters, _ in oracle.pre_tokenize_str(text)
        ]
        assert "".join(words) == text


@model
@unhurried
@given(any_text)
def test_round_trip_but_for_lost_bytes(text):
    """Decoding gives back the text's bytes less those that `lost_bytes` names, and no others."""
    tokenizer = default_tokenizer()
    lost = tokenizer.lost_bytes(text)

    raw = b"".join(tokenizer.token_bytes(one) for one in tokenizer.encode(text))

    assert {one.byte for one in lost} <= LACKING
    assert all(text[one.at] == one.character for one in lost)
    assert raw == bytes(byte for byte in text.encode() if byte not in LACKING)
    assert len(raw) + len(lost) == len(text.encode())
    if not lost:
        assert tokenizer.decode(tokenizer.encode(text)) == text


@model
def test_lost_bytes_vanish_as_in_the_oracle():
    """A byte without a token leaves nothing; its neighbours merge, and `lost_bytes` tells."""
    tokenizer, oracle = default_tokenizer(), default_oracle()
    text = "=\x04= \U00050000"

    ids = tokenizer.encode(text)

    assert ids == oracle.encode(text, add_special_tokens=False).ids
    assert tokenizer.token_text(ids[0]) == "=="
    assert tokenizer.decode(ids) == "== \ufffd\ufffd\ufffd"
    assert tokenizer.lost_bytes(text) == [
        LostByte(at=1, character="\x04", byte=0x04),
        LostByte(at=4, character="\U00050000", byte=0xF1),
    ]


@model
def test_vocabulary_lacks_just_these_bytes():
    """Of the 256 bytes, SmolLM2 has no token for 21."""
    tokenizer = default_tokenizer()
    present = {tokenizer.token_text(one) for one in range(tokenizer.vocab_size)}

    assert {byte for byte in range(256) if letters_of(bytes([byte])) not in present} == LACKING


def test_film_shows_each_merge_with_its_rank():
    """The lowest rank goes first, the leftmost of equals before the others."""
    vocab = {
        letter: place for place, letter in enumerate(["a", "b", "c", "ab", "bc", "abc", "cab"])
    }
    bpe = Bpe(vocab, Merges(vocab, [("b", "c"), ("a", "b"), ("a", "bc")]))

    film = [
        (one.left_at, one.right_at, one.left, one.right, one.rank) for one in bpe.merges("abcabc")
    ]

    assert film == [
        (1, 2, "b", "c", 0),
        (4, 5, "b", "c", 0),
        (0, 1, "a", "bc", 2),
        (3, 4, "a", "bc", 2),
    ]
    assert bpe.ids("abcabc") == [vocab["abc"]] * 2


def test_cache_is_bounded(monkeypatch):
    """However many words come by, only so many are kept, and the ids stay right."""
    monkeypatch.setattr("seethrough.core.tokenizer.KEPT_WORDS", 3)
    tokenizer = Tokenizer.from_json(tiny())

    ids = [tokenizer.encode(" " * n + "ab" * n) for n in range(1, 20)]

    assert len(tokenizer._known) <= 3
    assert ids == [[3] * n + [2] * n for n in range(1, 20)]


def test_special_token_is_found_right_after_closed_text():
    """Closed text cannot swallow the beginning of a special token that the template writes."""
    tokens = [added(4, "<s>"), added(5, "<s><s>")]
    tokenizer = Tokenizer.from_json(tiny(added_tokens=tokens))

    assert tokenizer.encode_pieces([("a<s>", False), ("<s>", True)])[-1] == 4
    assert tokenizer.encode_pieces([("<s>", True), ("<s>", True)]) == [5]
    assert tokenizer.encode_pieces([("<s", False), (">a", True)]) == [0]
    assert tokenizer.encode_pieces([]) == []


@pytest.mark.parametrize("special", [True, False])
def test_added_tokens_are_cut_as_by_the_oracle(special):
    """Longest first, late ones last, ordinary ones always: as in the oracle, on random texts."""
    tokens = [
        added(4, "<s>"),
        added(5, "<s>a"),
        added(6, "ba", special=False),
        added(7, "bab", special=False, late=True),
        added(8, "é"),
        added(9, "a b", special=False),
        added(10, "日本"),
        added(11, "ab<", late=True),
    ]
    source = tiny(added_tokens=tokens)
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(json.dumps(full(source)))
    oracle.encode_special_tokens = not special
    rng = random.Random(SEED)
    parts = ["a", "b", " ", "<s>", "é", "日本", "<", "a b", "bab"]
    texts = ["".join(rng.choices(parts, k=rng.randrange(9))) for _ in range(3_000)]

    got = [tokenizer.encode(text, special=special) for text in texts]

    assert got == oracle_ids(oracle, texts)
    assert [tokenizer.decode(ids) for ids in got] == oracle.decode_batch(
        got, skip_special_tokens=False
    )
