"""Tiny models of the rotary families, seeded and written by transformers' save_pretrained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.checkpoint_cases import LLAMA, saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
LINEAR = {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e4}
GEMMA3 = {
    **LLAMA,
    "num_hidden_layers": 6,
    "num_key_value_heads": 1,
    "head_dim": 256,  # a GGUF says nothing of what scores are scaled by: transformers takes 256
    "sliding_window": 4,
}
FAMILIES: dict[str, Callable[[Path], Path]] = {
    "Gemma 3": saved("Gemma3ForCausalLM", **GEMMA3),
    "Qwen 2": saved("Qwen2ForCausalLM", **LLAMA),
    "Qwen 3, heads of 128": saved("Qwen3ForCausalLM", head_dim=128, **LLAMA),
    "Llama, Llama 3's scaling": saved("LlamaForCausalLM", rope_parameters=LLAMA3, **LLAMA),
    "Llama, scaled by 4": saved("LlamaForCausalLM", rope_parameters=LINEAR, **LLAMA),
    "SmolLM3": saved("SmolLM3ForCausalLM", **{**LLAMA, "num_hidden_layers": 4}),
}
# These are not read from a GGUF by transformers (5.14), or not with what scales their turns.
NOT_FROM_GGUF = ("Llama, Llama 3's scaling", "Llama, scaled by 4", "SmolLM3")
