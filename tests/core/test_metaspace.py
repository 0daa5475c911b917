"""Llama's way of writing text, on a vocabulary of a few letters, in every form that files have."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from tokenizers import Tokenizer as Oracle

from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.tokens import token_view
from tests import vocabularies
from tests.model_files import corpus
from tests.tokenizer_cases import (
    FALLBACK,
    METASPACE,
    REPLACE,
    SEED,
    added,
    full,
    oracle_ids,
    spaced,
    spaced_model,
)

VOCAB = spaced()["model"]["vocab"]
N_VOCAB = len(VOCAB)  # the oracle numbers what it adds from here
PARTS = ["a", "b", "ab", " ", "  ", "é", "中", "▁", "<s>", "</s>", "<", "\n", "<0x41>", "\x00"]


def metaspace(scheme: str) -> dict[str, Any]:
    """Metaspace as a pre-tokeniser without a split."""
    return METASPACE | {"prepend_scheme": scheme, "split": False}


def newer(scheme: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """The form of newer files: Metaspace in place of the normalizer."""
    return spaced(normalizer=None, pre_tokenizer=metaspace(scheme), **changes)


FORMS = {
    "prepend": spaced(),
    "no prefix": spaced(normalizer=REPLACE, decoder={"type": "Sequence", "decoders": FALLBACK}),
    "pairs": spaced_model(merges=[["▁", "a"], ["▁", "▁"], ["a", "b"], ["▁a", "b"]]),
    "no merge": spaced_model(merges=[]),
    "ignore_merges": spaced_model(ignore_merges=True),
    **{f"newer {scheme}": newer(scheme) for scheme in ("first", "always", "never")},
    **{
        f"Metaspace {scheme}": newer(scheme, decoder=metaspace(scheme))
        for scheme in ("first", "always", "never")
    },
    "newer, whole": newer("first") | {"model": spaced_model(ignore_merges=True)["model"]},
    "ordinary tokens": spaced(
        added_tokens=[
            added(0, "<s>"),
            added(N_VOCAB, "a b", special=False),
            added(VOCAB["é"], "é", special=False),
        ]
    ),
}
LATE = spaced(
    added_tokens=[
        added(0, "<s>"),
        added(1, "</s>", late=True),
        added(N_VOCAB, "a b", special=False, late=True),
        added(N_VOCAB + 1, " é", special=False, late=True),
    ]
)


def random_texts(count: int) -> list[str]:
    """Short texts of all that can go wrong; the same ones each time."""
    rng = random.Random(SEED)
    return ["".join(rng.choices(PARTS, k=rng.randrange(9))) for _ in range(count)]


# The quick test takes the beginning of what the long one takes.
@pytest.mark.parametrize("count", [250, pytest.param(1_500, marks=pytest.mark.long)])
@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_oracles(form, special, count):
    """Prefix, spaces, bytes and added tokens come out as in the oracle, and decode as there."""
    source = full(FORMS[form])
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(json.dumps(source))
    oracle.encode_special_tokens = not special
    texts = random_texts(count)

    got = [tokenizer.encode(text, special=special) for text in texts]

    assert got == oracle_ids(oracle, texts)
    for skip in (False, True):
        assert [tokenizer.decode(ids, skip_special=skip) for ids in got] == oracle.decode_batch(
            got, skip_special_tokens=skip
        )
    assert [
        "".join(word.text for word in tokenizer.words(text, special=special)) for text in texts
    ] == texts


@pytest.mark.parametrize("special", [True, False])
def test_late_tokens_are_found_in_normalized_text(special):
    """A normalized added token has the space before it in it, as the oracle has it."""
    source = full(LATE)
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(json.dumps(source))
    oracle.encode_special_tokens = not special
    texts = random_texts(3_000)

    got = [tokenizer.encode(text, special=special) for text in texts]

    assert got == oracle_ids(oracle, texts)
    assert [tokenizer.decode(ids) for ids in got] == oracle.decode_batch(
        got, skip_special_tokens=False
    )
    assert [
        "".join(word.text for word in tokenizer.words(text, special=special)) for text in texts
    ] == texts
    assert tokenizer.decode([1, 1, 0], skip_special=True) == ""


def test_closed_text_hides_late_tokens_too():
    """A special token is found where the template wrote all of it, and never in a message."""
    tokenizer = Tokenizer.from_json(LATE)

    assert tokenizer.encode_pieces([("</s>", True)]) == [1]
    assert tokenizer.encode_pieces([("a", False), (" </s>", True)])[-1] == 1
    assert tokenizer.encode_pieces([("a ", False), ("</s>", True)])[-1] != 1  # its space is closed
    assert 1 not in tokenizer.encode_pieces([("a </s>", False)])
    assert tokenizer.encode_pieces([("a </", False), ("s>", True)]) == tokenizer.encode(
        "a </s>", special=False
    )


def test_word_that_a_merge_would_cross_is_not_cut():
    """Words end before spaces only while no merge makes a token with a space inside it."""
    crossing = spaced_model()
    crossing["model"]["vocab"] |= {"b▁": 400}
    crossing["model"]["merges"] = [*crossing["model"]["merges"], "b ▁"]
    cut, uncut = Tokenizer.from_json(spaced()), Tokenizer.from_json(crossing)
    texts = random_texts(2_000)

    assert [word.text for word in cut.words("ab  ab a")] == ["ab", "  ab", " a"]
    assert [word.text for word in uncut.words("ab  ab a")] == ["ab  ab a"]
    expected = oracle_ids(Oracle.from_str(json.dumps(full(crossing))), texts)
    assert [uncut.encode(text) for text in texts] == expected


def test_long_text_without_words_takes_seconds():
    """A whole text as one word, 15,000 characters of prose, is merged as the oracle merges it."""
    source = json.loads(vocabularies.source("llama"))
    source["model"]["ignore_merges"] = True  # of the whole text, which is why it is not cut
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(json.dumps(source))
    text = " ".join(corpus()["English"] + corpus()["Ukrainian"]) * 13
    start = time.process_time()

    ids = tokenizer.encode(text)

    assert len(text) > 15_000
    assert time.process_time() - start < 3
    assert len(tokenizer.words(text)) == 1
    assert ids == oracle.encode(text, add_special_tokens=False).ids


def test_film_begins_with_the_space_before_the_text():
    """The first word has one symbol more than letters, and the merges have their ranks."""
    tokenizer = Tokenizer.from_json(spaced())

    (word,) = tokenizer.words("ab中")

    assert (word.text, word.at) == ("ab中", 0)
    assert word.symbols == ("▁", "a", "b", "<0xE4>", "<0xB8>", "<0xAD>")
    film = [(merge.left, merge.right, merge.rank) for _, merge in tokenizer.merge_film("ab中")]
    assert film == [("▁", "a", 0), ("▁a", "b", 3)]
    assert [tokenizer.visible_piece(symbol) for symbol in word.symbols] == [
        "·",
        "a",
        "b",
        "⟨E4⟩",
        "⟨B8⟩",
        "⟨AD⟩",
    ]


def test_token_alone_keeps_its_space():
    """What a token stands for has its space, whatever decoding takes off a text."""
    tokenizer = Tokenizer.from_json(spaced())
    (token,) = tokenizer.encode("ab")

    assert tokenizer.token_text(token) == "▁ab"
    assert tokenizer.token_bytes(token) == b" ab"
    assert tokenizer.visible(token) == "·ab"
    assert tokenizer.decode([token]) == "ab"
    assert tokenizer.decode([token], at_start=False) == " ab"
    assert token_view(tokenizer, token).text == " ab"


def test_no_byte_is_lost():
    """With a token for every byte nothing vanishes."""
    assert Tokenizer.from_json(spaced()).lost_bytes("\x04中\U00050000") == []


def test_missing_byte_token_is_refused():
    """Byte fallback without a byte to fall back to is damage; the sentence names the first."""
    source = spaced()
    vocab = {
        token: number for token, number in source["model"]["vocab"].items() if token[:3] != "<0x"
    }

    with pytest.raises(SourceError, match=r"256 of the 256 bytes .* '<0x00>'"):
        Tokenizer.from_json(spaced_model(vocab=vocab))


def test_byte_level_words_that_are_tokens_need_no_merge():
    """`ignore_merges` gives a word its own token even where its merges lead elsewhere."""
    vocab = {"a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4, "abc": 5}
    model = {"type": "BPE", "vocab": vocab, "merges": ["b c", "a b"], "ignore_merges": True}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    source = full(
        {**spaced(), "normalizer": None, "pre_tokenizer": level, "decoder": level, "model": model}
        | {"added_tokens": []}
    )
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(json.dumps(source))
    rng = random.Random(SEED)
    texts = ["".join(rng.choices("abcé ", k=rng.randrange(7))) for _ in range(500)]

    assert tokenizer.encode("abc") == [5]
    assert list(tokenizer.merge_film("abc")) == []
    assert list(map(tokenizer.encode, texts)) == oracle_ids(oracle, texts)
