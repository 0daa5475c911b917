"""How Llamas lie in the hub's layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from export.hub_family import HubFamily, demand_activation, head_width, wide
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import LLAMA

if TYPE_CHECKING:
    from export.hub_family import Parts, Settings
    from export.tensors import Plain

LLAMA_HF = {
    "model.embed_tokens.weight": "W_E",
    "model.layers.{l}.input_layernorm.weight": "blocks.{l}.ln1.w",
    "model.layers.{l}.self_attn.q_proj.weight": "blocks.{l}.attn.W_Q",
    "model.layers.{l}.self_attn.k_proj.weight": "blocks.{l}.attn.W_K",
    "model.layers.{l}.self_attn.v_proj.weight": "blocks.{l}.attn.W_V",
    "model.layers.{l}.self_attn.o_proj.weight": "blocks.{l}.attn.W_O",
    "model.layers.{l}.post_attention_layernorm.weight": "blocks.{l}.ln2.w",
    "model.layers.{l}.mlp.gate_proj.weight": "blocks.{l}.mlp.W_gate",
    "model.layers.{l}.mlp.up_proj.weight": "blocks.{l}.mlp.W_in",
    "model.layers.{l}.mlp.down_proj.weight": "blocks.{l}.mlp.W_out",
    "model.norm.weight": "ln_final.w",
    "lm_head.weight": "W_U",
}


def config_of(settings: Settings, has_head: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The sizes that a config.json tells, with or without a head of its own in the file.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_activation(settings, "hidden_act", LLAMA.activation)
    if settings.get("attention_bias") or settings.get("mlp_bias"):
        raise SourceError("source.bias")
    rope = settings.get("rope_scaling") or settings.get("rope_parameters") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default":
        raise SourceError("source.rope_scaling", got=kind)
    n_heads = int(settings["num_attention_heads"])
    d_model = int(settings["hidden_size"])
    base = settings.get("rope_theta") or rope.get("rope_theta") or 10000.0
    return ModelConfig(
        **LLAMA.named,
        d_model=d_model,
        n_layers=int(settings["num_hidden_layers"]),
        n_heads=n_heads,
        n_key_value_heads=int(settings.get("num_key_value_heads") or n_heads),
        d_head=int(settings.get("head_dim") or head_width(d_model, n_heads)),
        d_mlp=int(settings["intermediate_size"]),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings["max_position_embeddings"]),
        eps=float(settings["rms_norm_eps"]),
        rotary_base=float(base),
        # A missing lm_head means tied, whatever the config says.
        tie_word_embeddings=not has_head or bool(settings.get("tie_word_embeddings")),
    )


def arrange(name: str, stored: Plain, _config: ModelConfig) -> Parts:
    """[out, in] becomes [in, out]; the embedding stays."""
    if stored.values.ndim == 1:
        return {name: wide(stored)}
    return {name: stored if name == "W_E" else stored.transposed()}


LLAMA_ON_HUB = HubFamily(
    config_of,
    LLAMA_HF,
    arrange,
    known_extra=re.compile(r"model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq"),
)
