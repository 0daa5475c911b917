"""The architectures of the hub that can be read, by the names in a config.json: a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.hub_gemma3 import GEMMA3_ON_HUB
from export.hub_gpt2 import GPT2_ON_HUB
from export.hub_gpt_neo import GPT_NEO_ON_HUB
from export.hub_gpt_neox import GPT_NEOX_ON_HUB
from export.hub_llama import LLAMA_ON_HUB
from export.hub_mistral import MISTRAL_ON_HUB
from export.hub_qwen import QWEN2_ON_HUB, QWEN3_ON_HUB
from export.hub_smollm3 import SMOLLM3_ON_HUB
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from export.hub_family import HubFamily, Settings

# Under `model_type`, which decides in transformers; a class under `architectures` says whether the
# weights are a language model's: a base class (LlamaModel) saves the same without its head.
TYPES: dict[str, HubFamily] = {
    "llama": LLAMA_ON_HUB,
    "gpt2": GPT2_ON_HUB,
    "mistral": MISTRAL_ON_HUB,
    "gemma3_text": GEMMA3_ON_HUB,
    "qwen2": QWEN2_ON_HUB,
    "qwen3": QWEN3_ON_HUB,
    "smollm3": SMOLLM3_ON_HUB,
    "gpt_neo": GPT_NEO_ON_HUB,
    "gpt_neox": GPT_NEOX_ON_HUB,
}
ARCHITECTURES: dict[str, HubFamily] = {
    "LlamaForCausalLM": LLAMA_ON_HUB,
    "LlamaModel": LLAMA_ON_HUB,
    "GPT2LMHeadModel": GPT2_ON_HUB,
    "GPT2Model": GPT2_ON_HUB,
    "MistralForCausalLM": MISTRAL_ON_HUB,
    "MistralModel": MISTRAL_ON_HUB,
    "Gemma3ForCausalLM": GEMMA3_ON_HUB,
    "Gemma3TextModel": GEMMA3_ON_HUB,
    "Qwen2ForCausalLM": QWEN2_ON_HUB,
    "Qwen2Model": QWEN2_ON_HUB,
    "Qwen3ForCausalLM": QWEN3_ON_HUB,
    "Qwen3Model": QWEN3_ON_HUB,
    "SmolLM3ForCausalLM": SMOLLM3_ON_HUB,
    "SmolLM3Model": SMOLLM3_ON_HUB,
    "GPTNeoForCausalLM": GPT_NEO_ON_HUB,
    "GPTNeoModel": GPT_NEO_ON_HUB,
    "GPTNeoXForCausalLM": GPT_NEOX_ON_HUB,
    "GPTNeoXModel": GPT_NEOX_ON_HUB,
}


def hub_family_of(settings: Settings) -> HubFamily:
    """The family that a config.json names, by its type, its class, or both.

    Raises:
        SourceError: It is none of ours, or it names none; the sentence has those that there are.
    """
    kind = settings.get("model_type") or None
    if kind == "mistral" and "layer_types" in settings:
        kind = "ministral"  # as transformers takes it
    named = [(settings.get("architectures") or [None])[0], kind]
    rows = (ARCHITECTURES, TYPES)
    for name, table in zip(named, rows, strict=True):
        if name is not None and name not in table:
            raise _unknown(name)
    found = [table[name] for name, table in zip(named, rows, strict=True) if name is not None]
    if not found:
        raise _unknown("not named in config.json")
    return found[-1]


def _unknown(got: object) -> SourceError:
    return SourceError("source.architecture", got=got, supported=", ".join(ARCHITECTURES))
