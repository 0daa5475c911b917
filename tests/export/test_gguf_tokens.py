"""What a GGUF says of words beside its vocabulary: what is put around a text, tokens, chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from export.gguf_source import read_gguf
from export.gguf_tokens import around, chat_templates, special_tokens
from export.start_ids import start_ids
from seethrough.core.errors import SourceError
from tests.tiny import Tiny, write_gguf

if TYPE_CHECKING:
    from pathlib import Path

BOS, EOS = 5, 6
TOKENS = [f"<{number}>" for number in range(20)]


def metadata(kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - values of any type
    """A GGUF's fields of words, under their own names."""
    told = {"model": kind, "tokens": TOKENS, "bos_token_id": BOS, "eos_token_id": EOS, **more}
    return {f"tokenizer.ggml.{name}": value for name, value in told.items() if value is not None}


def before(kind: str, **more: Any) -> tuple[int, ...]:  # noqa: ANN401 - as above
    """What stands before a text."""
    return start_ids({"post_processor": around(metadata(kind, **more))})


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("llama", {}, (BOS,)),
        ("llama", {"add_bos_token": False}, ()),
        ("llama", {"add_bos_token": True}, (BOS,)),
        ("llama", {"bos_token_id": None}, (1,)),
        ("llama", {"bos_token_id": 99}, ()),
        ("gpt2", {}, ()),
        ("gpt2", {"add_bos_token": True}, (BOS,)),
        ("gpt2", {"add_bos_token": False, "add_eos_token": False}, ()),
    ],
)
def test_bos_is_put_as_llama_cpp_puts_it(kind: str, more: dict[str, Any], expected: tuple[int]):
    """The file's own flag decides; without one, `llama` puts it and `gpt2` does not."""
    assert before(kind, **more) == expected


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_eos_behind_the_text_is_refused(kind: str):
    """A text that ends cannot be gone on from."""
    with pytest.raises(SourceError, match="puts <6> behind every text"):
        before(kind, add_eos_token=True)


def test_a_file_with_bos_has_it_in_its_checkpoint(tmp_path: Path):
    """The flag of a real file arrives in the tokeniser that is exported."""
    fields = {"tokenizer.ggml.add_bos_token": 1, "tokenizer.ggml.bos_token_id": 262}

    made = read_gguf(write_gguf(Tiny(), tmp_path / "bos.gguf", fields=fields).path, {})

    assert start_ids(made.tokenizer) == (262,)
    assert made.special_tokens == {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}


def test_special_tokens_that_are_not_named_are_not_there():
    """A template can ask whether there is one."""
    assert special_tokens(metadata("gpt2", bos_token_id=None, padding_token_id=0)) == {
        "eos_token": "<6>",
        "pad_token": "<0>",
    }


def test_chat_templates():
    """The plain one; several by name, where there is no plain one; none."""
    named = {"tokenizer.chat_templates": ["tool_use"], "tokenizer.chat_template.tool_use": "t"}

    assert chat_templates({"tokenizer.chat_template": "a", **named}) == "a"
    assert chat_templates(named) == {"tool_use": "t"}
    assert chat_templates({}) is None


@pytest.mark.parametrize(
    ("name", "fields", "part", "whole"),
    [
        ("big-00002-of-00003.gguf", {"split.no": 1, "split.count": 3}, "part 2 of 3", "big.gguf"),
        ("big-00001-of-00003.gguf", {}, "part 1 of 3", "big.gguf"),
        ("renamed.gguf", {"split.no": 0, "split.count": 2}, "part 1 of 2", "renamed.gguf"),
    ],
)
def test_a_part_of_a_split_file(
    tmp_path: Path, name: str, fields: dict[str, int], part: str, whole: str
):
    """By its name or its fields a part is known as one, and the command that joins them is told."""
    path = tmp_path / name
    write_gguf(Tiny(), path, fields=fields)

    with pytest.raises(SourceError, match=part) as caught:
        read_gguf(path, {})

    told = caught.value.fields
    assert f"llama-gguf-split --merge {told['first']} {whole}" in str(caught.value)


def test_a_split_of_one_part_is_whole(tmp_path: Path):
    """A file that was split into itself is taken."""
    write_gguf(Tiny(), tmp_path / "one-00001-of-00001.gguf", fields={"split.count": 1})

    assert read_gguf(tmp_path / "one-00001-of-00001.gguf", {}).tensors
