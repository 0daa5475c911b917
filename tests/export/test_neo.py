"""GPT-Neo and GPT-NeoX folders: every weight where it belongs, older settings, what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from export.hub_gpt_neo import GPT_NEO_HF
from export.hub_gpt_neox import GPT_NEOX_HF
from export.names import by_source_name
from export.sources import read_checkpoint
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import FAMILIES
from seethrough.core.weight_names import expected_dims
from tests.tiny import Tiny, tokenizer_dict

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.cache import Array

N_HEADS, D_HEAD, D_VOCAB, N_CTX = 2, 8, 264, 32
NEO = {
    "model_type": "gpt_neo",
    "architectures": ["GPTNeoForCausalLM"],
    "vocab_size": D_VOCAB,
    "hidden_size": N_HEADS * D_HEAD,
    "num_heads": N_HEADS,
    "num_layers": 2,
    "attention_types": [[["global", "local"], 1]],
    "window_size": 4,
    "max_position_embeddings": N_CTX,
    "eos_token_id": 0,
}
NEOX = {
    "model_type": "gpt_neox",
    "architectures": ["GPTNeoXForCausalLM"],
    "vocab_size": D_VOCAB,
    "hidden_size": N_HEADS * D_HEAD,
    "num_attention_heads": N_HEADS,
    "num_hidden_layers": 2,
    "intermediate_size": 24,
    "max_position_embeddings": N_CTX,
    "eos_token_id": 0,
}


def weights_of(config: ModelConfig) -> dict[str, Array]:
    """Seeded weights under our names."""
    rng = np.random.default_rng(8)
    return {
        name: rng.normal(0, 0.3, dims).astype(np.float32)
        for name, dims in expected_dims(config).items()
    }


def config_of(family: str, **more: Any) -> ModelConfig:  # noqa: ANN401 - sizes
    """The config that the settings above mean."""
    return ModelConfig(
        **FAMILIES[family].named,
        d_model=N_HEADS * D_HEAD,
        n_layers=2,
        n_heads=N_HEADS,
        n_key_value_heads=N_HEADS,
        d_head=D_HEAD,
        d_vocab=D_VOCAB,
        n_ctx=N_CTX,
        eps=1e-5,
        **more,
    )


NEO_CONFIG = config_of("gpt_neo", d_mlp=64, rotary_base=None, tie_word_embeddings=True)
NEOX_CONFIG = config_of(
    "gpt_neox", d_mlp=24, rotary_base=10_000.0, rotary_dim=2, tie_word_embeddings=False
)


def write(
    folder: Path, settings: dict[str, Any], tensors: dict[str, Array], **changes: object
) -> Path:
    """A folder in the hub's layout."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {**settings, **changes}
    whole = {name: value for name, value in told.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(whole), "utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_dict(Tiny())), "utf-8")
    contiguous = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    save_file(contiguous, folder / "model.safetensors")
    return folder


def neo_tensors(weights: dict[str, Array]) -> dict[str, Array]:
    """As transformers stores them: matrices [out, in], rows of tokens and positions as they are."""
    found = {}
    for theirs, ours in by_source_name(GPT_NEO_HF, NEO_CONFIG).items():
        if ours in weights:
            is_turned = weights[ours].ndim > 1 and ours not in {"W_E", "W_pos"}
            found[f"transformer.{theirs}"] = weights[ours].T if is_turned else weights[ours]
    return found


def neox_tensors(weights: dict[str, Array]) -> dict[str, Array]:
    """As transformers stores them; each head's query, key and value lie side by side."""
    found = {}
    for theirs, ours in by_source_name(GPT_NEOX_HF, NEOX_CONFIG).items():
        if ours.endswith("QKV"):
            stem = ours.removesuffix("QKV")
            parts = [weights[f"{stem}{letter}"].T for letter in "QKV"]
            heads = np.stack([part.reshape(N_HEADS, D_HEAD, -1) for part in parts], axis=1)
            values = heads.reshape(3 * N_HEADS * D_HEAD, -1)
            values = values[:, 0] if ".b_" in ours else values
        else:
            is_turned = weights[ours].ndim > 1 and ours != "W_E"
            values = weights[ours].T if is_turned else weights[ours]
        found[theirs if theirs.startswith("embed_out") else f"gpt_neox.{theirs}"] = values
    return found


def neox(folder: Path, **changes: object) -> Path:
    """A GPT-NeoX's folder, with changes to its config.json; None leaves a setting out."""
    return write(folder, NEOX, neox_tensors(weights_of(NEOX_CONFIG)), **changes)


def neo(folder: Path, **changes: object) -> Path:
    """The same of a GPT-Neo."""
    return write(folder, NEO, neo_tensors(weights_of(NEO_CONFIG)), **changes)


def test_gpt_neo_s_weights_are_its_own(tmp_path: Path) -> None:
    """Each is where our names say, to the bit; every second layer has a window."""
    read = read_checkpoint(neo(tmp_path), {})
    for name, values in weights_of(NEO_CONFIG).items():
        np.testing.assert_array_equal(read.weight(name), values, err_msg=name)
    assert [layer.window for layer in read.config.layers] == [None, 4]
    assert read.config.attn_scale == 1


def test_gpt_neox_s_weights_are_its_own(tmp_path: Path) -> None:
    """Queries, keys and values are cut apart head by head; a quarter of a head is turned."""
    read = read_checkpoint(neox(tmp_path), {})
    for name, values in weights_of(NEOX_CONFIG).items():
        np.testing.assert_array_equal(read.weight(name), values, err_msg=name)
    assert read.config == NEOX_CONFIG


def test_older_names_of_settings(tmp_path: Path) -> None:
    """`rotary_pct` and `rotary_emb_base`, as Pythia's files have them."""
    read = read_checkpoint(neox(tmp_path, rotary_pct=0.5, rotary_emb_base=5000), {})
    assert (read.config.rotary_dim, read.config.rotary_base) == (4, 5000.0)
    whole = {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 1.0}
    read = read_checkpoint(neox(tmp_path, rope_parameters=whole), {})
    assert read.config.rotary_dim is None


def test_a_window_as_wide_as_the_context_hides_nothing(tmp_path: Path) -> None:
    """It is left out."""
    assert read_checkpoint(neo(tmp_path, window_size=N_CTX), {}).config.layers == ()


@pytest.mark.parametrize(
    ("make", "changes", "key"),
    [
        (neox, {"use_parallel_residual": False}, "source.setting"),
        (neox, {"attention_bias": False}, "source.setting"),
        (neox, {"hidden_act": "gelu_new"}, "source.activation"),
        (neox, {"rotary_pct": 0.1}, "config.rotary_width"),
        (neox, {"rotary_pct": 0.4}, "config.rotary_width"),
        (neox, {"rope_scaling": {"type": "dynamic", "factor": 2}}, "source.rope_scaling"),
        (neo, {"attention_types": [[["global", "sparse"], 1]]}, "source.setting"),
        (neo, {"attention_types": [[["global"], 3]]}, "config.layers"),
        (neo, {"activation_function": "gelu"}, "source.activation"),
    ],
)
def test_what_is_not_computed_is_refused(make, changes, key, tmp_path: Path) -> None:
    """In a sentence that says what."""
    with pytest.raises(SourceError) as caught:
        read_checkpoint(make(tmp_path, **changes), {})
    assert caught.value.key == key
