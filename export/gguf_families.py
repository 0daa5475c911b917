"""The architectures of GGUF files that can be read: a row each, by `general.architecture`.

Tensors have one name each in all of them. What differs is the family, the order of rows that turn,
and what a file's settings leave to llama.cpp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.config import LayerConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import GEMMA3, GPT2, GPT_NEOX, LLAMA, QWEN2, QWEN3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.core.family import Family

    Layers = tuple[LayerConfig, ...]

# Our names, without a layer, "W_", "b_", ".w" and ".b".
TENSORS = {
    "E": "token_embd",
    "pos": "position_embd",
    "ln1": "attn_norm",
    "attn.Q": "attn_q",
    "attn.K": "attn_k",
    "attn.V": "attn_v",
    "attn.q_norm": "attn_q_norm",
    "attn.k_norm": "attn_k_norm",
    "attn.O": "attn_output",
    "ln1_post": "post_attention_norm",
    "ln2": "ffn_norm",
    "mlp.gate": "ffn_gate",
    "mlp.in": "ffn_up",
    "mlp.out": "ffn_down",
    "ln2_post": "post_ffw_norm",
    "ln_final": "output_norm",
    "U": "output",
}
# In GPT-2's and GPT-NeoX's files queries, keys and values lie side by side: one of these for three.
JOINED, JOINED_PARTS = "attn_qkv", ("attn_q", "attn_k", "attn_v")


@dataclass(frozen=True)
class Told:
    """What a file says under its architecture's name."""

    architecture: str
    fields: Mapping[str, Any]

    def get(self, name: str, usual: Any = None) -> Any:  # noqa: ANN401 - any kind of field
        """A setting, or what is usual where it is not there."""
        return self.fields.get(f"{self.architecture}.{name}", usual)

    def number(self, name: str) -> int:
        """A setting that must be there.

        Raises:
            SourceError: It is not.
        """
        full = f"{self.architecture}.{name}"
        if full not in self.fields:
            raise SourceError("source.missing_field", name=full)
        return int(self.fields[full])

    def decimal(self, name: str, usual: float) -> float:
        """A setting as the shortest decimal that is this float32: 1e-05, not 9.99…e-06."""
        return float(str(np.float32(self.get(name, usual))))

    def demand_off(self, *names: str) -> None:
        """Refuse settings that change every number.

        Raises:
            SourceError: One is set.
        """
        for name in names:
            if self.get(name):
                full = f"{self.architecture}.{name}"
                raise SourceError("source.setting", name=full, got=self.get(name), expected=0)


def all_alike(_told: Told, _n_layers: int) -> Layers:
    """Layers that have nothing of their own."""
    return ()


def gemma3_layers(told: Told, n_layers: int) -> Layers:
    """Five layers with a window and a base of their own, then one without; no window: all alike.

    Source: llama.cpp's hyper-parameters of LLM_ARCH_GEMMA3 (set_swa_pattern, 62 layers are 27B's).

    Raises:
        SourceError: Scores or logits are capped, or it is 27B, whose scores are scaled otherwise.
    """
    told.demand_off("attn_logit_softcapping", "final_logit_softcapping")
    if n_layers == GEMMA3_27B:
        raise SourceError("source.largest_gemma", n=n_layers)
    window = int(told.get("attention.sliding_window", 0))
    if not window:
        return ()
    step = int(told.get("attention.sliding_window_pattern", 6))
    local = LayerConfig(window=window, rotary_base=told.decimal("rope.freq_base_swa", 10_000.0))
    return tuple(local if number % step else LayerConfig() for number in range(1, n_layers + 1))


def smollm3_layers(_told: Told, n_layers: int) -> Layers:
    """Every fourth layer turns nothing. Source: llama.cpp, LLM_ARCH_SMOLLM3."""
    return tuple(LayerConfig(is_turned=number % 4 != 0) for number in range(1, n_layers + 1))


def at_once(told: Told, _n_layers: int) -> Layers:
    """Layers that are all alike, of a family whose halves read the same stream.

    Raises:
        SourceError: One half reads what the other wrote.
    """
    if not told.get("use_parallel_residual", True):
        name = f"{told.architecture}.use_parallel_residual"
        raise SourceError("source.setting", name=name, got=False, expected=True)
    return ()


@dataclass(frozen=True)
class GgufFamily:
    """One architecture.

    `is_interleaved`: rows of queries and keys lie as llama.cpp's first rotary wants them.
    `may_scale`: linear scaling means all layers alike. `may_turn_part`: a file may say that only
    the first numbers of a head are turned.
    """

    family: Family
    is_interleaved: bool = False
    may_scale: bool = True
    may_turn_part: bool = False
    epsilon: str = "attention.layer_norm_rms_epsilon"
    layers: Callable[[Told, int], Layers] = all_alike


GEMMA3_27B = 62
ARCHITECTURES: dict[str, GgufFamily] = {
    "llama": GgufFamily(LLAMA, is_interleaved=True),
    "gpt2": GgufFamily(GPT2, epsilon="attention.layer_norm_epsilon"),
    "gemma3": GgufFamily(GEMMA3, may_scale=False, layers=gemma3_layers),
    "qwen2": GgufFamily(QWEN2),
    "qwen3": GgufFamily(QWEN3),
    "gptneox": GgufFamily(
        GPT_NEOX, may_turn_part=True, epsilon="attention.layer_norm_epsilon", layers=at_once
    ),
    "smollm3": GgufFamily(LLAMA, is_interleaved=True, layers=smollm3_layers),
}


def architecture_of(fields: Mapping[str, Any]) -> tuple[GgufFamily, Told]:
    """The row of a file's architecture, and what it says under that name.

    Raises:
        SourceError: It is none of ours.
    """
    name, known = fields.get("general.architecture"), ", ".join(ARCHITECTURES)
    if name not in ARCHITECTURES:
        raise SourceError("source.architecture", got=name, supported=known)
    told = Told(str(name), fields)
    if told.get("expert_count"):
        raise SourceError("source.architecture", got=f"{name} with experts", supported=known)
    return ARCHITECTURES[str(name)], told


def gguf_name(ours: str) -> str:
    """llama.cpp's name of one of our weights: "blocks.3.attn.W_Q" is "blk.3.attn_q.weight"."""
    at, name = "", ours
    if ours.startswith("blocks."):
        _, layer, name = ours.split(".", 2)
        at = f"blk.{layer}."
    is_bias = name.endswith(".b") or ".b_" in name
    kind = name.replace("W_", "").replace(".b_", ".").removesuffix(".w").removesuffix(".b")
    return f"{at}{TENSORS[kind]}.{'bias' if is_bias else 'weight'}"


def linear_factor(told: Told) -> float:
    """By how much the positions are stretched where a file says so; 1: by nothing.

    A factor without a type is linear scaling to llama.cpp, and `scale_linear` is the factor's older
    name.
    Source: llama_model::load_hparams in llama.cpp.
    """
    if told.get("rope.scaling.type") == "none":
        return 1.0
    factor = float(told.get("rope.scaling.factor", told.get("rope.scale_linear", 0)))
    return factor if factor and math.isfinite(factor) else 1.0
