# ruff: noqa: ANN401 - a test may want any value in a file

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from export.safetensors_source import read_hub_folder
from export.sources import read_checkpoint
from seethrough.core.errors import SourceError
from tests.tiny import VARIANTS, expected_weights, random_weights, write_hub_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.export.conftest import Exported

FOLDERS = [name for name, tiny in VARIANTS.items() if not tiny.is_gguf]
SMALL = VARIANTS["hub f32, grouped, tied"]
UNTIED = VARIANTS["hub bf16, grouped, untied"]
ODD_VALUES = [None, 0, -1, 1.5, "two", "", [], {}, 10**12, True]


@pytest.mark.parametrize("name", FOLDERS)
def test_weights_are_the_files_bit_for_bit(name: str, export_tiny: Callable[[str], Exported]):
    """Every weight is the stored number in float32, under our name, as in `x @ W`."""
    exported = export_tiny(name)
    expected = expected_weights(exported.written, exported.checkpoint.config)

    assert set(exported.checkpoint.tensors) == set(expected)
    for ours, numbers in expected.items():
        assert np.array_equal(exported.checkpoint.weight(ours), numbers), ours


@pytest.mark.parametrize("name", FOLDERS)
def test_config_is_the_files(name: str, export_tiny: Callable[[str], Exported]):
    """Every width and count is the one in config.json."""
    tiny = VARIANTS[name]
    config = export_tiny(name).checkpoint.config

    assert (config.d_model, config.d_head, config.d_mlp) == (tiny.d_model, tiny.d_head, tiny.d_mlp)
    assert (config.n_layers, config.n_heads) == (tiny.n_layers, tiny.n_heads)
    assert config.n_key_value_heads == tiny.n_key_value_heads
    assert (config.d_vocab, config.n_ctx) == (tiny.d_vocab, 128)
    assert (config.eps, config.rotary_base) == (1e-5, tiny.rotary_base)
    assert config.tie_word_embeddings == tiny.is_tied


def test_newer_settings(tmp_path: Path):
    """transformers 5 keeps the rotary base in rope_parameters."""
    rope = {"rope_theta": 5000.0, "rope_type": "default"}
    changes = {"rope_theta": None, "rope_scaling": None, "rope_parameters": rope}
    written = write_hub_folder(SMALL, tmp_path, settings=changes)

    assert read_hub_folder(written.path, {}).config.rotary_base == 5000.0


def test_shards_are_one_checkpoint(tmp_path: Path):
    """Tensors in several files, by the index, are the same checkpoint."""
    written = write_hub_folder(SMALL, tmp_path)
    whole = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    index = {}
    for number, name in enumerate(sorted(whole)):
        file = f"model-{number % 2}.safetensors"
        index[name] = file
    for file in set(index.values()):
        mine = {name: whole[name] for name in whole if index[name] == file}
        save_file(mine, tmp_path / file)
    write_index(tmp_path, index)

    checkpoint = read_hub_folder(tmp_path, {})
    for ours, numbers in expected_weights(written, checkpoint.config).items():
        assert np.array_equal(checkpoint.weight(ours), numbers)


def test_a_tied_head_that_is_stored_too_is_left_out(tmp_path: Path):
    """Where the config ties the head, a stored copy of it does not count as another tensor."""
    rows = random_weights(SMALL)["model.embed_tokens.weight"]
    written = write_hub_folder(SMALL, tmp_path, tensors={"lm_head.weight": rows})
    checkpoint = read_hub_folder(written.path, {})

    assert "W_U" not in checkpoint.tensors
    assert np.array_equal(checkpoint.weight("W_U"), checkpoint.weight("W_E").T)


def test_end_tokens(tmp_path: Path):
    """generation_config.json names the tokens that end a text, one or several."""
    written = write_hub_folder(SMALL, tmp_path)
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [263, 261]}')

    assert read_checkpoint(written.path, {}).end_ids == (263, 261)


def test_rotary_frequencies_are_no_weights(tmp_path: Path):
    """Older Llama files keep the rotary frequencies, which follow from the config."""
    frequencies = {"model.layers.0.self_attn.rotary_emb.inv_freq": np.ones(8, np.float32)}
    written = write_hub_folder(SMALL, tmp_path, tensors=frequencies)

    assert "W_E" in read_checkpoint(written.path, {}).tensors


