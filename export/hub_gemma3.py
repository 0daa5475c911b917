"""How Gemma 3 lies in the hub's layout: norms on both sides, and a window in most layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from export.hub_family import HubFamily, demand, demand_activation, head_width
from export.hub_llama import LLAMA_HF, SHAPING, turned
from export.hub_llama import arrange as arrange_llama
from export.hub_rope import Turning, factors_of
from export.tensors import Plain
from seethrough.core.config import LayerConfig, ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import GEMMA3

if TYPE_CHECKING:
    from export.hub_family import Parts, Settings

GEMMA3_HF = {
    **LLAMA_HF,
    "layers.{l}.self_attn.q_norm.weight": "blocks.{l}.attn.q_norm.w",
    "layers.{l}.self_attn.k_norm.weight": "blocks.{l}.attn.k_norm.w",
    "layers.{l}.post_attention_layernorm.weight": "blocks.{l}.ln1_post.w",
    "layers.{l}.pre_feedforward_layernorm.weight": "blocks.{l}.ln2.w",
    "layers.{l}.post_feedforward_layernorm.weight": "blocks.{l}.ln2_post.w",
}
# What transformers' Gemma3TextConfig takes for what a config.json leaves out.
USUAL = {
    "vocab_size": 262_208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1e-6,
    "eos_token_id": 1,
    "tie_word_embeddings": True,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "layer_types": None,
}
LOCAL, GLOBAL = "sliding_attention", "full_attention"
PATTERN = 6  # every so many-th layer sees everything
BASES = {LOCAL: 10_000.0, GLOBAL: 1_000_000.0}
# Where the base of a kind of layer stands in files that have no record for each kind.
BESIDE = {LOCAL: "rope_local_base_freq", GLOBAL: "rope_theta"}
OFF = ("attention_bias", "use_bidirectional_attention", "attn_logit_softcapping")


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The sizes that a config.json tells.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_activation(settings, "hidden_activation", GEMMA3.activation)
    for name in (*OFF, "final_logit_softcapping"):
        if settings.get(name):
            demand(settings, name, usual=None)
    n_heads, d_model = int(settings["num_attention_heads"]), int(settings["hidden_size"])
    d_head = int(settings["head_dim"] or head_width(d_model, n_heads))
    demand(settings, "query_pre_attn_scalar", usual=d_head)
    turnings = {kind: turning_of(settings, kind, d_head) for kind in BASES}
    config = turned(GEMMA3, settings, d_head, turnings[GLOBAL], is_tied=is_tied)
    layers = tuple(layer_of(kind, settings, turnings) for kind in kinds_of(settings))
    return replace(config, layers=layers)


def kinds_of(settings: Settings) -> list[str]:
    """The kind of each layer, bottom first.

    Raises:
        SourceError: A kind that is none of ours.
    """
    given = settings["layer_types"]
    if given is None:
        step = int(settings.get("sliding_window_pattern", PATTERN))
        numbers = range(1, int(settings["num_hidden_layers"]) + 1)
        return [LOCAL if number % step else GLOBAL for number in numbers]
    for kind in given:
        if kind not in BASES:
            raise SourceError(
                "source.setting", name="layer_types", got=kind, expected=" / ".join(BASES)
            )
    return list(given)


def layer_of(kind: str, settings: Settings, turnings: dict[str, Turning]) -> LayerConfig:
    """What a layer has of its own: a window and a base, where it is a local one."""
    if kind == GLOBAL:
        return LayerConfig()
    return LayerConfig(window=int(settings["sliding_window"]), rotary_base=turnings[LOCAL].base)


def turning_of(settings: Settings, kind: str, d_head: int) -> Turning:
    """What layers of a kind turn by: from their own record, else from the setting beside it.

    Source: transformers' Gemma3TextConfig.convert_rope_params_to_dict.

    Raises:
        SourceError: Turns are scaled.
    """
    rope: dict[str, Any] = dict((settings.get("rope_parameters") or {}).get(kind) or {})
    if kind == GLOBAL:
        rope |= settings.get("rope_scaling") or {}
    given = rope.get("rope_theta", settings.get(BESIDE[kind]))
    base = BASES[kind] if given is None else float(given)
    if factors_of(rope, base, d_head):
        raise SourceError("source.rope_scaling", got=rope.get("rope_type", rope.get("type")))
    return Turning(base)


def arrange(name: str, stored: Plain, config: ModelConfig) -> Parts:
    """As a Llama's; a norm's file holds what its factors are more than 1."""
    parts = arrange_llama(name, stored, config)
    if stored.values.ndim > 1:
        return parts
    return {ours: Plain(np.float32(1) + part.values) for ours, part in parts.items()}


GEMMA3_ON_HUB = HubFamily(
    config_of,
    GEMMA3_HF,
    arrange,
    prefix="model.",
    usual=USUAL,
    shaping=(*SHAPING, "num_key_value_heads", "head_dim"),
)
