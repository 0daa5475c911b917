"""Tokenisers that see a text in Unicode's composed form: the oracle's ids, and true places."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Oracle

from seethrough.core import nfc
from seethrough.core.tokenizer import Tokenizer
from tests.tokenizer_cases import SAMPLE, SEED, added, oracle_ids, seeded_texts, small_json

# Letters with marks, Hangul's parts, signs that composing takes apart, marks in another order.
ODD = ("e\u0301", "A\u030a", "\u1100\u1161\u11a8", "\u0958", "\u212b", "q\u0323\u0307", "\ufb2c")
SPACES = ("  ", "    ", "\t\t")


def neox_json() -> str:
    """A small tokeniser wired as GPT-NeoX's: NFC, bytes, runs of spaces as late added tokens."""
    content = json.loads(small_json(single_digits=False))
    first = max(content["model"]["vocab"].values()) + 1
    late = [added(first + at, text, special=False, late=True) for at, text in enumerate(SPACES)]
    told = {"normalizer": {"type": "NFC"}, "added_tokens": [*content["added_tokens"], *late]}
    return json.dumps({**content, **told})


def odd_texts(count: int) -> list[str]:
    """Seeded texts, some of them decomposed, with odd signs put in."""
    rng, found = random.Random(SEED), []
    for at, text in enumerate(seeded_texts(count)):
        cut = rng.randrange(len(text) + 1)
        whole = text[:cut] + rng.choice(ODD) + rng.choice(SPACES) + text[cut:]
        found.append(normalize("NFD", whole) if at % 3 == 0 else whole)
    return found


@pytest.mark.parametrize("count", [SAMPLE, pytest.param(20_000, marks=pytest.mark.long)])
def test_ids_and_text_are_the_oracle_s(count: int) -> None:
    """Whatever form a text comes in, its ids and their text are those of `tokenizers`."""
    tokenizer, oracle = Tokenizer.from_json(neox_json()), Oracle.from_str(neox_json())
    texts = odd_texts(count)

    expected = oracle_ids(oracle, texts)
    assert list(map(tokenizer.encode, texts)) == expected
    assert list(map(tokenizer.decode, expected)) == oracle.decode_batch(expected, False)


def test_words_stand_where_they_stood() -> None:
    """The words of a decomposed text are cut from the text itself, without gaps, in order."""
    tokenizer = Tokenizer.from_json(neox_json())
    for text in odd_texts(SAMPLE):
        words = tokenizer.words(text)
        assert "".join(word.text for word in words) == text
        assert all(one.at + len(one.text) == other.at for one, other in pairwise(words))
        assert [one for word in words for one in word.ids] == tokenizer.encode(text)


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("".join(ODD)))))
def test_every_sign_has_its_place(text: str) -> None:
    """Places never fall, and composing the text up to where a piece begins gives what is before."""
    found = nfc.places(text)
    if found is None:
        assert nfc.composed(text) == text
        return
    made = nfc.composed(text)
    assert len(found) == len(made) + 1
    assert found == sorted(found)
    assert found[-1] == len(text)
    for at in {place: at for at, place in reversed(list(enumerate(found)))}.values():
        assert nfc.composed(text[: found[at]]) == made[:at]
