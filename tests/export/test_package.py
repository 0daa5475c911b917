from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import numpy as np

from export import __main__ as command_line
from export import pack
from export.package import write_package
from seethrough.core.manifest import from_json, to_json
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.weights import decode_rows, find_tensor, row_ranges
from tests.tiny import VARIANTS, expected_weights, tokenizer_dict, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from seethrough.core.cache import Array
    from tests.export.conftest import Exported


def read_rows(tiny: Exported, name: str, rows: Sequence[int]) -> Array:
    """Rows of a weight, from the bytes that the manifest names and from nothing else."""
    entry = find_tensor(tiny.manifest, name)
    data = tiny.model.data
    chunks = [data[at : at + size] for at, size in row_ranges(tiny.manifest, entry, rows)]
    return decode_rows(tiny.manifest, entry, rows, chunks)


def test_weights_are_their_writers_bit_for_bit(tiny: Exported):
    """Every row of every tensor, decoded from the weight file, is what its own package decodes."""
    expected = expected_weights(tiny.written, tiny.manifest.config)
    expected.setdefault("W_U", expected["W_E"].T)

    assert [entry.name for entry in tiny.manifest.tensors if entry.name not in expected] == []
    for name, numbers in expected.items():
        got = read_rows(tiny, name, range(len(numbers)))
        assert got.dtype == np.float32
        assert np.array_equal(got, numbers), name


def test_single_rows_are_rows_of_the_whole(tiny: Exported):
    """Rows asked for alone, out of order and twice are the rows of the whole."""
    for entry in tiny.manifest.tensors:
        rows = [entry.dims[0] - 1, 0, 33, 33, 31]
        whole = read_rows(tiny, entry.name, range(entry.dims[0]))

        assert np.array_equal(read_rows(tiny, entry.name, rows), whole[rows]), entry.name


def test_manifest_survives_json(tiny: Exported):
    """What is read back from manifest.json is the manifest that was written."""
    assert from_json(to_json(tiny.manifest)) == tiny.manifest
    assert from_json((tiny.folder / "manifest.json").read_text("utf-8")) == tiny.manifest


def test_files_are_what_the_manifest_says(tiny: Exported):
    """Every listed file is there with its size and SHA-256, named by it, and nothing else is."""
    manifest = tiny.manifest
    listed = (manifest.graph, manifest.tokenizer, *manifest.shards)
    for file in listed:
        data = (tiny.folder / file.path).read_bytes()
        assert len(data) == file.size_bytes
        assert hashlib.sha256(data).hexdigest() == file.sha256
        assert file.sha256[:12] in file.path
    names = {path.name for path in tiny.folder.iterdir()}
    assert names == {"manifest.json", *(file.path for file in listed)}
    assert sum(shard.size_bytes for shard in manifest.shards) == manifest.weight_bytes


def test_parameters_are_counted_once(tiny: Exported):
    """n_params is the count of the checkpoint's own numbers."""
    counted = sum(values.size for values in tiny.written.weights.values())

    assert tiny.manifest.n_params == counted


def test_same_checkpoint_gives_the_same_bytes(grouped: Exported, tmp_path: Path):
    """Exporting twice gives the same names and contents: a rebuilt site invalidates nothing."""
    again = write_package(grouped.checkpoint, tmp_path, model_id="tiny", title="Tiny")

    assert again == grouped.manifest


def test_small_shards_join_to_the_same_file(
    grouped: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """However the weight file is cut, the cuts in order are the whole."""
    monkeypatch.setattr(pack, "SHARD_BYTES", 10_000)
    manifest = write_package(grouped.checkpoint, tmp_path, model_id="tiny", title="Tiny")

    joined = b"".join((tmp_path / shard.path).read_bytes() for shard in manifest.shards)
    assert len(manifest.shards) > 2
    assert max(shard.size_bytes for shard in manifest.shards) <= 10_000
    assert joined == grouped.model.data


def test_tokeniser_travels_along(tiny: Exported):
    """The exported tokeniser reads as its source's vocabulary does."""
    path = tiny.folder / tiny.manifest.tokenizer.path
    ours = Tokenizer.from_json(path.read_text("utf-8"))
    theirs = Tokenizer.from_json(json.dumps(tokenizer_dict(tiny.written.tiny)))

    for text in ("hello world", "Če 你好", "<|im_start|>hello<|im_end|>"):
        assert ours.encode(text) == theirs.encode(text)
    assert [ours.decode([token]) for token in tiny.manifest.end_ids] == ["<|im_end|>"]


def test_chat_template_travels_along(tiny: Exported):
    """A ChatML template becomes segments."""
    assert tiny.manifest.chat is not None
    assert tiny.manifest.chat["generation_prompt"] == "<|im_start|>assistant\n"
    assert tiny.manifest.chat_reason == {}


def test_command_line_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """`python -m export` writes the folder, replaces an older one, and says what it made."""
    written = write(VARIANTS["gguf q8_0, grouped, tied"], tmp_path)
    out = tmp_path / "model"
    out.mkdir()
    (out / "old").touch()
    options = ["--id", "tiny", "--title", "Tiny", "--out", str(out), "--origin", "file=tiny.gguf"]

    assert command_line.main([str(written.path), *options]) == 0
    said = capsys.readouterr().out
    assert re.search(r"48 hooks, .* made in [0-9.]+ s, at most [0-9]+ MB of memory\n", said)
    assert not (out / "old").exists()
    assert from_json((out / "manifest.json").read_text("utf-8")).origin == {"file": "tiny.gguf"}


def test_command_line_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A source that is not there ends in a sentence and code 1, and nothing is written."""
    out = tmp_path / "model"
    options = ["--id", "tiny", "--title", "Tiny", "--out", str(out)]

    assert command_line.main([str(tmp_path / "none.gguf"), *options]) == 1
    assert "There is no file or folder" in capsys.readouterr().err
    assert not out.exists()
