"""A source's names for our weights, and how a table of them is written out.

The hub's names stand beside the rest of each family's layout (hub_llama.py, hub_gpt2.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig

LLAMA_GGUF = {
    "token_embd.weight": "W_E",
    "blk.{l}.attn_norm.weight": "blocks.{l}.ln1.w",
    "blk.{l}.attn_q.weight": "blocks.{l}.attn.W_Q",
    "blk.{l}.attn_k.weight": "blocks.{l}.attn.W_K",
    "blk.{l}.attn_v.weight": "blocks.{l}.attn.W_V",
    "blk.{l}.attn_output.weight": "blocks.{l}.attn.W_O",
    "blk.{l}.ffn_norm.weight": "blocks.{l}.ln2.w",
    "blk.{l}.ffn_gate.weight": "blocks.{l}.mlp.W_gate",
    "blk.{l}.ffn_up.weight": "blocks.{l}.mlp.W_in",
    "blk.{l}.ffn_down.weight": "blocks.{l}.mlp.W_out",
    "output_norm.weight": "ln_final.w",
    "output.weight": "W_U",
}


def by_source_name(table: dict[str, str], config: ModelConfig) -> dict[str, str]:
    """The table with every layer written out: source name -> our name."""
    full: dict[str, str] = {}
    for source, ours in table.items():
        layers = range(config.n_layers) if "{l}" in source else range(1)
        full |= {source.format(l=layer): ours.format(l=layer) for layer in layers}
    return full
