# ruff: noqa: ANN401 - a test may want any value in a file

from __future__ import annotations

import struct
import tempfile
import tracemalloc
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType
from hypothesis import given, settings
from hypothesis import strategies as st

from export.gguf_families import Told, gemma3_layers
from export.gguf_source import read_gguf
from export.sources import read_checkpoint
from seethrough.core.errors import SourceError
from tests.tiny import VARIANTS, expected_weights, write, write_gguf

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.export.conftest import Exported

GGUFS = [name for name, tiny in VARIANTS.items() if tiny.is_gguf]
SMALL = VARIANTS["gguf q8_0, grouped, tied"]


@pytest.mark.parametrize("name", GGUFS)
def test_weights_are_the_gguf_packages_bit_for_bit(
    name: str, export_tiny: Callable[[str], Exported]
):
    """Every weight is what gguf's own dequantisation gives, in transformers' order of rows."""
    exported = export_tiny(name)
    expected = expected_weights(exported.written, exported.checkpoint.config)

    assert set(exported.checkpoint.tensors) == set(expected)
    for ours, numbers in expected.items():
        got = exported.checkpoint.weight(ours)
        assert got.dtype == np.float32
        assert np.array_equal(got, numbers), ours


@pytest.mark.parametrize("name", GGUFS)
def test_config_is_the_files(name: str, export_tiny: Callable[[str], Exported]):
    """Every width and count is the file's, and decimals are as they were meant."""
    tiny = VARIANTS[name]
    config = export_tiny(name).checkpoint.config

    assert (config.d_model, config.d_head, config.d_mlp) == (tiny.d_model, tiny.d_head, tiny.d_mlp)
    assert (config.n_layers, config.n_heads) == (tiny.n_layers, tiny.n_heads)
    assert config.n_key_value_heads == tiny.n_key_value_heads
    assert (config.d_vocab, config.n_ctx) == (tiny.d_vocab, 128)
    assert (config.eps, config.rotary_base) == (1e-5, tiny.rotary_base)
    assert config.tie_word_embeddings == tiny.is_tied


def test_what_else_the_file_says(export_tiny: Callable[[str], Exported]):
    """Licence, end tokens, template and origin come along."""
    checkpoint = export_tiny(GGUFS[0]).checkpoint

    assert checkpoint.licence == "apache-2.0"
    assert checkpoint.end_ids == (263,)
    assert "<|im_start|>" in (checkpoint.chat_template or "")
    assert checkpoint.origin == {"licence": "apache-2.0"}


def broken(tmp_path: Path, key: str, **changes: Any) -> SourceError:
    """The error that a changed file gives; its key is the expected one and it has a sentence."""
    path = write_gguf(changes.pop("tiny", SMALL), tmp_path / "tiny.gguf", **changes).path
    with pytest.raises(SourceError) as caught:
        read_gguf(path, {})
    assert caught.value.key == key, caught.value
    assert str(caught.value)
    return caught.value


def test_no_path(tmp_path: Path):
    """Nothing at the path is said so."""
    with pytest.raises(SourceError, match="no file or folder"):
        read_checkpoint(tmp_path / "none.gguf", {})


def test_not_gguf(tmp_path: Path):
    """Another kind of file, or an empty one, is said to be none of ours."""
    for content in (b"", b"GG", b"PK\x03\x04 a zip"):
        path = tmp_path / "some.gguf"
        path.write_bytes(content)
        for read in (read_gguf, read_checkpoint):
            with pytest.raises(SourceError, match="is not a GGUF file"):
                read(path, {})


