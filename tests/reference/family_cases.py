"""Tiny models of the rotary families, seeded and written by transformers' save_pretrained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.checkpoint_cases import GEMMA3, LINEAR_ROPE, LLAMA, LLAMA3_ROPE, saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAMILIES: dict[str, Callable[[Path], Path]] = {
    "Gemma 3": saved("Gemma3ForCausalLM", **GEMMA3),
    "Qwen 2": saved("Qwen2ForCausalLM", **LLAMA),
    "Qwen 3, heads of 128": saved("Qwen3ForCausalLM", head_dim=128, **LLAMA),
    "Llama, Llama 3's scaling": saved("LlamaForCausalLM", rope_parameters=LLAMA3_ROPE, **LLAMA),
    "Llama, scaled by 4": saved("LlamaForCausalLM", rope_parameters=LINEAR_ROPE, **LLAMA),
    "SmolLM3": saved("SmolLM3ForCausalLM", **{**LLAMA, "num_hidden_layers": 4}),
}
# These are not read from a GGUF by transformers (5.14), or not with what scales their turns.
NOT_FROM_GGUF = ("Llama, Llama 3's scaling", "Llama, scaled by 4", "SmolLM3")
