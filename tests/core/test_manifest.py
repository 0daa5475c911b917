from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.core.assets import RECORDING, Asset
from seethrough.core.errors import SeethroughError, SourceError
from seethrough.core.manifest import from_json, to_json
from tests.fake_engine import tiny_model

MANIFEST = tiny_model().manifest
DATA: dict[str, Any] = json.loads(to_json(MANIFEST))


def paths(data: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value of a JSON document; one of a list's items stands for all."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(data, dict):
        inner = list(data.items())
    if isinstance(data, list):
        inner = list(enumerate(data))[:1]
    return [path, *(found for key, value in inner for found in paths(value, (*path, key)))]


def changed(path: tuple[Any, ...], value: object) -> str:
    """The manifest's text with another value at one place."""
    if not path:
        return json.dumps(value)
    data = json.loads(to_json(MANIFEST))
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(data)


def test_a_manifest_survives_json() -> None:
    """What the export writes is what the page reads: records, tuples and all."""
    assert from_json(to_json(MANIFEST)) == MANIFEST


def test_the_same_manifest_is_the_same_text() -> None:
    """One line, ended, so that a build made twice is the same byte for byte."""
    text = to_json(MANIFEST)

    assert to_json(from_json(text)) == text
    assert text.endswith("}\n")
    assert "\n" not in text[:-1]


def test_the_download_is_all_files() -> None:
    """Graph, tokeniser and every shard; what is shown of the model later is not among them."""
    files = [row for row in DATA["assets"] if row["kind"] in {"graph", "tokenizer", "weights"}]
    more = Asset(RECORDING, "january.safetensors", 400_000, "0" * 64, {"id": "january"})
    recorded = replace(MANIFEST, assets=(*MANIFEST.assets, more))

    assert len(files) == 3
    assert MANIFEST.download_bytes == sum(file["size_bytes"] for file in files)
    assert recorded.download_bytes == MANIFEST.download_bytes


def test_a_kind_tells_what_it_needs() -> None:
    """A row is flat, comes back whole, and stays in its place; a kind that nobody knows stays."""
    odd = Asset("map", "map.safetensors", 7, "1" * 64, {"n_points": 3, "title": "ČĎ"})
    told = replace(MANIFEST, assets=(odd, *MANIFEST.assets))
    row = json.loads(to_json(told))["assets"][0]

    assert row == {
        "kind": "map",
        "path": "map.safetensors",
        "size_bytes": 7,
        "sha256": "1" * 64,
        "n_points": 3,
        "title": "ČĎ",
    }
    assert from_json(to_json(told)) == told
    assert told.of_kind("map") == (odd,)


@pytest.mark.parametrize("kind", ["graph", "tokenizer"])
def test_what_every_model_has(kind: str) -> None:
    """A list without a graph or a tokeniser, or with two of them, is refused when it is read."""
    rest = tuple(asset for asset in MANIFEST.assets if asset.kind != kind)
    twice = (*MANIFEST.assets, *MANIFEST.of_kind(kind))
    for assets in (rest, twice):
        with pytest.raises(SourceError, match="cannot be read"):
            from_json(to_json(replace(MANIFEST, assets=assets)))


def test_a_tensor_is_found_by_its_name() -> None:
    """The entry, or None."""
    entry = MANIFEST.tensor("blocks.1.attn.W_O")

    assert entry is not None
    assert (entry.dims, entry.block_axis) == ((32, 32), 0)
    assert MANIFEST.tensor("blocks.2.attn.W_O") is None


@pytest.mark.parametrize("number", [0, 1, "2", None])
def test_another_format_is_refused(number: object) -> None:
    """A manifest of another version says which version reads it."""
    with pytest.raises(SourceError, match="this version reads format 2") as caught:
        from_json(changed(("format",), number))
    assert caught.value.key == "manifest.format"


@pytest.mark.parametrize("text", ["", "<!doctype html>", "[]", "null", "{}", "3", '"a"'])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    """A page instead of the file, or JSON of another kind, is a sentence."""
    with pytest.raises(SourceError, match="cannot be read") as caught:
        from_json(text)
    assert caught.value.key == "manifest.unreadable"


@pytest.mark.parametrize("name", [name for name in DATA if name not in {"chat", "chat_reason"}])
def test_a_missing_field_is_refused(name: str) -> None:
    """Every field but the chat template must be there."""
    data = {key: value for key, value in DATA.items() if key != name}

    with pytest.raises(SourceError):
        from_json(json.dumps(data))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.sampled_from(paths(DATA)),
    st.one_of(st.none(), st.integers(-2, 3), st.text(max_size=3), st.just([]), st.just({})),
)
def test_damage_is_told_in_a_sentence(path: tuple[Any, ...], value: object) -> None:
    """Whatever stands at any one place, the text is read or refused by our own error."""
    text = changed(path, value)
    try:
        from_json(text)
    except SeethroughError as error:
        assert str(error)  # noqa: PT017 - reading it is as good an outcome
