"""Prompts of one's own to record: which lists are taken, and that their walks are made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from export import record
from export.asset_lists import read_lists
from export.package import write_package
from export.prompts import Curated, read_prompts
from export.record import write_recordings
from export.sources import read_checkpoint
from seethrough.core.errors import InputError
from seethrough.core.recording import from_bytes
from tests.tiny_gpt2 import TinyGpt2, write_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An exported GPT-2, which has no chat."""
    source = write_folder(TinyGpt2(has_masks=False), tmp_path / "source")
    write_package(read_checkpoint(source.path, {}), tmp_path / "m", model_id="m", title="M")
    return tmp_path / "m"


def written(folder: Path, told: object) -> Path:
    """A list of prompts as a file."""
    file = folder / "prompts.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return file


def test_texts_and_records_are_prompts(tmp_path: Path) -> None:
    """A text is called by its place; a record by its id, and may be a message."""
    rows = ["one", {"id": "rain-2", "prompt": "It rains\n", "chat": True}, {"prompt": "x"}]

    assert read_prompts(written(tmp_path, rows)) == (
        Curated("1", "one"),
        Curated("rain-2", "It rains\n", chat=True),
        Curated("3", "x"),
    )


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({}, "prompts.no_list"),
        ([], "prompts.no_list"),
        ("one", "prompts.no_list"),
        ([1], "prompts.row"),
        ([{}], "prompts.row"),
        ([""], "prompts.row"),
        (["x" * 20_001], "prompts.row"),
        ([{"prompt": "x", "chat": "yes"}], "prompts.row"),
        ([{"prompt": "x", "seed": 1}], "prompts.row"),
        ([{"prompt": "x", "id": "own"}], "prompts.id"),
        ([{"prompt": "x", "id": "A b"}], "prompts.id"),
        ([{"prompt": "x", "id": "a/b"}], "prompts.id"),
        ([{"prompt": "x", "id": 7}], "prompts.id"),
        ([{"prompt": "x", "id": "a"}, {"prompt": "y", "id": "a"}], "prompts.twice"),
        ([{"prompt": "x", "id": "2"}, "y"], "prompts.twice"),
    ],
)
def test_a_bad_list_reads_a_sentence(told: object, key: str, tmp_path: Path) -> None:
    """Each slip is named, with the place of the prompt."""
    with pytest.raises(InputError) as caught:
        read_prompts(written(tmp_path, told))
    assert caught.value.key == key
    assert str(caught.value)


def test_a_list_that_is_no_json_reads_a_sentence(tmp_path: Path) -> None:
    """A file that is not there, or no JSON, is told."""
    with pytest.raises(InputError, match="cannot be read"):
        read_prompts(tmp_path / "none.json")
    (tmp_path / "prompts.json").write_text("[")
    with pytest.raises(InputError, match=r"cannot be read .*Expecting"):
        read_prompts(tmp_path / "prompts.json")


def test_own_prompts_are_recorded(model: Path, tmp_path: Path) -> None:
    """The command line records these prompts alone, in their order, under their names."""
    told = written(tmp_path, [{"id": "rain", "prompt": "hello world"}, "hell"])
    out = model / "recordings"

    assert record.main([str(model), "--out", str(out), "--prompts", str(told)]) == 0

    walks = [
        from_bytes((model / one.path).read_bytes())
        for one in read_lists(model)
        if one.kind == "recording"
    ]
    assert [(walk.id, walk.prompt) for walk in walks] == [("rain", "hello world"), ("2", "hell")]


def test_a_message_needs_a_chat_model(model: Path, tmp_path: Path) -> None:
    """A prompt of one's own is never left out in silence: without a template it is refused."""
    with pytest.raises(InputError) as caught:
        write_recordings(model, tmp_path / "out", [Curated("a", "hello", chat=True)])
    assert caught.value.key == "input.no_chat"
