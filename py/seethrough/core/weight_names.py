"""Every weight of a family by TransformerLens' name, with its dims: [in, out] as in `x @ W`.

Heads lie side by side in the second axis of `W_Q` (TransformerLens gives them an axis of their
own); `W_E` is [d_vocab, d_model], `W_pos` [n_ctx, d_model].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig

    Dims = tuple[int, ...]


def bias_name(weight: str) -> str:
    """The bias that belongs to a weight: "attn.W_Q" has "attn.b_Q"."""
    part, _, name = weight.rpartition(".")
    return f"{part}.b_{name.removeprefix('W_')}"


def expected_dims(config: ModelConfig) -> dict[str, Dims]:
    """Name and dims of every stored weight, in the order in which the model uses them.

    A tied unembedding is not stored.
    """
    whole = {"llama": _llama, "gpt2": _gpt2}[config.family](config)
    if not config.tie_word_embeddings:
        whole["W_U"] = (config.d_model, config.d_vocab)
    return whole


def _llama(config: ModelConfig) -> dict[str, Dims]:
    block = {
        "ln1.w": (config.d_model,),
        **_attention(config),
        "ln2.w": (config.d_model,),
        "mlp.W_gate": (config.d_model, config.d_mlp),
        "mlp.W_in": (config.d_model, config.d_mlp),
        "mlp.W_out": (config.d_mlp, config.d_model),
    }
    embedding = {"W_E": (config.d_vocab, config.d_model)}
    return embedding | _in_every_layer(config, block) | {"ln_final.w": (config.d_model,)}


def _gpt2(config: ModelConfig) -> dict[str, Dims]:
    wide = (config.d_model,)
    mlp: dict[str, Dims] = {
        "mlp.W_in": (config.d_model, config.d_mlp),
        "mlp.W_out": (config.d_mlp, config.d_model),
    }
    block = {
        "ln1.w": wide,
        "ln1.b": wide,
        **_with_biases(_attention(config)),
        "ln2.w": wide,
        "ln2.b": wide,
        **_with_biases(mlp),
    }
    embedding = {
        "W_E": (config.d_vocab, config.d_model),
        "W_pos": (config.n_ctx, config.d_model),
    }
    final = {"ln_final.w": wide, "ln_final.b": wide}
    return embedding | _in_every_layer(config, block) | final


def _with_biases(weights: dict[str, Dims]) -> dict[str, Dims]:
    both: dict[str, Dims] = {}
    for name, dims in weights.items():
        both |= {name: dims, bias_name(name): dims[1:]}
    return both


def _attention(config: ModelConfig) -> dict[str, Dims]:
    q_width = config.n_heads * config.d_head
    kv_width = config.n_key_value_heads * config.d_head
    return {
        "attn.W_Q": (config.d_model, q_width),
        "attn.W_K": (config.d_model, kv_width),
        "attn.W_V": (config.d_model, kv_width),
        "attn.W_O": (q_width, config.d_model),
    }


def _in_every_layer(config: ModelConfig, block: dict[str, Dims]) -> dict[str, Dims]:
    return {
        f"blocks.{layer}.{name}": dims
        for layer in range(config.n_layers)
        for name, dims in block.items()
    }
