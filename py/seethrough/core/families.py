"""The families that can be run: a row each. A new one is a new row here, and nothing else in core.

How its checkpoints lie on the hub says a file beside export/hub_llama.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from seethrough.core.errors import SourceError
from seethrough.core.family import LAYER_NORM, RMS_NORM, Family

LLAMA = Family(name="llama", norm=RMS_NORM, positions="rotary", activation="silu", is_gated=True)
GPT2 = Family(
    name="gpt2",
    norm=LAYER_NORM,
    positions="learned",
    activation="gelu_new",
    is_gated=False,
    biases="all",
)
# Norms' weights are the factors themselves; the hub's files hold what these are more than 1.
GEMMA3 = Family(
    name="gemma3",
    norm=RMS_NORM,
    positions="rotary",
    activation="gelu_new",
    is_gated=True,
    has_head_norms=True,
    has_norms_after=True,
    has_scaled_embedding=True,
)
QWEN2 = replace(LLAMA, name="qwen2", biases="qkv")
QWEN3 = replace(LLAMA, name="qwen3", has_head_norms=True)
GPT_NEO = replace(GPT2, name="gpt_neo", biases="written", has_scaled_scores=False)
GPT_NEOX = replace(GPT2, name="gpt_neox", positions="rotary", activation="gelu", is_parallel=True)
FAMILIES: dict[str, Family] = {
    family.name: family for family in (LLAMA, GPT2, GEMMA3, QWEN2, QWEN3, GPT_NEO, GPT_NEOX)
}


def family_named(name: str) -> Family:
    """The description of a family.

    Raises:
        SourceError: There is none of that name; the sentence has those that there are.
    """
    if name not in FAMILIES:
        raise SourceError("config.family", family=name, known=", ".join(FAMILIES))
    return FAMILIES[name]


class OfFamily(Protocol):
    """What tells its family: a model's config."""

    @property
    def family(self) -> str:
        """The name of a row."""
        ...


def family_of(config: OfFamily) -> Family:
    """The description of a model's family."""
    return family_named(config.family)
