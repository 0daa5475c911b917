"""A GGUF of a folder in the hub's layout, as llama.cpp's convert_hf_to_gguf.py makes one.

The `gguf` package writes it, under the names of its own tables; our reader has no part in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np
from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, GGMLQuantizationType, GGUFWriter
from safetensors.numpy import load_file

from tests.tiny import MERGES, SPECIAL, Tiny, permuted, vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.cache import Array

ARCHITECTURES = {
    "llama": MODEL_ARCH.LLAMA,
    "gpt2": MODEL_ARCH.GPT2,
    "gemma3_text": MODEL_ARCH.GEMMA3,
    "qwen2": MODEL_ARCH.QWEN2,
    "qwen3": MODEL_ARCH.QWEN3,
    "smollm3": MODEL_ARCH.SMOLLM3,
    "gpt_neox": MODEL_ARCH.GPTNEOX,
}
INTERLEAVED = ("llama", "smollm3")


def gguf_of(folder: Path, path: Path, kind: str = "F32") -> Path:
    """Write the GGUF of a folder.

    Args:
        kind: The type of matrices and of the embedding; the rest stays in float32.
    """
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    architecture = ARCHITECTURES[settings["model_type"]]
    writer = GGUFWriter(path, MODEL_ARCH_NAMES[architecture])
    add_sizes(writer, settings)
    add_tokens(writer)
    names = gguf.get_tensor_name_map(architecture, n_layers(settings))
    for name, values in load_file(folder / "model.safetensors").items():
        stem, _, ending = name.rpartition(".")
        theirs = f"{names.get_name(stem)}.{ending}"
        data = converted(settings, name, values)
        is_matrix = data.ndim > 1 and "position" not in theirs
        stored = GGMLQuantizationType[kind if is_matrix else "F32"]
        is_float = stored in (GGMLQuantizationType.F32, GGMLQuantizationType.F16)
        writer.add_tensor(
            theirs, gguf.quantize(data, stored), raw_dtype=None if is_float else stored
        )
    if factors := llama3_divisors(settings):
        writer.add_tensor("rope_freqs.weight", np.array(factors, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def n_layers(settings: dict[str, Any]) -> int:
    """How many layers a config.json tells of."""
    return int(settings.get("num_hidden_layers") or settings["n_layer"])


def add_sizes(writer: GGUFWriter, settings: dict[str, Any]) -> None:
    """What the converter writes of a config.json."""
    if settings["model_type"] == "gpt2":
        writer.add_context_length(settings["n_positions"])
        writer.add_embedding_length(settings["n_embd"])
        writer.add_feed_forward_length(settings["n_inner"] or 4 * settings["n_embd"])
        writer.add_head_count(settings["n_head"])
        writer.add_layer_norm_eps(settings["layer_norm_epsilon"])
        writer.add_block_count(n_layers(settings))
        return
    writer.add_context_length(settings["max_position_embeddings"])
    writer.add_embedding_length(settings["hidden_size"])
    writer.add_feed_forward_length(settings["intermediate_size"])
    writer.add_block_count(n_layers(settings))
    writer.add_head_count(settings["num_attention_heads"])
    if settings["model_type"] == "gpt_neox":
        width = settings["hidden_size"] // settings["num_attention_heads"]
        rope = settings["rope_parameters"]
        writer.add_rope_dimension_count(int(rope["partial_rotary_factor"] * width))
        writer.add_rope_freq_base(rope["rope_theta"])
        writer.add_parallel_residual(settings["use_parallel_residual"])
        writer.add_layer_norm_eps(settings["layer_norm_eps"])
        return
    writer.add_head_count_kv(settings["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(settings["rms_norm_eps"])
    writer.add_vocab_size(settings["vocab_size"])
    if width := settings.get("head_dim"):
        writer.add_key_length(width)
        writer.add_value_length(width)
    rope = settings["rope_parameters"]
    whole = rope.get("full_attention", rope)
    writer.add_rope_freq_base(whole["rope_theta"])
    if whole["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(whole["factor"])
    if settings["model_type"] == "gemma3_text":
        writer.add_sliding_window(settings["sliding_window"])


def add_tokens(writer: GGUFWriter) -> None:
    """The vocabulary of tests/tiny.py."""
    tokens = vocabulary(Tiny())
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in MERGES])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))


def converted(settings: dict[str, Any], name: str, values: Array) -> Array:
    """A tensor as the converter leaves it, in float32."""
    kind, values = settings["model_type"], values.astype(np.float32)
    if kind in INTERLEAVED and name.endswith(("q_proj.weight", "k_proj.weight")):
        is_query = "q_proj" in name
        heads = settings["num_attention_heads" if is_query else "num_key_value_heads"]
        return permuted(values, heads)
    if kind == "gemma3_text" and name.endswith("norm.weight"):
        return values + 1
    if kind == "gpt_neox" and "query_key_value" in name:
        heads = settings["num_attention_heads"]
        by_head = values.reshape(heads, 3, len(values) // heads // 3, *values.shape[1:])
        return np.ascontiguousarray(by_head.swapaxes(0, 1)).reshape(values.shape)
    if kind == "gpt2" and name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")):
        return np.ascontiguousarray(values.T)
    return values


def llama3_divisors(settings: dict[str, Any]) -> list[float]:
    """What the converter divides each pair's frequency by: LlamaModel.generate_extra_tensors."""
    rope = settings.get("rope_parameters") or {}
    if rope.get("rope_type") != "llama3":
        return []
    width = settings.get("head_dim") or (settings["hidden_size"] // settings["num_attention_heads"])
    frequencies = 1.0 / rope["rope_theta"] ** (np.arange(0, width, 2, dtype=np.float32) / width)
    first = rope["original_max_position_embeddings"]
    low, high = first / rope["low_freq_factor"], first / rope["high_freq_factor"]
    found = []
    for frequency in frequencies:
        length = 2 * np.pi / frequency
        if length < high:
            found.append(1.0)
        elif length > low:
            found.append(rope["factor"])
        else:
            share = (first / length - rope["low_freq_factor"]) / (
                rope["high_freq_factor"] - rope["low_freq_factor"]
            )
            found.append(1 / ((1 - share) / rope["factor"] + share))
    return found
