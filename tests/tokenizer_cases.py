"""What the tokeniser's tests share: seeded texts, small vocabularies, the oracle's answers."""

from __future__ import annotations

import random
from functools import cache
from itertools import chain
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Oracle
from tokenizers import decoders, models, pre_tokenizers, trainers

from tests.hostile_text import SPECIAL, hostile, mutated
from tests.model_files import corpus

SEED = 20240917
# The sample is the beginning of the long tests' texts.
N_TEXTS, SAMPLE = 100_000, 250
LACKING = {0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xC0, 0xC1, *range(0xF1, 0x100)} - {0xF3, 0xF4}
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
DIGITS = {"type": "Digits", "individual_digits": True}
METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}
PREPEND = {"type": "Prepend", "prepend": "▁"}
REPLACE = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
RESTORE = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
STRIP = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
FALLBACK = [RESTORE, {"type": "ByteFallback"}, {"type": "Fuse"}]

model = pytest.mark.model
unhurried = settings(deadline=None)  # the first example may load the vocabulary
any_text = st.lists(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from([" ", "  ", "\n", "\t", "'s", "12", "the", " don't", "\x04", *SPECIAL]),
        st.sampled_from(["<s>", "</s>", "<unk>", "▁", "<0x0A>", "."]),
    ),
    max_size=40,
).map("".join)


@cache
def seeded_texts(count: int) -> list[str]:
    """Texts of which every second is hostile; the same ones each time, each once."""
    rng = random.Random(SEED)
    return list(dict.fromkeys((mutated, hostile)[index % 2](rng) for index in range(count)))


def oracle_ids(oracle: Oracle, texts: list[str]) -> list[list[int]]:
    """What the oracle makes of each text; it counts no offsets, which nobody asks for."""
    return [one.ids for one in oracle.encode_batch_fast(texts, add_special_tokens=False)]


@cache
def small_json(*, single_digits: bool) -> str:
    """A tokeniser trained on the corpus in a moment: all bytes, 700 merges, two special tokens."""
    trained = Oracle(models.BPE())
    steps = [pre_tokenizers.Digits(individual_digits=True)] if single_digits else []
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.pre_tokenizer = pre_tokenizers.Sequence([*steps, level]) if steps else level
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=958,
        special_tokens=["<|endoftext|>", "<|im_start|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator(chain.from_iterable(corpus().values()), trainer)
    return trained.to_str()


def tiny(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """A tokenizer.json of five tokens: a, b, ab, a space, and the special <s>."""
    content: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added(4, "<s>")],
        "normalizer": None,
        "pre_tokenizer": BYTE_LEVEL,
        "post_processor": None,
        "decoder": BYTE_LEVEL,
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3}, "merges": ["a b"]},
    }
    return content | changes


def added(
    token_id: int, content: str, *, special: bool = True, late: bool = False, **changes: bool
) -> dict[str, Any]:
    """An entry of `added_tokens`."""
    plain = {"single_word": False, "lstrip": False, "rstrip": False}
    return {
        "id": token_id,
        "content": content,
        **plain,
        "normalized": late,
        "special": special,
        **changes,
    }


def tiny_model(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """The tiny tokenizer.json with changes in its model."""
    return tiny(model=tiny()["model"] | changes)


def spaced(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """A tokenizer.json as Llama's in small: all bytes, a few letters and merges, <s> and </s>."""
    return spaced_model() | changes


def spaced_model(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """The same with changes in its model."""
    merges = ["▁ a", "▁ ▁", "a b", "▁a b", "▁▁ ▁▁", "é é"]
    tokens = ["<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b", "é", "<"]
    tokens += [merge.replace(" ", "") for merge in merges]
    model = {
        "type": "BPE",
        "byte_fallback": True,
        "fuse_unk": True,
        "unk_token": "<s>",
        "vocab": {token: number for number, token in enumerate(tokens)},
        "merges": merges,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added(0, "<s>"), added(1, "</s>")],
        "normalizer": {"type": "Sequence", "normalizers": [PREPEND, REPLACE]},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [*FALLBACK, STRIP]},
        "model": model | changes,
    }


def full(source: dict[str, Any]) -> dict[str, Any]:
    """The same with every setting that the oracle insists on."""
    settings_of_model = {
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
    }
    return source | {"model": settings_of_model | source["model"]}
