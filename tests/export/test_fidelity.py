"""What 8-bit blocks cost: SmolLM2's numbers as floats, and the same floats in blocks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.gguf_source import read_gguf
from export.native import NativeModel
from export.package import write_package
from export.quantize import in_blocks, quantized
from export.tensors import Blocks, Plain
from seethrough.core.hooks import LOGITS
from seethrough.core.tokenizer import Tokenizer
from tests.built import default_gguf
from tests.model_files import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from export.checkpoint import Checkpoint
    from seethrough.core.cache import Array

N_POSITIONS = 4_096
A_RUN = 256
MOST_KL = 1e-3


def texts() -> Iterator[str]:
    """Texts that stay as they are: the licence, then the corpus of five languages and code."""
    yield (Path(__file__).parents[2] / "LICENSE").read_text(encoding="utf-8")
    yield from ("\n".join(sentences) for sentences in corpus().values())


def distance(exact: Array, got: Array) -> Array:
    """KL divergence of each row's distribution from that of the exact logits, in nats.

    The terms are float32 (a millionth of a nat at most beside a bound of a thousandth), the sums
    float64.

    Shapes: [row, d_vocab] twice → [row].
    """
    exact = exact - exact.max(axis=-1, keepdims=True)
    got = got - got.max(axis=-1, keepdims=True)
    shares = np.exp(exact)
    total = shares.sum(axis=-1, dtype=np.float64)
    other = np.exp(got).sum(axis=-1, dtype=np.float64)
    exact -= got
    shares *= exact
    return shares.sum(axis=-1, dtype=np.float64) / total - np.log(total) + np.log(other)


def as_floats(checkpoint: Checkpoint) -> Checkpoint:
    """The same model as a source in fp32 would have it."""
    tensors = {name: Plain(stored.dequantized()) for name, stored in checkpoint.tensors.items()}
    return replace(checkpoint, tensors=tensors)


@pytest.mark.parametrize("spread", [1e-3, 1.0, 100.0])
def test_the_scale_is_searched(spread: float) -> None:
    """No block is further off than by its largest number on the last step, most are nearer."""
    values = np.random.default_rng(3).standard_normal((64, 320)).astype(np.float32) * spread
    usual = np.abs(values.reshape(64, -1, 32)).max(axis=-1).repeat(32, axis=-1) / 127
    usual = usual.astype(np.float16).astype(np.float64)
    usual[usual == 0] = 1
    plain = np.clip(np.rint(values / usual), -128, 127) * usual
    got = in_blocks(values, 1).dequantized()

    squares = [np.square(x - values).reshape(64, -1, 32).sum(axis=-1) for x in (got, plain)]
    assert (squares[0] <= squares[1] * 1.0001 + 1e-30).all()
    assert squares[0].sum() < squares[1].sum() * 0.9


def test_numbers_beyond_float16_stay() -> None:
    """A matrix with a number that no scale in float16 holds is left as it is, and so is W_pos."""
    usual, odd = np.ones((64, 64), np.float32), np.ones((64, 64), np.float32)
    odd[3, 5] = 1e7
    tensors = {"W_E": Plain(odd), "W_pos": Plain(odd), "blocks.0.attn.W_Q": Plain(usual)}
    smaller = quantized(replace(read_gguf(default_gguf(), {}), tensors=tensors), least=0).tensors

    assert smaller["W_E"] is tensors["W_E"]
    assert smaller["W_pos"] is tensors["W_pos"]
    assert isinstance(smaller["blocks.0.attn.W_Q"], Blocks)


@pytest.mark.long
@pytest.mark.model
def test_blocks_keep_the_distribution(tmp_path: Path, record_property) -> None:
    """Over 4,096 positions the mean KL of 8-bit blocks to their float source is at most 1e-3."""
    source = as_floats(read_gguf(default_gguf(), {}))
    smaller = quantized(source)
    assert sum(isinstance(stored, Blocks) for stored in smaller.tensors.values()) > 200
    models = []
    for name, checkpoint in (("floats", source), ("blocks", smaller)):
        write_package(checkpoint, tmp_path / name, model_id=name, title=name)
        models.append(NativeModel(tmp_path / name, threads=1))
    tokenizer = Tokenizer.from_json(json.dumps(source.tokenizer))
    distances: list[float] = []
    same = 0
    for text in texts():
        ids = tokenizer.encode(text)
        for start in range(0, len(ids), A_RUN):
            exact, got = (read_out(model, ids[start : start + A_RUN]) for model in models)
            distances += distance(exact, got).tolist()
            same += int((exact.argmax(axis=-1) == got.argmax(axis=-1)).sum())

    told = f"KL mean {np.mean(distances):.2e}, worst {max(distances):.2e}, same best token "
    print(f"\n{told}{same}/{len(distances)}")
    record_property("fidelity", told)
    assert len(distances) >= N_POSITIONS
    assert np.mean(distances) <= MOST_KL


def read_out(model: NativeModel, ids: list[int]) -> Array:
    """Logits at every position of one run from an empty cache."""
    last = model.manifest.config.n_layers
    model.reset()
    wanted = [(last, position) for position in range(len(ids))]
    return model.run(ids, (LOGITS,), unembed=wanted)[LOGITS]
