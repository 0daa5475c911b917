"""tokenizer.json in shapes that no file has: each is the oracle's, or is refused in a sentence."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from tokenizers import Tokenizer as Oracle

from seethrough.core.byte_letters import byte_letter
from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import Tokenizer
from tests.tokenizer_cases import (
    BYTE_LEVEL,
    DIGITS,
    FALLBACK,
    METASPACE,
    PREPEND,
    REPLACE,
    RESTORE,
    SEED,
    STRIP,
    added,
    full,
    spaced,
    tiny,
)

LEVEL = BYTE_LEVEL | {"use_regex": True}
WHOLE = METASPACE | {"split": False}
SPLIT = {"type": "Split", "pattern": {"Regex": "\\d"}, "behavior": "Isolated", "invert": False}
NORMALIZERS: list[Any] = [
    *(None, PREPEND, REPLACE, PREPEND | {"prepend": "x"}, REPLACE | {"content": "_"}),
    *({"type": name} for name in ("NFC", "NFKC", "Lowercase", "StripAccents", "Nmt", "ByteLevel")),
    {"type": "Strip", "strip_left": True, "strip_right": False},
    {"type": "Sequence", "normalizers": []},
    {"type": "Sequence", "normalizers": [PREPEND, REPLACE]},
    {"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": [PREPEND]}, REPLACE]},
]
CUTS: list[Any] = [
    *(None, LEVEL, BYTE_LEVEL, LEVEL | {"add_prefix_space": True}, LEVEL | {"use_regex": False}),
    *(METASPACE, WHOLE, WHOLE | {"prepend_scheme": "always"}, WHOLE | {"prepend_scheme": "never"}),
    {"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": True},
    *({"type": name} for name in ("Whitespace", "WhitespaceSplit", "BertPreTokenizer")),
    *(SPLIT, {"type": "Punctuation", "behavior": "Isolated"}),
    {"type": "Sequence", "pretokenizers": []},
    *({"type": "Sequence", "pretokenizers": [one, LEVEL]} for one in (DIGITS, SPLIT)),
    {"type": "Sequence", "pretokenizers": [LEVEL, DIGITS]},
]
DECODERS: list[Any] = [
    *(None, LEVEL, LEVEL | {"add_prefix_space": True}, METASPACE, WHOLE, RESTORE, {"type": "Fuse"}),
    METASPACE | {"prepend_scheme": "never"},
    *({"type": "Sequence", "decoders": steps} for steps in ([], [LEVEL], FALLBACK, FALLBACK[:2])),
    *({"type": "Sequence", "decoders": [*FALLBACK, STRIP | {"stop": at}]} for at in (0, 1)),
    {"type": "WordPiece", "prefix": "##", "cleanup": True},
    {"type": "BPEDecoder", "suffix": "</w>"},
]
MODELS: list[dict[str, Any]] = [
    *({"dropout": 0.0}, {"fuse_unk": True}, {"ignore_merges": True}, {"byte_fallback": True}),
    *({"unk_token": name} for name in (None, "a", "<s>")),
    *({"continuing_subword_prefix": ""}, {"end_of_word_suffix": "b"}, {"merges": []}),
    {"merges": ["a b", "a b"]},
]
ADDED = ("<s>", "</s>", " a", "a b", "ab", "é", " ", "A", "▁a", "Ġ", "<0x41>", "\n", "aa", "a")
PARTS = (
    *("a", "b", "ab", " ", "  ", "é", "中", "▁", "<s>", "</s>", "<", "\n", "<0x41>", "\x00"),
    *("1", "22", "A", "e\u0301", "aa", "'s", "\u00a0", "_"),
)


def shape(rng: random.Random) -> dict[str, Any]:
    """A file with some of its parts exchanged."""
    made = rng.choice([tiny, spaced])()
    if made["pre_tokenizer"] and rng.random() < 0.7:
        letters = {byte_letter(byte): byte for byte in range(256)}
        made["model"] |= {"vocab": letters | {"ab": 256, "12": 257}, "merges": ["a b", "1 2"]}
    parts = {"normalizer": NORMALIZERS, "pre_tokenizer": CUTS, "decoder": DECODERS}
    made |= {name: rng.choice(parts[name]) for name in parts if rng.random() < 0.3}
    made["model"] |= rng.choice(MODELS) if rng.random() < 0.4 else {}
    if rng.random() < 0.5:
        first = len(made["model"]["vocab"])
        flags = ("single_word", "lstrip", "rstrip")
        made["added_tokens"] = [
            added(
                first + at + rng.choice((0, 0, 3)),
                content,
                special=rng.random() < 0.6,
                late=rng.random() < 0.4,
                **({rng.choice(flags): True} if rng.random() < 0.1 else {}),
            )
            for at, content in enumerate(rng.sample(ADDED, rng.randrange(4)))
        ]
    return full(made)


@pytest.mark.parametrize("count", [400, pytest.param(4_000, marks=pytest.mark.long)])
def test_every_shape_is_the_oracles_or_refused(count: int) -> None:
    """Whatever the steps of a file are, no text has other ids and no ids have another text."""
    rng, n_taken = random.Random(SEED), 0
    for _ in range(count):
        source = json.dumps(shape(rng))
        try:
            tokenizer = Tokenizer.from_json(source)
        except SourceError:
            continue
        oracle, n_taken = Oracle.from_str(source), n_taken + 1
        for special in (True, False):
            oracle.encode_special_tokens = not special
            for text in ("".join(rng.choices(PARTS, k=rng.randrange(8))) for _ in range(12)):
                expected = oracle.encode(text, add_special_tokens=False).ids
                assert tokenizer.encode(text, special=special) == expected, (text, source)
        for _ in range(4):
            ids = rng.choices(range(tokenizer.vocab_size + 3), k=rng.randrange(8))
            expected = oracle.decode(ids, skip_special_tokens=False)
            assert tokenizer.decode(ids) == expected, (ids, source)

    assert n_taken > count / 10


def test_a_late_token_may_be_normalized_to_another_one() -> None:
    """Both "a", once normalized "▁a", and "▁a" as it stands are tokens: each is found as itself."""
    late, early = added(259, "a", special=False, late=True), added(263, "▁a", special=False)
    source = json.dumps(full(spaced(added_tokens=[late, early])))
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(source)

    for text in ("a2 a", "▁a", "a▁a a"):
        assert tokenizer.encode(text) == oracle.encode(text, add_special_tokens=False).ids, text
