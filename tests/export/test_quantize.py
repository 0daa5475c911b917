"""Which checkpoints are rounded to 8-bit blocks, and that the manifest says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export import quantize
from export.package import write_package
from export.quantize import LEAST_PARAMS, quantized
from export.sources import read_checkpoint
from export.tensors import Blocks, Plain
from seethrough.app.library import card_of
from seethrough.core.errors import SourceError
from seethrough.core.manifest import from_json, to_json
from tests.tiny import VARIANTS, tokenizer_dict, write_hub_folder
from tests.tiny_gpt2 import TinyGpt2, write_folder

if TYPE_CHECKING:
    from pathlib import Path

    from export.checkpoint import Checkpoint

GPT2 = TinyGpt2(has_masks=False)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """A small GPT-2 in float32."""
    return read_checkpoint(write_folder(GPT2, tmp_path / "source").path, {})


def test_a_small_model_keeps_its_floats(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """Below 20 million parameters each number is the checkpoint's own; the card says nothing."""
    shipped = quantized(checkpoint)
    manifest = write_package(shipped, tmp_path / "out", model_id="tiny", title="Tiny")

    assert shipped is checkpoint
    assert {entry.rounded_from for entry in manifest.tensors} == {""}
    assert card_of(manifest).block_size == 0


@pytest.mark.parametrize("size", [LEAST_PARAMS, 362_000_000, 1_100_000_000])
def test_every_larger_model_is_in_blocks(
    size: int, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 20 million parameters on matrices are in 8-bit blocks, however large the model is."""
    monkeypatch.setattr(quantize, "n_params", lambda _checkpoint: size)

    shipped = quantized(checkpoint)

    matrices = {name for name, x in checkpoint.tensors.items() if len(x.dims) > 1} - {"W_pos"}
    blocks = {name for name, x in shipped.tensors.items() if isinstance(x, Blocks)}
    assert blocks == matrices


def test_the_manifest_says_what_was_rounded(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """Each tensor that was rounded tells what it was, and the card the size of the blocks."""
    shipped = quantized(checkpoint, least=0)
    manifest = write_package(shipped, tmp_path / "out", model_id="tiny", title="Tiny")

    rounded = {entry.name for entry in manifest.tensors if entry.rounded_from}
    assert rounded == {name for name, x in checkpoint.tensors.items() if len(x.dims) > 1}
    assert manifest.tensor("W_pos").rounded_from == "float32"  # type: ignore[union-attr]
    assert card_of(manifest).block_size == 32
    assert from_json(to_json(manifest)) == manifest


def test_a_published_block_is_not_rounded(tmp_path: Path) -> None:
    """What comes in blocks is shipped as it is, so nothing says that it was rounded here."""
    blocks = VARIANTS["hub bf16, grouped, untied"]
    source = quantized(read_checkpoint(write_hub_folder(blocks, tmp_path).path, {}), least=0)
    published = {name: replace(x, rounded_from="") for name, x in source.tensors.items()}

    again = quantized(replace(source, tensors=published), least=0)

    assert {x.rounded_from for x in source.tensors.values()} == {"", "bfloat16"}
    assert {x.rounded_from for x in again.tensors.values()} == {""}


def test_a_width_without_blocks_stays(checkpoint: Checkpoint) -> None:
    """Where a row has no whole blocks, the matrix and the positions stay as they are."""
    odd = Plain(np.ones((8, 40), np.float32))
    shipped = quantized(replace(checkpoint, tensors={"W_E": odd, "W_pos": odd}), least=0)

    assert all(stored is odd for stored in shipped.tensors.values())


@pytest.mark.parametrize("n_rows", [263, 200])
def test_more_tokens_than_rows(n_rows: int, tmp_path: Path) -> None:
    """A tokeniser with ids that the embedding has no rows for is refused before the page has it."""
    tiny = replace(VARIANTS["hub f32, grouped, tied"], d_vocab=n_rows)
    read = read_checkpoint(write_hub_folder(tiny, tmp_path).path, {})
    read = replace(read, tokenizer=tokenizer_dict(replace(tiny, d_vocab=264)))

    with pytest.raises(SourceError, match=f"has 264 tokens and the embedding {n_rows} rows"):
        write_package(read, tmp_path / "out", model_id="tiny", title="Tiny")
    assert not (tmp_path / "out" / "manifest.json").exists()
