"""How Llamas lie in the hub's layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from export.hub_family import HubFamily, demand, demand_activation, head_width, wide
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import LLAMA

if TYPE_CHECKING:
    from export.hub_family import Parts, Settings
    from export.tensors import Plain

LLAMA_HF = {
    "embed_tokens.weight": "W_E",
    "layers.{l}.input_layernorm.weight": "blocks.{l}.ln1.w",
    "layers.{l}.self_attn.q_proj.weight": "blocks.{l}.attn.W_Q",
    "layers.{l}.self_attn.k_proj.weight": "blocks.{l}.attn.W_K",
    "layers.{l}.self_attn.v_proj.weight": "blocks.{l}.attn.W_V",
    "layers.{l}.self_attn.o_proj.weight": "blocks.{l}.attn.W_O",
    "layers.{l}.post_attention_layernorm.weight": "blocks.{l}.ln2.w",
    "layers.{l}.mlp.gate_proj.weight": "blocks.{l}.mlp.W_gate",
    "layers.{l}.mlp.up_proj.weight": "blocks.{l}.mlp.W_in",
    "layers.{l}.mlp.down_proj.weight": "blocks.{l}.mlp.W_out",
    "norm.weight": "ln_final.w",
    "lm_head.weight": "W_U",
}


# What transformers' LlamaConfig takes for what a config.json leaves out.
USUAL = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
    "head_dim": None,
    "hidden_act": "silu",
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-6,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
}
SHAPING = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
)
ROTARY_BASE = 10000.0


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The sizes that a config.json tells.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_activation(settings, "hidden_act", LLAMA.activation)
    if settings.get("attention_bias") or settings.get("mlp_bias"):
        raise SourceError("source.bias")
    if settings.get("per_layer_config"):
        raise SourceError("source.per_layer")
    n_heads, d_model = int(settings["num_attention_heads"]), int(settings["hidden_size"])
    return ModelConfig(
        **LLAMA.named,
        d_model=d_model,
        n_layers=int(settings["num_hidden_layers"]),
        n_heads=n_heads,
        n_key_value_heads=int(settings["num_key_value_heads"] or n_heads),
        d_head=int(settings["head_dim"] or head_width(d_model, n_heads)),
        d_mlp=int(settings["intermediate_size"]),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings["max_position_embeddings"]),
        eps=float(settings["rms_norm_eps"]),
        rotary_base=rotary_base(settings),
        tie_word_embeddings=is_tied,
    )


def rotary_base(settings: Settings) -> float:
    """The theta that queries and keys are turned by, from the places where it may stand.

    The order is transformers' (RotaryEmbeddingConfigMixin.convert_rope_params_to_dict): a record of
    its own, `rope_scaling` before `rope_parameters`, then the setting beside it.

    Raises:
        SourceError: The positions are scaled, differ between layers, or turn parts of heads.
    """
    rope = settings.get("rope_scaling") or settings.get("rope_parameters") or {}
    by_layer = [name for name, value in rope.items() if isinstance(value, dict)]
    kind = rope.get("rope_type", rope.get("type", "default"))
    is_neutral = kind == "linear" and rope.get("factor") == 1
    if by_layer or (kind != "default" and not is_neutral):
        raise SourceError("source.rope_scaling", got=", ".join(by_layer) or kind)
    for place in (settings, rope):
        demand(place, "partial_rotary_factor", usual=1)
    base = rope.get("rope_theta", settings.get("rope_theta"))
    return ROTARY_BASE if base is None else float(base)


def arrange(name: str, stored: Plain, _config: ModelConfig) -> Parts:
    """[out, in] becomes [in, out]; the embedding stays."""
    if stored.values.ndim == 1:
        return {name: wide(stored)}
    return {name: stored if name == "W_E" else stored.transposed()}


LLAMA_ON_HUB = HubFamily(
    config_of,
    LLAMA_HF,
    arrange,
    prefix="model.",
    known_extra=re.compile(r"(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq"),
    usual=USUAL,
    shaping=SHAPING,
)
