"""What stands before plain text, held against the `tokenizers` package."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer, processors

from export.package import check_tokens
from export.start_ids import start_ids
from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import Tokenizer as Ours
from tests.tiny import Tiny, tokenizer_dict
from tests.tokenizer_cases import tiny

START = processors.TemplateProcessing(
    single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 261)]
)
TWO = processors.TemplateProcessing(
    single="<|im_start|> <|endoftext|> $A",
    special_tokens=[("<|im_start|>", 262), ("<|endoftext|>", 261)],
)
BYTES = processors.ByteLevel(trim_offsets=False)
PROCESSORS = {
    "none": None,
    "bytes": BYTES,
    "start": START,
    "two": TWO,
    "bytes, then start": processors.Sequence([BYTES, START]),
}


def made(processor: object) -> tuple[Tokenizer, dict[str, object]]:
    """A tiny tokeniser with a post-processor, and its file's content."""
    oracle = Tokenizer.from_str(json.dumps(tokenizer_dict(Tiny())))
    if processor is not None:
        oracle.post_processor = processor
    return oracle, json.loads(oracle.to_str())


@pytest.mark.parametrize("name", PROCESSORS)
def test_what_is_added_is_the_oracles(name: str) -> None:
    """The ids before a text are those that the oracle adds to it."""
    oracle, content = made(PROCESSORS[name])
    bare = oracle.encode("hello w", add_special_tokens=False).ids

    assert [*start_ids(content), *bare] == oracle.encode("hello w").ids


BEHIND = {
    "template": processors.TemplateProcessing(
        single="$A <|endoftext|>", special_tokens=[("<|endoftext|>", 261)]
    ),
    "roberta": processors.RobertaProcessing(("<|endoftext|>", 261), ("<|im_start|>", 262)),
    "bert": processors.BertProcessing(("<|endoftext|>", 261), ("<|im_start|>", 262)),
}


@pytest.mark.parametrize("name", BEHIND)
def test_a_token_behind_the_text_is_refused(name: str) -> None:
    """The page goes on from the text: a model that wants its end told there is none of ours."""
    with pytest.raises(SourceError) as caught:
        start_ids(made(BEHIND[name])[1])
    assert caught.value.key == "tokens.behind_text"
    assert "puts <|endoftext|> behind every text" in str(caught.value)


@pytest.mark.parametrize("steps", [[START, TWO], [BYTES, START, BEHIND["bert"]]])
def test_two_in_a_row_are_refused(steps: list[object]) -> None:
    """The oracle takes what the first one made for a pair: that is nobody's wish."""
    with pytest.raises(SourceError, match="TemplateProcessing \\+ ") as caught:
        start_ids(made(processors.Sequence(steps))[1])
    assert caught.value.key == "tokens.processor"


def test_an_unknown_kind_is_refused() -> None:
    """What a kind does that is not known is not guessed."""
    with pytest.raises(SourceError, match="post_processor is Newer"):
        start_ids({"post_processor": {"type": "Newer"}})


def test_a_pair_has_no_part() -> None:
    """What stands around two texts says nothing of one."""
    pair = processors.TemplateProcessing(
        single="<|endoftext|> $A",
        pair="<|endoftext|> $A <|im_start|> $B <|im_start|>",
        special_tokens=[("<|endoftext|>", 261), ("<|im_start|>", 262)],
    )
    oracle, content = made(pair)

    assert [*start_ids(content), *oracle.encode("w", add_special_tokens=False).ids] == (
        oracle.encode("w").ids
    )


@pytest.mark.parametrize(
    "change",
    [
        {"single": 3},
        {"single": []},
        {"special_tokens": {}},
        {"single": [{"Sequence": {"id": "B", "type_id": 0}}]},
        {"single": [{"Sequence": {"id": "A", "type_id": 0}}] * 2},
        {"type": "RobertaProcessing"},
    ],
)
def test_a_damaged_one_is_a_sentence(change: dict[str, object]) -> None:
    """A post-processor of another form is refused in words."""
    _, content = made(START)
    content["post_processor"] = {**content["post_processor"], **change}  # type: ignore[dict-item]
    with pytest.raises(SourceError):
        start_ids(content)


@pytest.mark.parametrize(("before", "n_rows"), [((), 4), ((7,), 5)])
def test_an_id_without_a_row_is_refused(before: tuple[int, ...], n_rows: int) -> None:
    """More tokens than the embedding has rows, or an id before the text that has none."""
    tokenizer = Ours.from_json(json.dumps(tiny()))
    check_tokens(tokenizer, (), tokenizer.vocab_size)

    with pytest.raises(SourceError) as caught:
        check_tokens(tokenizer, before, n_rows)

    assert caught.value.key == "source.tokens_beyond"
