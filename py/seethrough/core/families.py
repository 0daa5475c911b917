"""The families that can be run: a row each. A new one is a new row here, and nothing else in core.

How its checkpoints lie on the hub says a file beside export/hub_llama.py.
"""

from __future__ import annotations

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
    has_bias=True,
)
FAMILIES: dict[str, Family] = {family.name: family for family in (LLAMA, GPT2)}


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
