"""How Mistrals lie in the hub's layout: Llamas whose queries may see the last positions alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from export.hub_llama import LLAMA_ON_HUB
from export.hub_llama import config_of as llama_config
from seethrough.core.config import LayerConfig

if TYPE_CHECKING:
    from export.hub_family import Settings
    from seethrough.core.config import ModelConfig


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """A Llama's sizes; a window as wide as the context hides nothing, and is left out.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    config, window = llama_config(settings, is_tied), settings["sliding_window"]
    if window is None or int(window) >= config.n_ctx:
        return config
    return replace(config, layers=(LayerConfig(window=int(window)),) * config.n_layers)


MISTRAL_ON_HUB = replace(
    LLAMA_ON_HUB,
    config=config_of,
    usual={
        **LLAMA_ON_HUB.usual,
        "intermediate_size": 14336,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131_072,
        "sliding_window": 4096,
    },
)
