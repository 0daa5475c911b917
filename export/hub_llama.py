"""How Llamas lie in the hub's layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from export.hub_family import HubFamily, demand_activation, head_width, wide
from export.hub_rope import ROTARY_BASE, turning_of
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import LLAMA

if TYPE_CHECKING:
    from export.hub_family import Parts, Settings
    from export.hub_rope import Turning
    from export.tensors import Plain
    from seethrough.core.family import Family

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


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The sizes that a config.json tells.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_plain(settings)
    if settings.get("per_layer_config"):
        raise SourceError("source.per_layer")
    return sizes(LLAMA, settings, is_tied=is_tied)


def demand_plain(settings: Settings) -> None:
    """A Llama's activation, and no biases.

    Raises:
        SourceError: Another one, or biases.
    """
    demand_activation(settings, "hidden_act", LLAMA.activation)
    if settings.get("attention_bias") or settings.get("mlp_bias"):
        raise SourceError("source.bias")


def sizes(
    family: Family, settings: Settings, *, is_tied: bool, rotary_base: float = ROTARY_BASE
) -> ModelConfig:
    """What a Llama and those that are built like it have under the same names.

    Args:
        rotary_base: The class's, where none is given.
    """
    n_heads, d_model = int(settings["num_attention_heads"]), int(settings["hidden_size"])
    d_head = int(settings.get("head_dim") or head_width(d_model, n_heads))
    turning = turning_of(settings, d_head, rotary_base)
    return turned(family, settings, d_head, turning, is_tied=is_tied)


def turned(
    family: Family, settings: Settings, d_head: int, turning: Turning, *, is_tied: bool
) -> ModelConfig:
    """The same where it is known how the layers turn queries and keys."""
    n_heads = int(settings["num_attention_heads"])
    return ModelConfig(
        **family.named,
        d_model=int(settings["hidden_size"]),
        n_layers=int(settings["num_hidden_layers"]),
        n_heads=n_heads,
        n_key_value_heads=int(settings["num_key_value_heads"] or n_heads),
        d_head=d_head,
        d_mlp=int(settings["intermediate_size"]),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings["max_position_embeddings"]),
        eps=float(settings["rms_norm_eps"]),
        rotary_base=turning.base,
        rotary_factors=turning.factors,
        tie_word_embeddings=is_tied,
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
    prefix="model.",
    known_extra=re.compile(r"(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq"),
    usual=USUAL,
    shaping=SHAPING,
)
