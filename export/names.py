"""The names of each source for each of our weights: one table per source and family."""

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

LLAMA_HF = {
    "model.embed_tokens.weight": "W_E",
    "model.layers.{l}.input_layernorm.weight": "blocks.{l}.ln1.w",
    "model.layers.{l}.self_attn.q_proj.weight": "blocks.{l}.attn.W_Q",
    "model.layers.{l}.self_attn.k_proj.weight": "blocks.{l}.attn.W_K",
    "model.layers.{l}.self_attn.v_proj.weight": "blocks.{l}.attn.W_V",
    "model.layers.{l}.self_attn.o_proj.weight": "blocks.{l}.attn.W_O",
    "model.layers.{l}.post_attention_layernorm.weight": "blocks.{l}.ln2.w",
    "model.layers.{l}.mlp.gate_proj.weight": "blocks.{l}.mlp.W_gate",
    "model.layers.{l}.mlp.up_proj.weight": "blocks.{l}.mlp.W_in",
    "model.layers.{l}.mlp.down_proj.weight": "blocks.{l}.mlp.W_out",
    "model.norm.weight": "ln_final.w",
    "lm_head.weight": "W_U",
}

# `W_QKV` and `b_QKV` lie side by side in the file and are cut apart where it is read.
GPT2_HF = {
    "wte.weight": "W_E",
    "wpe.weight": "W_pos",
    "h.{l}.ln_1.weight": "blocks.{l}.ln1.w",
    "h.{l}.ln_1.bias": "blocks.{l}.ln1.b",
    "h.{l}.attn.c_attn.weight": "blocks.{l}.attn.W_QKV",
    "h.{l}.attn.c_attn.bias": "blocks.{l}.attn.b_QKV",
    "h.{l}.attn.c_proj.weight": "blocks.{l}.attn.W_O",
    "h.{l}.attn.c_proj.bias": "blocks.{l}.attn.b_O",
    "h.{l}.ln_2.weight": "blocks.{l}.ln2.w",
    "h.{l}.ln_2.bias": "blocks.{l}.ln2.b",
    "h.{l}.mlp.c_fc.weight": "blocks.{l}.mlp.W_in",
    "h.{l}.mlp.c_fc.bias": "blocks.{l}.mlp.b_in",
    "h.{l}.mlp.c_proj.weight": "blocks.{l}.mlp.W_out",
    "h.{l}.mlp.c_proj.bias": "blocks.{l}.mlp.b_out",
    "ln_f.weight": "ln_final.w",
    "ln_f.bias": "ln_final.b",
    "lm_head.weight": "W_U",
}


def by_source_name(table: dict[str, str], config: ModelConfig) -> dict[str, str]:
    """The table with every layer written out: source name -> our name."""
    full: dict[str, str] = {}
    for source, ours in table.items():
        layers = range(config.n_layers) if "{l}" in source else range(1)
        full |= {source.format(l=layer): ours.format(l=layer) for layer in layers}
    return full
