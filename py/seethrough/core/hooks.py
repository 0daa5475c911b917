"""The one table of hook names: TransformerLens' canonical ones, used verbatim everywhere.

The same strings are the graph's output names, the keys of a capture and what the page prints.
No batch axis. `hook_norm_out` is ours: the norm's output after weight and bias.
Source: TransformerLens HookedTransformer (names), DESIGN.md (the deviations).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from seethrough.core.errors import ShapeError, UnknownNameError, near_misses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seethrough.core.config import ModelConfig

EMBED = "hook_embed"
POS_EMBED = "hook_pos_embed"
RESID_PRE = "hook_resid_pre"
RESID_MID = "hook_resid_mid"
RESID_POST = "hook_resid_post"
LN1_SCALE = "ln1.hook_scale"
LN1_NORMALIZED = "ln1.hook_normalized"
LN1_OUT = "ln1.hook_norm_out"
LN2_SCALE = "ln2.hook_scale"
LN2_NORMALIZED = "ln2.hook_normalized"
LN2_OUT = "ln2.hook_norm_out"
Q = "attn.hook_q"
K = "attn.hook_k"
V = "attn.hook_v"
ROT_Q = "attn.hook_rot_q"
ROT_K = "attn.hook_rot_k"
SCORES = "attn.hook_attn_scores"
PATTERN = "attn.hook_pattern"
Z = "attn.hook_z"
ATTN_OUT = "hook_attn_out"
MLP_PRE = "mlp.hook_pre"
MLP_PRE_LINEAR = "mlp.hook_pre_linear"
MLP_POST = "mlp.hook_post"
MLP_OUT = "hook_mlp_out"
FINAL_SCALE = "ln_final.hook_scale"
FINAL_NORMALIZED = "ln_final.hook_normalized"
FINAL_OUT = "ln_final.hook_norm_out"

LOGITS = "logits"
TOP_VALUES = "logits_top_values"
TOP_IDS = "logits_top_ids"
LOGSUMEXP = "logits_logsumexp"

# Axis names of each leaf. `key_pos` counts cached positions too; `unembed` is the K of
# unembed_layer and unembed_pos.
LEAF_DIMS: dict[str, tuple[str, ...]] = {
    EMBED: ("pos", "d_model"),
    POS_EMBED: ("pos", "d_model"),
    RESID_PRE: ("pos", "d_model"),
    LN1_SCALE: ("pos", "one"),
    LN1_NORMALIZED: ("pos", "d_model"),
    LN1_OUT: ("pos", "d_model"),
    Q: ("pos", "head", "d_head"),
    K: ("pos", "kv_head", "d_head"),
    V: ("pos", "kv_head", "d_head"),
    ROT_Q: ("pos", "head", "d_head"),
    ROT_K: ("pos", "kv_head", "d_head"),
    SCORES: ("head", "query_pos", "key_pos"),
    PATTERN: ("head", "query_pos", "key_pos"),
    Z: ("pos", "head", "d_head"),
    ATTN_OUT: ("pos", "d_model"),
    RESID_MID: ("pos", "d_model"),
    LN2_SCALE: ("pos", "one"),
    LN2_NORMALIZED: ("pos", "d_model"),
    LN2_OUT: ("pos", "d_model"),
    MLP_PRE: ("pos", "d_mlp"),
    MLP_PRE_LINEAR: ("pos", "d_mlp"),
    MLP_POST: ("pos", "d_mlp"),
    MLP_OUT: ("pos", "d_model"),
    RESID_POST: ("pos", "d_model"),
    FINAL_SCALE: ("unembed", "one"),
    FINAL_NORMALIZED: ("unembed", "d_model"),
    FINAL_OUT: ("unembed", "d_model"),
    LOGITS: ("unembed", "d_vocab"),
    TOP_VALUES: ("unembed", "top"),
    TOP_IDS: ("unembed", "top"),
    LOGSUMEXP: ("unembed",),
}

BLOCK_LEAVES: dict[str, tuple[str, ...]] = {
    "llama": (
        RESID_PRE,
        LN1_SCALE,
        LN1_NORMALIZED,
        LN1_OUT,
        Q,
        K,
        V,
        ROT_Q,
        ROT_K,
        SCORES,
        PATTERN,
        Z,
        ATTN_OUT,
        RESID_MID,
        LN2_SCALE,
        LN2_NORMALIZED,
        LN2_OUT,
        MLP_PRE,
        MLP_PRE_LINEAR,
        MLP_POST,
        MLP_OUT,
        RESID_POST,
    ),
    "gpt2": (
        RESID_PRE,
        LN1_SCALE,
        LN1_NORMALIZED,
        LN1_OUT,
        Q,
        K,
        V,
        SCORES,
        PATTERN,
        Z,
        ATTN_OUT,
        RESID_MID,
        LN2_SCALE,
        LN2_NORMALIZED,
        LN2_OUT,
        MLP_PRE,
        MLP_POST,
        MLP_OUT,
        RESID_POST,
    ),
}
EMBED_LEAVES: dict[str, tuple[str, ...]] = {"llama": (EMBED,), "gpt2": (EMBED, POS_EMBED)}
FINAL_LEAVES = (FINAL_SCALE, FINAL_NORMALIZED, FINAL_OUT)
LOGIT_OUTPUTS = (LOGITS, TOP_VALUES, TOP_IDS, LOGSUMEXP)


@dataclass(frozen=True)
class HookSpec:
    """One hook: its full name, its leaf (a key of LEAF_DIMS) and its layer, None outside blocks."""

    name: str
    leaf: str
    layer: int | None

    @property
    def dims(self) -> tuple[str, ...]:
        """Axis names, e.g. ("head", "query_pos", "key_pos")."""
        return LEAF_DIMS[self.leaf]


def hook_name(leaf: str, layer: int | None = None) -> str:
    """The full name of a leaf: `hook_name(PATTERN, 3)` is "blocks.3.attn.hook_pattern"."""
    return leaf if layer is None else f"blocks.{layer}.{leaf}"


@cache
def leaf_of(name: str) -> str:
    """The leaf of a full name: "blocks.3.attn.hook_pattern" has PATTERN."""
    return name.split(".", 2)[2] if name.startswith("blocks.") else name


@cache
def expected_hooks(config: ModelConfig) -> tuple[HookSpec, ...]:
    """Every hook of a model, in the order in which the graph computes them."""
    specs = [HookSpec(leaf, leaf, None) for leaf in EMBED_LEAVES[config.family]]
    for layer in range(config.n_layers):
        specs += [
            HookSpec(hook_name(leaf, layer), leaf, layer) for leaf in BLOCK_LEAVES[config.family]
        ]
    specs += [HookSpec(leaf, leaf, None) for leaf in FINAL_LEAVES]
    return tuple(specs)


@cache
def fetchable(config: ModelConfig) -> Mapping[str, HookSpec]:
    """Hooks and logit outputs by name: everything that a capture may ask for."""
    logits = tuple(HookSpec(name, name, None) for name in LOGIT_OUTPUTS)
    return {spec.name: spec for spec in expected_hooks(config) + logits}


def check_hook_names(names: Iterable[str], config: ModelConfig, model: str) -> tuple[HookSpec, ...]:
    """The specs of the names asked for.

    Raises:
        UnknownNameError: A name is not a hook of this model; near misses are in the sentence.
    """
    known = fetchable(config)
    for name in names:
        if name not in known:
            close = near_misses(name, known)
            key = "hooks.unknown_near" if close else "hooks.unknown"
            raise UnknownNameError(key, name=name, model=model, count=len(known), near=close)
    return tuple(known[name] for name in names)


def axis_sizes(
    config: ModelConfig, *, n_pos: int, n_past: int = 0, n_unembed: int = 1, top_k: int = 1
) -> dict[str, int]:
    """Length of every axis name for one run of `n_pos` new tokens after `n_past` cached ones."""
    return {
        "pos": n_pos,
        "query_pos": n_pos,
        "key_pos": n_past + n_pos,
        "head": config.n_heads,
        "kv_head": config.n_key_value_heads,
        "d_head": config.d_head,
        "d_model": config.d_model,
        "d_mlp": config.d_mlp,
        "d_vocab": config.d_vocab,
        "one": 1,
        "unembed": n_unembed,
        "top": top_k,
    }


def check_dims(spec: HookSpec, dims: tuple[int, ...], sizes: Mapping[str, int]) -> None:
    """Compare an array's dims with the hook's axes.

    Raises:
        ShapeError: They differ; the sentence has both and what to do.
    """
    expected = tuple(sizes[axis] for axis in spec.dims)
    if tuple(dims) != expected:
        named = ", ".join(f"{axis}={sizes[axis]}" for axis in spec.dims)
        raise ShapeError("hooks.shape", name=spec.name, got=tuple(dims), expected=f"({named})")
