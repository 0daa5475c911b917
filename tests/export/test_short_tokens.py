"""Pieces and ranks in the place of merges: the same order, or the merges stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tokenizers import Tokenizer as Oracle

from export.short_tokens import pairs, ranks_of, runs_of, shortened
from export.tokenizer_json import tokenizer_dict
from seethrough.core.errors import SourceError
from seethrough.core.merge_ranks import PieceRanks
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.tokenizer_source import unrolled
from tests import vocabularies
from tests.tokenizer_cases import full, seeded_texts, spaced_model


@pytest.mark.parametrize("numbers", [[], [5], [3, 3, 3], [0, 0, 1, 2, 3, 9, 7, 5, 5], [4, 2, 0, 1]])
def test_runs_are_the_numbers(numbers: list[int]):
    """Any row of numbers comes back from its runs."""
    assert unrolled(runs_of(numbers)) == numbers


def test_equal_scores_share_a_rank():
    """The best score has rank 0, and the next different one 1."""
    assert ranks_of([-2.0, 0.0, -0.0, -5.5]) == [1, 0, 0, 2]


def ranked(*merges: str) -> dict[str, Any]:
    """A small tokenizer.json of Llama's kind with these merges."""
    vocab = spaced_model()["model"]["vocab"]
    return spaced_model(vocab=vocab, merges=list(merges))


def test_merges_that_follow_from_pieces_are_left_out():
    """The order is the one of the merges, the longest left neighbour first."""
    whole = ranked("▁▁ ▁▁", "▁ ▁", "▁ a", "▁a b", "a b", "é é")
    whole["model"]["merges"].insert(4, "▁ ab")  # the other way to the same piece
    short = shortened(whole)

    assert short["model"].keys() == whole["model"].keys() - {"vocab", "merges"} | {
        "pieces",
        "ranks",
    }
    ours, oracle = Tokenizer.from_json(short), Oracle.from_str(json.dumps(full(whole)))
    for text in ("  ab éé a", "     ab", "ab ab   a", *seeded_texts(200)):
        assert ours.encode(text) == oracle.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize(
    "merges",
    [
        ("▁ ▁", "▁ a"),  # not all that could be
        ("a b", "▁▁ ▁▁", "▁ ▁", "▁ a", "▁ ab", "▁a b", "é é"),  # the shorter left one first
    ],
)
def test_other_merges_stay(merges: tuple[str, ...]):
    """Where ranks of pieces would say something else, nothing is changed."""
    whole = ranked(*merges)

    assert shortened(whole) is whole


def test_bytes_letters_stay():
    """GPT-2's kind merges only what its list says."""
    whole = json.loads(vocabularies.source("gpt2"))

    assert shortened(whole) is whole


@pytest.mark.long
def test_gemmas_merges_are_its_pieces():
    """All 514,906 of the hub's file, in order, follow from ranks that its GGUF has as scores."""
    source = json.loads(vocabularies.source("gemma"))["model"]
    model = vocabularies.gemma_by_pieces()["model"]
    order = PieceRanks(source["vocab"], unrolled(model["ranks"])).order

    turns = sorted((order(*pair), pair) for pair in pairs(model["pieces"], source["vocab"]))

    assert [list(pair) for _, pair in turns] == source["merges"]
    assert len(turns) == 514_906


def scored(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (metadata values)
    """What a GGUF says of a small vocabulary with scores: ▁, a, b, ▁a, ab, two spaces, bytes."""
    tokens = ["<s>", "  ", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b", "▁a", "ab"]
    fields: dict[str, Any] = {
        "model": "llama",
        "tokens": tokens,
        "token_type": [3, 4, *[6] * 256, *[1] * 5],
        "scores": [-1000.0, -1000.0, *[0.0] * 256, -3.0, -4.0, -5.0, -2.0, -1.0],
        "add_space_prefix": False,
    }
    fields |= changes
    return {f"tokenizer.ggml.{key}": value for key, value in fields.items() if value is not None}


def test_a_gguf_with_scores_alone_merges_by_them():
    """The best score goes first; a run of spaces is a piece, as sentencepiece has it."""
    tokenizer = Tokenizer.from_json(tokenizer_dict(scored()))

    def pieces(text: str) -> list[str]:
        return [tokenizer.token_text(one) for one in tokenizer.encode(text)]

    assert pieces(" ab") == ["▁", "ab"]
    assert pieces(" aab") == ["▁a", "ab"]
    assert pieces("a  a") == ["a", "▁▁", "a"]
    assert pieces("\n") == ["<0x0A>"]
    assert tokenizer.decode(tokenizer.encode(" ab  a")) == " ab  a"


@pytest.mark.parametrize("scores", [[0.0], [float("nan")] * 263])
def test_damaged_scores_are_refused(scores: list[float]):
    """Each token needs a number."""
    with pytest.raises(SourceError, match="each token needs one"):
        tokenizer_dict(scored(scores=scores))


@pytest.mark.parametrize(
    "changes",
    [
        {"ranks": [[1, 0, 0]]},
        {"ranks": [[258, 0]]},
        {"ranks": "x"},
        {"pieces": ["a"] * 263},
        {"pieces": [1] * 263},
        {"pieces": [["a"]] * 263},
    ],
)
def test_damaged_pieces_are_refused(changes: dict[str, Any]):
    """A page's own file that is not whole is named as such."""
    content = tokenizer_dict(scored())
    content["model"] |= changes

    with pytest.raises(SourceError, match="damaged"):
        Tokenizer.from_json(content)
