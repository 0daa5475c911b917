"""The one table of hook names: TransformerLens' canonical ones, used verbatim everywhere.

The same strings are the graph's output names, the keys of a capture and what the page prints.
No batch axis. `hook_norm_out` is ours: the norm's output after weight and bias. `attn.hook_out` and
`mlp.hook_out` are TransformerBridge's: what a half made, where a norm comes before it is added.
Source: TransformerLens HookedTransformer (names), DESIGN.md (the deviations).
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from seethrough.core.errors import ShapeError, UnknownNameError, near_misses
from seethrough.core.families import family_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family

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
Q_NORM_SCALE = "attn.q_norm.hook_scale"
Q_NORM_NORMALIZED = "attn.q_norm.hook_normalized"
Q_NORM_OUT = "attn.q_norm.hook_norm_out"
K_NORM_SCALE = "attn.k_norm.hook_scale"
K_NORM_NORMALIZED = "attn.k_norm.hook_normalized"
K_NORM_OUT = "attn.k_norm.hook_norm_out"
ROT_Q = "attn.hook_rot_q"
ROT_K = "attn.hook_rot_k"
SCORES = "attn.hook_attn_scores"
PATTERN = "attn.hook_pattern"
Z = "attn.hook_z"
ATTN_MADE = "attn.hook_out"
LN1_POST_SCALE = "ln1_post.hook_scale"
LN1_POST_NORMALIZED = "ln1_post.hook_normalized"
LN1_POST_OUT = "ln1_post.hook_norm_out"
ATTN_OUT = "hook_attn_out"
MLP_PRE = "mlp.hook_pre"
MLP_PRE_LINEAR = "mlp.hook_pre_linear"
MLP_POST = "mlp.hook_post"
MLP_MADE = "mlp.hook_out"
LN2_POST_SCALE = "ln2_post.hook_scale"
LN2_POST_NORMALIZED = "ln2_post.hook_normalized"
LN2_POST_OUT = "ln2_post.hook_norm_out"
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
    Q_NORM_SCALE: ("pos", "head", "one"),
    Q_NORM_NORMALIZED: ("pos", "head", "d_head"),
    Q_NORM_OUT: ("pos", "head", "d_head"),
    K_NORM_SCALE: ("pos", "kv_head", "one"),
    K_NORM_NORMALIZED: ("pos", "kv_head", "d_head"),
    K_NORM_OUT: ("pos", "kv_head", "d_head"),
    ROT_Q: ("pos", "head", "d_head"),
    ROT_K: ("pos", "kv_head", "d_head"),
    SCORES: ("head", "query_pos", "key_pos"),
    PATTERN: ("head", "query_pos", "key_pos"),
    Z: ("pos", "head", "d_head"),
    ATTN_MADE: ("pos", "d_model"),
    LN1_POST_SCALE: ("pos", "one"),
    LN1_POST_NORMALIZED: ("pos", "d_model"),
    LN1_POST_OUT: ("pos", "d_model"),
    ATTN_OUT: ("pos", "d_model"),
    RESID_MID: ("pos", "d_model"),
    LN2_SCALE: ("pos", "one"),
    LN2_NORMALIZED: ("pos", "d_model"),
    LN2_OUT: ("pos", "d_model"),
    MLP_PRE: ("pos", "d_mlp"),
    MLP_PRE_LINEAR: ("pos", "d_mlp"),
    MLP_POST: ("pos", "d_mlp"),
    MLP_MADE: ("pos", "d_model"),
    LN2_POST_SCALE: ("pos", "one"),
    LN2_POST_NORMALIZED: ("pos", "d_model"),
    LN2_POST_OUT: ("pos", "d_model"),
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

FINAL_LEAVES = (FINAL_SCALE, FINAL_NORMALIZED, FINAL_OUT)
LOGIT_OUTPUTS = (LOGITS, TOP_VALUES, TOP_IDS, LOGSUMEXP)
WILDCARDS = frozenset("*?[")
# Everything that a model has once, not in every layer.
OUTSIDE_BLOCKS = frozenset({EMBED, POS_EMBED, *FINAL_LEAVES, *LOGIT_OUTPUTS})


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


def embed_leaves(config: ModelConfig) -> tuple[str, ...]:
    """What stands before the blocks: the token's row, and the position's where that is learned."""
    return leaves_of_embed(family_of(config))


def leaves_of_embed(family: Family) -> tuple[str, ...]:
    """The same by a family's description."""
    return (EMBED,) if family.is_rotary else (EMBED, POS_EMBED)


