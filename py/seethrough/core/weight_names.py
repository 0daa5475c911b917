"""Every weight of a family by TransformerLens' name, with its dims: [in, out] as in `x @ W`.

Heads lie side by side in the second axis of `W_Q` (TransformerLens gives them an axis of their
own); `W_E` is [d_vocab, d_model], `W_pos` [n_ctx, d_model].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.families import family_of

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family

    Dims = tuple[int, ...]


def bias_name(weight: str) -> str:
    """The bias that belongs to a weight: "attn.W_Q" has "attn.b_Q"."""
    part, _, name = weight.rpartition(".")
    return f"{part}.b_{name.removeprefix('W_')}"


def expected_dims(config: ModelConfig) -> dict[str, Dims]:
    """Name and dims of every stored weight, in the order in which the model uses them.

    A tied unembedding is not stored.
    """
    family = family_of(config)
    whole: dict[str, Dims] = {"W_E": (config.d_vocab, config.d_model)}
    if not family.is_rotary:
        whole["W_pos"] = (config.n_ctx, config.d_model)
    whole |= _in_every_layer(config, _block(config, family))
    whole |= _norm(family, "ln_final.", config.d_model)
    if not config.tie_word_embeddings:
        whole["W_U"] = (config.d_model, config.d_vocab)
    return whole


def _block(config: ModelConfig, family: Family) -> dict[str, Dims]:
    """The weights of one block, by their names in it."""
    wide, after = config.d_model, family.has_norms_after
    return {
        **_norm(family, "ln1.", wide),
        **_with_biases(family, _attention(config)),
        **(_head_norms(config, family) if family.has_head_norms else {}),
        **(_norm(family, "ln1_post.", wide) if after else {}),
        **_norm(family, "ln2.", wide),
        **_with_biases(family, _mlp(config, family)),
        **(_norm(family, "ln2_post.", wide) if after else {}),
    }


def _norm(family: Family, part: str, width: int) -> dict[str, Dims]:
    letters = "wb" if family.norm.is_centred else "w"
    return {f"{part}{letter}": (width,) for letter in letters}


def _head_norms(config: ModelConfig, family: Family) -> dict[str, Dims]:
    queries = _norm(family, "attn.q_norm.", config.d_head)
    return queries | _norm(family, "attn.k_norm.", config.d_head)


def _with_biases(family: Family, weights: dict[str, Dims]) -> dict[str, Dims]:
    both: dict[str, Dims] = {}
    for name, dims in weights.items():
        both[name] = dims
        if family.has_bias(name):
            both[bias_name(name)] = dims[1:]
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


def _mlp(config: ModelConfig, family: Family) -> dict[str, Dims]:
    inward = ("mlp.W_gate", "mlp.W_in") if family.is_gated else ("mlp.W_in",)
    return {
        **dict.fromkeys(inward, (config.d_model, config.d_mlp)),
        "mlp.W_out": (config.d_mlp, config.d_model),
    }


def _in_every_layer(config: ModelConfig, block: dict[str, Dims]) -> dict[str, Dims]:
    return {
        f"blocks.{layer}.{name}": dims
        for layer in range(config.n_layers)
        for name, dims in block.items()
    }
