"""How GPT-Neos lie in the hub's layout: GPT-2s with unscaled scores, a window in some layers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from export.hub_family import HubFamily, demand_activation, head_width, wide
from seethrough.core.config import LayerConfig, ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import GPT_NEO

if TYPE_CHECKING:
    from export.hub_family import Parts, Settings
    from export.tensors import Plain

GPT_NEO_HF = {
    "wte.weight": "W_E",
    "wpe.weight": "W_pos",
    "h.{l}.ln_1.weight": "blocks.{l}.ln1.w",
    "h.{l}.ln_1.bias": "blocks.{l}.ln1.b",
    "h.{l}.attn.attention.q_proj.weight": "blocks.{l}.attn.W_Q",
    "h.{l}.attn.attention.k_proj.weight": "blocks.{l}.attn.W_K",
    "h.{l}.attn.attention.v_proj.weight": "blocks.{l}.attn.W_V",
    "h.{l}.attn.attention.out_proj.weight": "blocks.{l}.attn.W_O",
    "h.{l}.attn.attention.out_proj.bias": "blocks.{l}.attn.b_O",
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
# What transformers' GPTNeoConfig takes for what a config.json leaves out, and its further names.
USUAL = {
    "vocab_size": 50257,
    "max_position_embeddings": 2048,
    "hidden_size": 2048,
    "num_layers": 24,
    "num_heads": 16,
    "intermediate_size": None,
    "window_size": 256,
    "attention_types": [[["global", "local"], 12]],
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "eos_token_id": 50256,
    "tie_word_embeddings": True,
}
ALIASES = {"num_attention_heads": "num_heads", "num_hidden_layers": "num_layers"}
SHAPING = ("vocab_size", "max_position_embeddings", "hidden_size", "num_layers")
GLOBAL, LOCAL = "global", "local"


def config_of(settings: Settings, is_tied: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The sizes that a config.json tells.

    Raises:
        SourceError: A setting that we do not compute, or sizes that do not fit.
    """
    demand_activation(settings, "activation_function", GPT_NEO.activation)
    n_heads, d_model = int(settings["num_heads"]), int(settings["hidden_size"])
    n_ctx, window = int(settings["max_position_embeddings"]), int(settings["window_size"])
    layers = tuple(layer_of(kind, window) for kind in kinds_of(settings["attention_types"]))
    return ModelConfig(
        **GPT_NEO.named,
        d_model=d_model,
        n_layers=int(settings["num_layers"]),
        n_heads=n_heads,
        n_key_value_heads=n_heads,
        d_head=head_width(d_model, n_heads),
        d_mlp=int(settings["intermediate_size"] or 4 * d_model),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=n_ctx,
        eps=float(settings["layer_norm_epsilon"]),
        rotary_base=None,
        tie_word_embeddings=is_tied,
        # A window as wide as the context hides nothing.
        layers=layers if window < n_ctx else (),
    )


def kinds_of(given: Any) -> list[str]:  # noqa: ANN401 - as it stands in JSON
    """The kind of each layer, bottom first, from groups and how often each is repeated."""
    return [kind for group, times in given for _ in range(int(times)) for kind in group]


def layer_of(kind: str, window: int) -> LayerConfig:
    """What a layer has of its own: a window, where it is a local one.

    Raises:
        SourceError: A kind of layer that is none of ours.
    """
    if kind not in (GLOBAL, LOCAL):
        expected = f"{GLOBAL} / {LOCAL}"
        raise SourceError("source.setting", name="attention_types", got=kind, expected=expected)
    return LayerConfig(window=window if kind == LOCAL else None)


def arrange(name: str, stored: Plain, _config: ModelConfig) -> Parts:
    """[out, in] becomes [in, out]; the rows of tokens and positions stay."""
    if stored.values.ndim == 1:
        return {name: wide(stored)}
    return {name: stored if name in ("W_E", "W_pos") else stored.transposed()}


GPT_NEO_ON_HUB = HubFamily(
    config_of,
    GPT_NEO_HF,
    arrange,
    prefix="transformer.",
    known_extra=re.compile(r"h\.\d+\.attn\.attention\.(bias|masked_bias)"),
    usual=USUAL,
    aliases=ALIASES,
    shaping=SHAPING,
)
