"""How Qwen 2 and Qwen 3 lie in the hub's layout: Llamas with biases, or with norms of the heads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from export.hub_family import HubFamily, demand_activation
from export.hub_llama import LLAMA_HF, LLAMA_ON_HUB, sizes
from seethrough.core.config import LayerConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import QWEN2, QWEN3

if TYPE_CHECKING:
    from collections.abc import Callable

    from export.hub_family import Settings
    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family

QWEN2_HF = {
    **LLAMA_HF,
    "layers.{l}.self_attn.q_proj.bias": "blocks.{l}.attn.b_Q",
    "layers.{l}.self_attn.k_proj.bias": "blocks.{l}.attn.b_K",
    "layers.{l}.self_attn.v_proj.bias": "blocks.{l}.attn.b_V",
}
QWEN3_HF = {
    **LLAMA_HF,
    "layers.{l}.self_attn.q_norm.weight": "blocks.{l}.attn.q_norm.w",
    "layers.{l}.self_attn.k_norm.weight": "blocks.{l}.attn.k_norm.w",
}
# What transformers' Qwen2Config takes for what a config.json leaves out.
USUAL = {
    **LLAMA_ON_HUB.usual,
    "vocab_size": 151_936,
    "intermediate_size": 22_016,
    "num_key_value_heads": 32,
    "max_position_embeddings": 32_768,
    "eos_token_id": None,
    "sliding_window": 4096,
    "max_window_layers": 28,
}
KINDS = ("full_attention", "sliding_attention")


def config_of(family: Family) -> Callable[[Settings, bool], ModelConfig]:
    """Makes a config of one of the two families from a config.json."""

    def made(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
        demand_activation(settings, "hidden_act", family.activation)
        if settings.get("attention_bias"):
            raise SourceError("source.bias")
        config = sizes(family, settings, is_tied=is_tied)
        return with_windows(config, settings, int(settings["max_window_layers"]))

    return made


def with_windows(config: ModelConfig, settings: Settings, first: int) -> ModelConfig:
    """The config with a window in those layers that have one.

    Args:
        first: Where nothing is said of each layer, windows begin in this one.

    Raises:
        SourceError: A kind of layer that is none of ours.
    """
    window = settings["sliding_window"] if settings.get("use_sliding_window") else None
    kinds = settings.get("layer_types")
    if kinds is None:
        kinds = [KINDS[number >= first] for number in range(config.n_layers)]
    for kind in kinds:
        if kind not in KINDS:
            raise SourceError(
                "source.setting", name="layer_types", got=kind, expected=" / ".join(KINDS)
            )
    if window is None or int(window) >= config.n_ctx or KINDS[1] not in kinds:
        return config
    seen = {KINDS[0]: LayerConfig(), KINDS[1]: LayerConfig(window=int(window))}
    return replace(config, layers=tuple(seen[kind] for kind in kinds))


QWEN2_ON_HUB: HubFamily = replace(
    LLAMA_ON_HUB, config=config_of(QWEN2), names=QWEN2_HF, usual=USUAL
)
QWEN3_ON_HUB: HubFamily = replace(
    LLAMA_ON_HUB, config=config_of(QWEN3), names=QWEN3_HF, usual={**USUAL, "head_dim": 128}
)
