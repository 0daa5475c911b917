"""A source's names for our weights, and how a table of them is written out.

The hub's names stand beside the rest of each family's layout (hub_llama.py, hub_gpt2.py), those of
GGUF files in gguf_families.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig


def by_source_name(table: dict[str, str], config: ModelConfig) -> dict[str, str]:
    """The table with every layer written out: source name -> our name."""
    full: dict[str, str] = {}
    for source, ours in table.items():
        layers = range(config.n_layers) if "{l}" in source else range(1)
        full |= {source.format(l=layer): ours.format(l=layer) for layer in layers}
    return full