def test_one_whole_file_goes_before_pieces(tmp_path: Path):
    """A folder with the weights in one file needs no pieces, though an index names some."""
    written = write_hub_folder(SMALL, tmp_path)
    write_index(tmp_path, {"lm_head.weight": "model-00001-of-00002.safetensors"})

    assert read_checkpoint(written.path, {}).weight("W_U").shape == (64, 264)


def write_index(folder: Path, index: Any) -> None:
    """Write the index of a checkpoint in several files."""
    text = json.dumps({"metadata": {}, "weight_map": index})
    (folder / "model.safetensors.index.json").write_text(text)


def refused(folder: Path, key: str) -> SourceError:
    """The error of a folder; its key is the expected one and it has a sentence."""
    with pytest.raises(SourceError) as caught:
        read_checkpoint(folder, {})
    assert caught.value.key == key, caught.value
    assert str(caught.value)
    return caught.value


def is_read_or_said(folder: Path) -> bool:
    """Whether a folder is either read, weights and all, or refused with a sentence."""
    try:
        return read_checkpoint(folder, {}).weight("W_U").shape == (64, 264)
    except SourceError as error:
        return bool(str(error))


@pytest.mark.parametrize(
    ("settings_", "key"),
    [
        ({"architectures": ["OPTForCausalLM"]}, "source.architecture"),
        ({"architectures": None, "model_type": None}, "source.architecture"),
        ({"architectures": None, "model_type": "opt"}, "source.architecture"),
        ({"model_type": "opt"}, "source.architecture"),
        ({"model_type": "mistral", "layer_types": ["full_attention"]}, "source.architecture"),
        ({"hidden_act": "gelu"}, "source.activation"),
        ({"attention_bias": True}, "source.bias"),
        ({"mlp_bias": True}, "source.bias"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "source.missing_field"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 2.0}}, "source.rope_scaling"),
        ({"hidden_size": None}, "source.missing_field"),
        ({"vocab_size": None}, "source.missing_field"),
        ({"num_hidden_layers": 0}, "config.not_positive"),
        ({"num_key_value_heads": 3}, "config.heads"),
        ({"head_dim": 15}, "config.rotary_width"),
        ({"num_hidden_layers": 3}, "source.missing_tensor"),
        ({"num_hidden_layers": 10**12}, "source.missing_tensor"),
        ({"num_hidden_layers": 1}, "source.unused_tensor"),
        ({"intermediate_size": 97}, "source.dims"),
        ({"head_dim": 32}, "source.dims"),
        ({"hidden_size": "wide"}, "source.corrupt"),
        ({"head_dim": None, "num_attention_heads": 0}, "config.not_positive"),
        ({"rope_scaling": "linear"}, "source.corrupt"),
    ],
)
def test_settings_that_are_not_supported(tmp_path: Path, settings_: dict[str, Any], key: str):
    """Each setting that would change the numbers, or fits no tensor, is refused by name."""
    write_hub_folder(SMALL, tmp_path, settings=settings_)

    refused(tmp_path, key)


def test_missing_tensor(tmp_path: Path):
    """A tensor that is not there is named as we call it."""
    write_hub_folder(SMALL, tmp_path, tensors={"model.norm.weight": None})

    assert "ln_final.w" in str(refused(tmp_path, "source.missing_tensor"))


def test_unused_tensor(tmp_path: Path):
    """A bias that the settings do not speak of is not left out in silence."""
    name = "model.layers.0.self_attn.q_proj.bias"
    write_hub_folder(SMALL, tmp_path, tensors={name: np.ones(64, np.float32)})

    assert name in str(refused(tmp_path, "source.unused_tensor"))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(tmp_path: Path, bad: float):
    """NaN and infinities are found, also in an embedding's last cell."""
    values = np.ones((264, 64), np.float32)
    values[263, 63] = bad
    write_hub_folder(SMALL, tmp_path, tensors={"model.embed_tokens.weight": values})

    assert "W_E" in str(refused(tmp_path, "source.not_finite"))


def test_tensor_type(tmp_path: Path):
    """Numbers in another type are named, with what is supported."""
    values = np.ones((64,), np.float64)
    write_hub_folder(SMALL, tmp_path, tensors={"model.norm.weight": values})

    assert "F64" in str(refused(tmp_path, "source.tensor_type"))


