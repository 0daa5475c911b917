"""How GPT-NeoXs (Pythia) lie in the hub's layout: both halves at once, a part of a head turned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from export.hub_family import HubFamily, demand, demand_activation, head_width, wide
from export.hub_rope import ROTARY_BASE, turning_of
from export.tensors import Plain
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import GPT_NEOX

if TYPE_CHECKING:
    from export.hub_family import Parts, Settings

# `W_QKV` and `b_QKV` lie head by head in the file: a head's query, key and value side by side.
GPT_NEOX_HF = {
    "embed_in.weight": "W_E",
    "layers.{l}.input_layernorm.weight": "blocks.{l}.ln1.w",
    "layers.{l}.input_layernorm.bias": "blocks.{l}.ln1.b",
    "layers.{l}.attention.query_key_value.weight": "blocks.{l}.attn.W_QKV",
    "layers.{l}.attention.query_key_value.bias": "blocks.{l}.attn.b_QKV",
    "layers.{l}.attention.dense.weight": "blocks.{l}.attn.W_O",
    "layers.{l}.attention.dense.bias": "blocks.{l}.attn.b_O",
    "layers.{l}.post_attention_layernorm.weight": "blocks.{l}.ln2.w",
    "layers.{l}.post_attention_layernorm.bias": "blocks.{l}.ln2.b",
    "layers.{l}.mlp.dense_h_to_4h.weight": "blocks.{l}.mlp.W_in",
    "layers.{l}.mlp.dense_h_to_4h.bias": "blocks.{l}.mlp.b_in",
    "layers.{l}.mlp.dense_4h_to_h.weight": "blocks.{l}.mlp.W_out",
    "layers.{l}.mlp.dense_4h_to_h.bias": "blocks.{l}.mlp.b_out",
    "final_layer_norm.weight": "ln_final.w",
    "final_layer_norm.bias": "ln_final.b",
    "embed_out.weight": "W_U",
}
# What transformers' GPTNeoXConfig takes for what a config.json leaves out, and its older names.
USUAL = {
    "vocab_size": 50432,
    "hidden_size": 6144,
    "num_hidden_layers": 44,
    "num_attention_heads": 64,
    "intermediate_size": 24576,
    "hidden_act": "gelu",
    "max_position_embeddings": 2048,
    "layer_norm_eps": 1e-5,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
}
ALIASES = {"rotary_pct": "partial_rotary_factor", "rotary_emb_base": "rope_theta"}
SHAPING = (
    *("vocab_size", "hidden_size", "intermediate_size"),
    *("num_hidden_layers", "num_attention_heads"),
)
TURNED = 0.25  # of a head, where nothing is said


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The sizes that a config.json tells.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_activation(settings, "hidden_act", GPT_NEOX.activation)
    demand(settings, "use_parallel_residual", usual=True)
    demand(settings, "attention_bias", usual=True)
    n_heads, d_model = int(settings["num_attention_heads"]), int(settings["hidden_size"])
    d_head = head_width(d_model, n_heads)
    turning = turning_of(settings, d_head, ROTARY_BASE, share=TURNED)
    return ModelConfig(
        **GPT_NEOX.named,
        d_model=d_model,
        n_layers=int(settings["num_hidden_layers"]),
        n_heads=n_heads,
        n_key_value_heads=n_heads,
        d_head=d_head,
        d_mlp=int(settings["intermediate_size"]),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings["max_position_embeddings"]),
        eps=float(settings["layer_norm_eps"]),
        rotary_base=turning.base,
        rotary_factors=turning.factors,
        rotary_dim=None if turning.n_turned == d_head else turning.n_turned,
        tie_word_embeddings=is_tied,
    )


def arrange(name: str, stored: Plain, config: ModelConfig) -> Parts:
    """[out, in] becomes [in, out]; queries, keys and values are cut apart, head by head."""
    values = stored.values
    if not name.endswith("_QKV"):
        if values.ndim == 1:
            return {name: wide(stored)}
        return {name: stored if name == "W_E" else stored.transposed()}
    width = 3 * config.n_heads * config.d_head
    expected = (width,) if values.ndim == 1 else (width, config.d_model)
    if values.shape != expected:
        raise SourceError("source.dims", name=name, got=values.shape, expected=expected)
    by_head = values.reshape(config.n_heads, 3, config.d_head, -1)
    parts = {}
    for letter, part in zip("QKV", np.moveaxis(by_head, 1, 0), strict=True):
        whole = Plain(np.ascontiguousarray(part.reshape(width // 3, *expected[1:])))
        parts[f"{name.removesuffix('QKV')}{letter}"] = (
            wide(whole) if values.ndim == 1 else whole.transposed()
        )
    return parts


GPT_NEOX_ON_HUB = HubFamily(
    config_of,
    GPT_NEOX_HF,
    arrange,
    prefix="gpt_neox.",
    known_extra=re.compile(r"layers\.\d+\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)"),
    usual=USUAL,
    aliases=ALIASES,
    shaping=SHAPING,
)
