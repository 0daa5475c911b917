"""How SmolLM3 lies in the hub's layout: a Llama that turns nothing in every fourth layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from export.hub_llama import LLAMA_ON_HUB, demand_plain, sizes
from seethrough.core.config import LayerConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import LLAMA

if TYPE_CHECKING:
    from export.hub_family import Settings
    from seethrough.core.config import ModelConfig

ROTARY_BASE = 2_000_000.0
USUAL = {
    **LLAMA_ON_HUB.usual,
    "vocab_size": 128_256,
    "hidden_size": 2048,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32_768,
    "eos_token_id": 128_001,
    "tie_word_embeddings": True,
    "no_rope_layers": None,
    "no_rope_layer_interval": 4,
}


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """A Llama's sizes, and the layers that turn nothing.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_plain(settings)
    if settings.get("use_sliding_window"):
        raise SourceError("source.setting", name="use_sliding_window", got=True, expected="false")
    config = sizes(LLAMA, settings, is_tied=is_tied, rotary_base=ROTARY_BASE)
    is_turned = settings["no_rope_layers"]
    if is_turned is None:
        step = int(settings["no_rope_layer_interval"])
        is_turned = [(number + 1) % step != 0 for number in range(config.n_layers)]
    kinds = tuple(LayerConfig(is_turned=bool(one)) for one in is_turned[: config.n_layers])
    return replace(config, layers=kinds)


SMOLLM3_ON_HUB = replace(LLAMA_ON_HUB, config=config_of, usual=USUAL)