def test_cut_short(tmp_path: Path):
    """A weight file that ends early, wherever that is, is corrupt."""
    write_hub_folder(SMALL, tmp_path)
    file = tmp_path / "model.safetensors"
    data = file.read_bytes()
    for size in (0, 1, 7, 8, 100, 1000, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:size])
        refused(tmp_path, "source.corrupt")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("config.json", "source.no_file"),
        ("tokenizer.json", "tokens.no_files"),
        ("model.safetensors", "source.no_file"),
    ],
)
def test_no_file(tmp_path: Path, name: str, key: str):
    """A file that is not there is named."""
    write_hub_folder(SMALL, tmp_path)
    (tmp_path / name).unlink()

    assert name in str(refused(tmp_path, key))


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"text"', "\ufeff{}"])
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
def test_corrupt_json(tmp_path: Path, name: str, content: str):
    """A settings file that is not a JSON object is corrupt, by name."""
    write_hub_folder(SMALL, tmp_path)
    (tmp_path / name).write_text(content, encoding="utf-8")

    assert name in str(refused(tmp_path, "source.corrupt"))


@pytest.mark.parametrize(
    "name",
    [
        "../secret.safetensors",
        "/etc/passwd",
        "sub/model.safetensors",
        "..",
        "C:\\secret.safetensors",
        "",
        ".",
    ],
)
def test_index_stays_in_its_folder(tmp_path: Path, name: str):
    """An index that points anywhere else is refused, and nothing there is opened."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    write_hub_folder(SMALL, folder)
    (folder / "model.safetensors").rename(tmp_path / "secret.safetensors")
    write_index(folder, {"model.norm.weight": name})

    refused(folder, "source.path")


@pytest.mark.parametrize("index", [[], "model.safetensors", None, {"model.norm.weight": None}])
def test_malformed_index(tmp_path: Path, index: Any):
    """An index of another form is a sentence."""
    write_hub_folder(SMALL, tmp_path)
    (tmp_path / "model.safetensors").unlink()
    write_index(tmp_path, index)

    with pytest.raises(SourceError):
        read_checkpoint(tmp_path, {})


class Trap:
    """What unpickling would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Fail the test from inside the pickle."""
        return pytest.fail, ("a pickle was opened",)


def test_pickles_are_never_opened(tmp_path: Path):
    """Weights in pickles are not read, whatever they are called and whoever points at them."""
    write_hub_folder(SMALL, tmp_path)
    trap = pickle.dumps(Trap())
    for name in ("pytorch_model.bin", "model.pt", "model.safetensors"):
        (tmp_path / name).write_bytes(trap)
    refused(tmp_path, "source.corrupt")

    write_index(tmp_path, {"model.norm.weight": "pytorch_model.bin"})
    refused(tmp_path, "source.corrupt")

    for name in ("model.safetensors", "model.safetensors.index.json"):
        (tmp_path / name).unlink()
    assert ".bin" in str(refused(tmp_path, "source.no_file"))


@settings(
    max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_odd_settings(tmp_path: Path, data: st.DataObject):
    """Whatever stands in config.json: a sentence or a checkpoint."""
    if not (tmp_path / "config.json").exists():
        write_hub_folder(UNTIED, tmp_path)
        (tmp_path / "usual.json").write_text((tmp_path / "config.json").read_text())
    config = json.loads((tmp_path / "usual.json").read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        config[data.draw(st.sampled_from(sorted(config)))] = data.draw(st.sampled_from(ODD_VALUES))
    (tmp_path / "config.json").write_text(json.dumps(config))

    assert is_read_or_said(tmp_path)


@settings(
    max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_flipped_bytes(tmp_path: Path, data: st.DataObject):
    """Whatever bytes of the weight file's header are wrong: a sentence or a checkpoint."""
    file = tmp_path / "model.safetensors"
    usual = tmp_path / "usual"
    if not usual.exists():
        write_hub_folder(SMALL, tmp_path)
        usual.write_bytes(file.read_bytes())
    content = bytearray(usual.read_bytes())
    header = int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, header))] = data.draw(st.integers(0, 255))
    file.write_bytes(bytes(content))

    assert is_read_or_said(tmp_path)
