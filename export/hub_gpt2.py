"""How GPT-2s lie in the hub's layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from export.hub_family import HubFamily, demand, demand_activation, head_width, wide
from export.tensors import Plain
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import GPT2

if TYPE_CHECKING:
    from export.hub_family import Parts, Settings

# `W_QKV` and `b_QKV` lie side by side in the file and are cut apart where it is read.
GPT2_HF = {
    "wte.weight": "W_E",
    "wpe.weight": "W_pos",
    "h.{l}.ln_1.weight": "blocks.{l}.ln1.w",
    "h.{l}.ln_1.bias": "blocks.{l}.ln1.b",
    "h.{l}.attn.c_attn.weight": "blocks.{l}.attn.W_QKV",
    "h.{l}.attn.c_attn.bias": "blocks.{l}.attn.b_QKV",
    "h.{l}.attn.c_proj.weight": "blocks.{l}.attn.W_O",
    "h.{l}.attn.c_proj.bias": "blocks.{l}.attn.b_O",
    "h.{l}.ln_2.weight": "blocks.{l}.ln2.w",
    "h.{l}.ln_2.bias": "blocks.{l}.ln2.b",
    "h.{l}.mlp.c_fc.weight": "blocks.{l}.mlp.W_in",
    "h.{l}.mlp.c_fc.bias": "blocks.{l}.mlp.b_in",
    "h.{l}.mlp.c_proj.weight": "blocks.{l}.mlp.W_out",
    "h.{l}.mlp.c_proj.bias": "blocks.{l}.mlp.b_out",
    "ln_f.weight": "ln_final.w",
    "ln_f.bias": "ln_final.b",
    "lm_head.weight": "W_U",
}


# What transformers' GPT2Config takes for what a config.json leaves out, and its further names.
USUAL = {
    "vocab_size": 50257,
    "n_positions": 1024,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": None,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "eos_token_id": 50256,
    "tie_word_embeddings": True,
}
ALIASES = {
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
}
SHAPING = ("vocab_size", "n_positions", "n_embd", "n_layer")


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The sizes that a config.json tells.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_activation(settings, "activation_function", GPT2.activation)
    demand(settings, "scale_attn_weights", usual=True)
    demand(settings, "scale_attn_by_inverse_layer_idx", usual=False)
    demand(settings, "add_cross_attention", usual=False)
    n_heads, d_model = int(settings["n_head"]), int(settings["n_embd"])
    return ModelConfig(
        **GPT2.named,
        d_model=d_model,
        n_layers=int(settings["n_layer"]),
        n_heads=n_heads,
        n_key_value_heads=n_heads,
        d_head=head_width(d_model, n_heads),
        d_mlp=int(settings["n_inner"] or 4 * d_model),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings["n_positions"]),
        eps=float(settings["layer_norm_epsilon"]),
        rotary_base=None,
        tie_word_embeddings=is_tied,
    )


def arrange(name: str, stored: Plain, config: ModelConfig) -> Parts:
    """Conv1D weights are [in, out] already; queries, keys and values lie side by side."""
    values = stored.values
    if name.endswith("_QKV"):
        width = (3 * config.n_heads * config.d_head,)
        expected = width if values.ndim == 1 else (config.d_model, *width)
        if values.shape != expected:
            raise SourceError("source.dims", name=name, got=values.shape, expected=expected)
        cut = np.split(values, 3, axis=-1)
        stem = name.removesuffix("QKV")
        parts = {f"{stem}{letter}": Plain(part) for letter, part in zip("QKV", cut, strict=True)}
    else:
        parts = {name: stored.transposed() if name == "W_U" else stored}
    return {ours: wide(part) if values.ndim == 1 else part for ours, part in parts.items()}


GPT2_ON_HUB = HubFamily(
    config_of,
    GPT2_HF,
    arrange,
    prefix="transformer.",
    known_extra=re.compile(r"h\.\d+\.attn\.(bias|masked_bias)"),
    usual=USUAL,
    aliases=ALIASES,
    shaping=SHAPING,
)
