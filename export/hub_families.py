"""The architectures of the hub that can be read, by the name in a config.json: a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.hub_gpt2 import GPT2_ON_HUB
from export.hub_llama import LLAMA_ON_HUB
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from export.hub_family import HubFamily, Settings

ARCHITECTURES: dict[str, HubFamily] = {
    "LlamaForCausalLM": LLAMA_ON_HUB,
    "GPT2LMHeadModel": GPT2_ON_HUB,
}


def hub_family_of(settings: Settings) -> HubFamily:
    """The family that a config.json names.

    Raises:
        SourceError: It is none of ours; the sentence names those.
    """
    architecture = (settings.get("architectures") or ["unknown"])[0]
    if architecture not in ARCHITECTURES:
        supported = ", ".join(ARCHITECTURES)
        raise SourceError("source.architecture", got=architecture, supported=supported)
    return ARCHITECTURES[architecture]