@pytest.mark.parametrize("kind", ["TQ1_0", "Q2_K", "IQ4_XS", "MXFP4"])
def test_tensor_type(tmp_path: Path, kind: str):
    """A tensor in another quantisation is named, with what is supported."""
    stored = GGMLQuantizationType[kind]
    n_in, n_bytes = gguf.GGML_QUANT_SIZES[stored]
    data = np.zeros((96, 256 // n_in * n_bytes), np.uint8)
    error = broken(tmp_path, "source.tensor_type", tensors={"blk.0.ffn_up.weight": (data, stored)})

    assert kind in str(error)
    assert "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K" in str(error)


def test_architecture(tmp_path: Path):
    """Another family is refused by name."""
    error = broken(tmp_path, "source.architecture", fields={"general.architecture": "mamba"})

    assert "mamba" in str(error)


def test_experts(tmp_path: Path):
    """A mixture of experts is not the Llama that we know."""
    error = broken(tmp_path, "source.architecture", fields={"llama.expert_count": 8})

    assert "experts" in str(error)


def test_rope_scaling(tmp_path: Path):
    """Positions scaled in another way than ours are refused: they change every number."""
    broken(tmp_path, "source.rope_scaling", fields={"llama.rope.scaling.type": "yarn"})
    factors = {"rope_factors_long.weight": np.ones(8, np.float32)}
    broken(tmp_path, "source.rope_scaling", tensors=factors)


@pytest.mark.parametrize(
    ("changes", "factors"),
    [
        ({"fields": {"llama.rope.scaling.type": "linear"}}, ()),
        ({"fields": {"llama.rope.scaling.factor": 4.0}}, (0.25,) * 8),
        ({"fields": {"llama.rope.scale_linear": 2.0}}, (0.5,) * 8),
        ({"tensors": {"rope_freqs.weight": np.ones(8, np.float32)}}, ()),
        ({"tensors": {"rope_freqs.weight": np.arange(1, 9, dtype=np.float32)}}, "1/n"),
    ],
)
def test_scaled_turns(tmp_path: Path, changes: dict[str, Any], factors: Any):
    """Linear scaling and Llama 3's tensor of divisors are what each pair's turn is scaled by."""
    path = write_gguf(SMALL, tmp_path / "tiny.gguf", **changes).path
    expected = tuple(1 / n for n in range(1, 9)) if factors == "1/n" else factors

    assert read_gguf(path, {}).config.rotary_factors == expected


def test_factors_of_too_few_pairs(tmp_path: Path):
    """A tensor of divisors that has not one for each pair is said so."""
    broken(tmp_path, "config.factors", tensors={"rope_freqs.weight": np.full(4, 2.0, np.float32)})


def test_partial_rotary(tmp_path: Path):
    """Heads that are rotated in part only are refused."""
    broken(tmp_path, "source.partial_rotary", fields={"llama.rope.dimension_count": 8})


@pytest.mark.parametrize("name", ["block_count", "attention.head_count", "context_length"])
def test_missing_field(tmp_path: Path, name: str):
    """A setting that is not there is named."""
    error = broken(tmp_path, "source.missing_field", fields={f"llama.{name}": None})

    assert f"llama.{name}" in str(error)


def test_gemma_3_27b():
    """The largest Gemma is refused by its own name, with those that are taken."""
    with pytest.raises(SourceError) as caught:
        gemma3_layers(Told("gemma3", {}), 62)

    assert caught.value.key == "source.largest_gemma"
    assert "62 layers" in str(caught.value)


def test_field_of_another_kind(tmp_path: Path):
    """Text where a number belongs is damage, not a traceback."""
    broken(tmp_path, "source.corrupt", fields={"llama.block_count": "two"})


@pytest.mark.parametrize("name", ["block_count", "attention.head_count_kv", "feed_forward_length"])
def test_zero(tmp_path: Path, name: str):
    """A count of nothing is refused."""
    broken(tmp_path, "config.not_positive", fields={f"llama.{name}": 0})


def test_heads_that_do_not_share(tmp_path: Path):
    """Three key/value heads cannot serve four query heads evenly."""
    broken(tmp_path, "config.heads", fields={"llama.attention.head_count_kv": 3})


def test_missing_tensor(tmp_path: Path):
    """A tensor that is not there is named as we call it."""
    error = broken(tmp_path, "source.missing_tensor", tensors={"blk.1.attn_v.weight": None})

    assert "blocks.1.attn.W_V" in str(error)


def test_more_layers_than_tensors(tmp_path: Path):
    """A count of layers in the billions is refused before anything is made for each."""
    broken(tmp_path, "source.missing_tensor", fields={"llama.block_count": 2**31})


def test_unused_tensor(tmp_path: Path):
    """A tensor that the architecture has no use for is named: a bias left out would lie."""
    extra = {"blk.0.attn_q.bias": np.ones(64, np.float32)}
    error = broken(tmp_path, "source.unused_tensor", tensors=extra)

    assert "blk.0.attn_q.bias" in str(error)


@pytest.mark.parametrize(
    ("name", "dims"),
    [
        ("blk.0.attn_q.weight", (48, 64)),
        ("blk.0.attn_k.weight", (17, 64)),
        ("blk.0.attn_norm.weight", (32,)),
        ("blk.1.ffn_down.weight", (96, 64)),
        ("token_embd.weight", (264, 32)),
        ("blk.1.attn_q.weight", (2, 32, 64)),
        ("blk.1.ffn_up.weight", (1,)),
    ],
)
def test_wrong_dims(tmp_path: Path, name: str, dims: tuple[int, ...]):
    """Dims that the settings do not foresee are said, with the expected ones."""
    broken(tmp_path, "source.dims", tensors={name: np.ones(dims, np.float32)})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["Q8_0", "Q4_1", "F32"])
def test_not_finite(tmp_path: Path, kind: str, bad: float):
    """NaN and infinities are found in plain numbers and in the scales of blocks."""
    values = np.ones((96, 64), np.float32)
    data = gguf.quantize(values, GGMLQuantizationType[kind])
    if kind == "F32":
        data[95, 63] = bad
    else:
        data.reshape(-1)[:2] = np.frombuffer(np.float16(bad).tobytes(), np.uint8)
    tensor = (data, GGMLQuantizationType[kind])
    error = broken(tmp_path, "source.not_finite", tensors={"blk.0.ffn_up.weight": tensor})

    assert "blocks.0.mlp.W_in" in str(error)


@cache
def whole_file() -> bytes:
    """One small file's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        return write(SMALL, Path(folder)).path.read_bytes()


@cache
def header_size() -> int:
    """Where the tensors' data begin: everything before can be misread."""
    with tempfile.TemporaryDirectory() as folder:
        return int(gguf.GGUFReader(write(SMALL, Path(folder)).path).data_offset)


def read_bytes(data: bytes, path: Path) -> str:
    """The key of the error that these bytes give, or an empty string where they can be read."""
    path.write_bytes(data)
    try:
        read_gguf(path, {}).weight("W_U")
    except SourceError as error:
        return sentence_of(error)
    return ""


def sentence_of(error: SourceError) -> str:
    """The error's key; that it has a sentence is checked on the way."""
    assert str(error)
    return error.key


def test_cut_short(tmp_path: Path):
    """A file that ends early, wherever that is, is corrupt."""
    data = whole_file()
    sizes = [5, 8, 20, 24, 30, 100, 1000, header_size() // 2, header_size(), len(data) // 2]
    for size in (*sizes, len(data) - 1000, len(data) - 1):
        assert read_bytes(data[:size], tmp_path / "cut.gguf") == "source.corrupt", size


@pytest.mark.parametrize("count", [2**31, 2**40, 2**63, 2**64 - 1])
@pytest.mark.parametrize("at", [8, 16])
def test_absurd_counts(tmp_path: Path, at: int, count: int):
    """A count of tensors or fields that no file could hold is corrupt, and soon."""
    data = bytearray(whole_file())
    data[at : at + 8] = struct.pack("<Q", count)

    assert read_bytes(bytes(data), tmp_path / "count.gguf") == "source.corrupt"


def test_absurd_array_length(tmp_path: Path):
    """An array said to be 2⁴⁰ long is corrupt, and soon: the package alone reads for ever."""
    data = bytearray(whole_file())
    at = data.index(b"tokenizer.ggml.token_type") + len(b"tokenizer.ggml.token_type") + 8
    assert struct.unpack_from("<Q", data, at) == (264,)
    struct.pack_into("<Q", data, at, 2**40)

    assert read_bytes(bytes(data), tmp_path / "array.gguf") == "source.corrupt"


def test_tensors_that_share_their_bytes(tmp_path: Path):
    """More tensor data than the file has bytes is corrupt: a small file stays a small job."""
    data = bytearray(whole_file())
    for name in (b"blk.0.ffn_up.weight", b"blk.1.ffn_up.weight"):
        at = data.index(name) + len(name) + 4
        struct.pack_into("<QQ", data, at, 64, 2000)
        struct.pack_into("<Q", data, at + 20, 0)

    assert read_bytes(bytes(data), tmp_path / "shared.gguf") == "source.corrupt"


@settings(max_examples=60, deadline=5000)
@given(data=st.data())
def test_flipped_bytes(data: st.DataObject):
    """Whatever bytes of the header are wrong: a sentence or a checkpoint, and little memory."""
    content = bytearray(whole_file())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(4, header_size() - 1))
        content[at] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        tracemalloc.start()
        try:
            read_bytes(bytes(content), Path(folder) / "flipped.gguf")
            assert tracemalloc.get_traced_memory()[1] < 50e6
        finally:
            tracemalloc.stop()