def block_leaves(config: ModelConfig) -> tuple[str, ...]:
    """The leaves of a block, in the order in which it computes them."""
    return leaves_of_block(family_of(config))


@cache
def leaves_of_block(family: Family) -> tuple[str, ...]:
    """The same by a family's description."""
    head_norms = (*norm_leaves("attn.q_norm."), *norm_leaves("attn.k_norm."))
    return (
        RESID_PRE,
        *norm_leaves("ln1."),
        *(Q, K, V),
        *(head_norms if family.has_head_norms else ()),
        *((ROT_Q, ROT_K) if family.is_rotary else ()),
        *(SCORES, PATTERN, Z),
        *((ATTN_MADE, *norm_leaves("ln1_post.")) if family.has_norms_after else ()),
        *((ATTN_OUT,) if family.is_parallel else (ATTN_OUT, RESID_MID)),
        *norm_leaves("ln2."),
        MLP_PRE,
        *((MLP_PRE_LINEAR,) if family.is_gated else ()),
        MLP_POST,
        *((MLP_MADE, *norm_leaves("ln2_post.")) if family.has_norms_after else ()),
        *(MLP_OUT, RESID_POST),
    )


def into_mlp(family: Family) -> str:
    """The stream that the MLP's norm is given: behind attention, or what attention reads too."""
    return RESID_PRE if family.is_parallel else RESID_MID


def leaves_of_family(family: Family) -> tuple[str, ...]:
    """Every leaf of a family, in the order in which it is computed."""
    return (*leaves_of_embed(family), *leaves_of_block(family), *FINAL_LEAVES)


def norm_leaves(part: str) -> tuple[str, str, str]:
    """The three hooks of a norm: `norm_leaves("ln1.")` has LN1_SCALE, LN1_NORMALIZED, LN1_OUT."""
    return f"{part}hook_scale", f"{part}hook_normalized", f"{part}hook_norm_out"


@cache
def expected_hooks(config: ModelConfig) -> tuple[HookSpec, ...]:
    """Every hook of a model, in the order in which the graph computes them."""
    specs = [HookSpec(leaf, leaf, None) for leaf in embed_leaves(config)]
    for layer in range(config.n_layers):
        specs += [HookSpec(hook_name(leaf, layer), leaf, layer) for leaf in block_leaves(config)]
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
    known, n_hooks = fetchable(config), len(expected_hooks(config))
    for name in names:
        if name not in known:
            close = near_misses(name, known)
            key = "hooks.unknown_near" if close else "hooks.unknown"
            raise UnknownNameError(key, name=name, model=model, count=n_hooks, near=close)
    return tuple(known[name] for name in names)


def matching_hooks(patterns: Iterable[str], config: ModelConfig, model: str) -> tuple[str, ...]:
    """The names that some names with wildcards mean, each once: `*` any letters, `?` one.

    Wildcards mean hooks; logit outputs are asked for by their whole names.

    Raises:
        UnknownNameError: One means none of this model's.
    """
    every, found = [spec.name for spec in expected_hooks(config)], list[str]()
    for pattern in patterns:
        if not WILDCARDS.intersection(pattern):
            found += [spec.name for spec in check_hook_names([pattern], config, model)]
            continue
        meant = fnmatch.filter(every, pattern)
        if not meant:
            raise UnknownNameError("hooks.no_match", name=pattern, model=model, near=every[0])
        found += meant
    return tuple(dict.fromkeys(found))


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
