"""How each family lies in the hub's layout: its config.json, and what its files hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from export.names import GPT2_HF, LLAMA_HF
from export.tensors import Plain
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import GPT2, LLAMA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Settings = Mapping[str, Any]
    Parts = dict[str, Plain]


@dataclass(frozen=True)
class HubFamily:
    """One architecture of the hub.

    `names` are the file's, without the `prefix` that some files put before them all. `arrange`
    gives what one tensor of the file is here. Tensors that match `known_extra` hold no weights:
    masks, rotary frequencies.
    """

    config: Callable[[Settings, bool], ModelConfig]
    names: dict[str, str]
    arrange: Callable[[str, Plain, ModelConfig], Parts]
    prefix: str = ""
    known_extra: re.Pattern[str] | None = None

    def name_of(self, stored: str) -> str:
        """A tensor's name in the file without the prefix."""
        return stored.removeprefix(self.prefix)

    def is_extra(self, stored: str) -> bool:
        """Whether the tensor is known to hold no weights."""
        return bool(self.known_extra and self.known_extra.fullmatch(self.name_of(stored)))


def family_of(settings: Settings) -> HubFamily:
    """The family that a config.json names.

    Raises:
        SourceError: It is none of ours; the sentence names those.
    """
    architecture = (settings.get("architectures") or ["unknown"])[0]
    if architecture not in FAMILIES:
        supported = ", ".join(FAMILIES)
        raise SourceError("source.architecture", got=architecture, supported=supported)
    return FAMILIES[architecture]


def _demand(settings: Settings, name: str, usual: object) -> None:
    got = settings.get(name, usual)
    if got != usual:
        raise SourceError("source.setting", name=name, got=got, expected=usual)


def _demand_activation(settings: Settings, name: str, supported: str) -> None:
    got = settings.get(name, supported)
    if got != supported:
        raise SourceError("source.activation", got=got, supported=supported)


def _head_width(d_model: int, n_heads: int) -> int:
    """What each head gets of the stream; 0 heads are refused where the config is made."""
    if d_model % max(n_heads, 1):
        raise SourceError("config.uneven_heads", d_model=d_model, n_heads=n_heads)
    return d_model // max(n_heads, 1)


def _llama_config(settings: Settings, has_head: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    _demand_activation(settings, "hidden_act", LLAMA.activation)
    if settings.get("attention_bias") or settings.get("mlp_bias"):
        raise SourceError("source.bias")
    rope = settings.get("rope_scaling") or settings.get("rope_parameters") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default":
        raise SourceError("source.rope_scaling", got=kind)
    n_heads = int(settings["num_attention_heads"])
    d_model = int(settings["hidden_size"])
    base = settings.get("rope_theta") or rope.get("rope_theta") or 10000.0
    return ModelConfig(
        **LLAMA.named,
        d_model=d_model,
        n_layers=int(settings["num_hidden_layers"]),
        n_heads=n_heads,
        n_key_value_heads=int(settings.get("num_key_value_heads") or n_heads),
        d_head=int(settings.get("head_dim") or _head_width(d_model, n_heads)),
        d_mlp=int(settings["intermediate_size"]),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings["max_position_embeddings"]),
        eps=float(settings["rms_norm_eps"]),
        rotary_base=float(base),
        # A missing lm_head means tied, whatever the config says.
        tie_word_embeddings=not has_head or bool(settings.get("tie_word_embeddings")),
    )


def _llama_parts(name: str, stored: Plain, _config: ModelConfig) -> Parts:
    """[out, in] becomes [in, out]; the embedding stays."""
    if stored.values.ndim == 1:
        return {name: _wide(stored)}
    return {name: stored if name == "W_E" else stored.transposed()}


def _gpt2_config(settings: Settings, has_head: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    _demand_activation(settings, "activation_function", GPT2.activation)
    _demand(settings, "scale_attn_weights", usual=True)
    _demand(settings, "scale_attn_by_inverse_layer_idx", usual=False)
    _demand(settings, "add_cross_attention", usual=False)
    n_heads, d_model = int(settings["n_head"]), int(settings["n_embd"])
    return ModelConfig(
        **GPT2.named,
        d_model=d_model,
        n_layers=int(settings["n_layer"]),
        n_heads=n_heads,
        n_key_value_heads=n_heads,
        d_head=_head_width(d_model, n_heads),
        d_mlp=int(settings.get("n_inner") or 4 * d_model),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings.get("n_positions") or settings["n_ctx"]),
        eps=float(settings["layer_norm_epsilon"]),
        rotary_base=None,
        # GPT-2 is tied unless its config says otherwise, which transformers leaves out.
        tie_word_embeddings=not has_head or bool(settings.get("tie_word_embeddings", True)),
    )


def _gpt2_parts(name: str, stored: Plain, config: ModelConfig) -> Parts:
    """Conv1D weights are [in, out] already; queries, keys and values lie side by side."""
    values = stored.values
    if name.endswith("_QKV"):
        width = (3 * config.n_heads * config.d_head,)
        expected = width if values.ndim == 1 else (config.d_model, *width)
        if values.shape != expected:
            raise SourceError("source.dims", name=name, got=values.shape, expected=expected)
        cut = np.split(values, 3, axis=-1)
        stem = name.removesuffix("QKV")
        parts = {f"{stem}{letter}": Plain(part) for letter, part in zip("QKV", cut, strict=True)}
    else:
        parts = {name: stored.transposed() if name == "W_U" else stored}
    return {ours: _wide(part) if values.ndim == 1 else part for ours, part in parts.items()}


def _wide(stored: Plain) -> Plain:
    """Vectors become float32: they are added up or multiplied in, and tiny."""
    return Plain(stored.values.astype(np.float32))


FAMILIES = {
    "LlamaForCausalLM": HubFamily(
        _llama_config,
        LLAMA_HF,
        _llama_parts,
        known_extra=re.compile(r"model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq"),
    ),
    "GPT2LMHeadModel": HubFamily(
        _gpt2_config,
        GPT2_HF,
        _gpt2_parts,
        prefix="transformer.",
        known_extra=re.compile(r"h\.\d+\.attn\.(bias|masked_bias)"),
    ),
}
