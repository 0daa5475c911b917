"""The whole forward pass in numpy, every hook named: the code of each step.

It is slow and plain on purpose. The graph in the page computes the same numbers under the same
names; tests hold the two, and transformers, together. The layers are shared; what stands in each
place follows from the description of the family (core/family.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cache import ActivationCache, Array
from seethrough.core.families import family_of
from seethrough.core.family import LAYER_NORM, RMS_NORM, RMS_NORM_PLUS_ONE
from seethrough.core.hooks import hook_name
from seethrough.core.maths import (
    causal_mask,
    centred,
    gelu,
    gelu_new,
    log_sum_exp,
    rms_scale,
    rotary_angles,
    rotate,
    silu,
    softmax,
)
from seethrough.core.weight_names import bias_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family

    Weights = Callable[[str], Array]


@dataclass(frozen=True)
class Knobs:
    """Interventions; None leaves the pass untouched. Shapes as the graph's inputs.

    `head_scale` [n_layers, n_heads], `mlp_scale` [n_layers], `resid_add` [n_layers + 1, pos or 1,
    d_model], `score_add` [n_layers, n_heads or 1, pos or 1, key_pos or 1].
    """

    head_scale: Array | None = None
    mlp_scale: Array | None = None
    resid_add: Array | None = None
    score_add: Array | None = None


@dataclass
class Pass:
    """One forward pass in the making: where hooks are written down as they are computed."""

    config: ModelConfig
    weights: Weights
    knobs: Knobs
    dtype: np.dtype
    positions: Array
    past: Sequence[tuple[Array, Array]]
    hooks: dict[str, Array] = field(default_factory=dict)
    present: list[tuple[Array, Array]] = field(default_factory=list)

    @property
    def wiring(self) -> Wiring:
        """What stands in each place of this family."""
        return wiring_of(family_of(self.config))

    def weight(self, name: str) -> Array:
        """A weight in this pass's dtype."""
        return self.weights(name).astype(self.dtype, copy=False)

    def hook(self, value: Array, leaf: str, layer: int | None = None) -> Array:
        """Write a value down under its hook name and hand it on."""
        self.hooks[hook_name(leaf, layer)] = value
        return value


def forward(
    config: ModelConfig,
    weights: Weights,
    tokens: Sequence[int],
    *,
    knobs: Knobs | None = None,
    past: Sequence[tuple[Array, Array]] = (),
    unembed: Sequence[tuple[int, int]] | None = None,
    dtype: type = np.float32,
) -> tuple[ActivationCache, tuple[tuple[Array, Array], ...]]:
    """Run the model on the tokens and keep every hook.

    Args:
        weights: Gives a weight by its name (`W_E`, `blocks.0.attn.W_Q`) as [in, out].
        past: Per layer the rotated keys and the values of earlier positions, each
            [kv_head, pos, d_head]; empty for none.
        unembed: (layer, position) of the residual states to unembed; None: all at the end.
    Returns: The captured hooks and `logits`, and the keys and values to go on from.
    """
    n_past = past[0][0].shape[1] if past else 0
    positions = np.arange(n_past, n_past + len(tokens))
    run = Pass(config, weights, knobs or Knobs(), np.dtype(dtype), positions, past)

    residual = run.wiring.embed(run, tokens)
    states = []
    for layer in range(config.n_layers):
        residual = add_knob(run, residual, layer)
        states.append(run.hook(residual, hooks.RESID_PRE, layer))
        residual = run.wiring.block(run, residual, layer)
    last = config.n_layers - 1
    residual = run.hook(add_knob(run, residual, last + 1), hooks.RESID_POST, last)
    states.append(residual)

    wanted = unembed or [(config.n_layers, position) for position in range(len(tokens))]
    unembed_states(run, np.stack([states[layer][position] for layer, position in wanted]))
    cache = ActivationCache(
        config, run.hooks, n_pos=len(tokens), n_past=n_past, n_unembed=len(wanted)
    )
    return cache, tuple(run.present)


def embed(run: Pass, tokens: Sequence[int]) -> Array:
    """The rows of the tokens: position comes later, by rotation."""
    return run.hook(run.weight("W_E")[list(tokens)], hooks.EMBED)


def embed_scaled(run: Pass, tokens: Sequence[int]) -> Array:
    """The rows of the tokens times the root of the model's width; position comes by rotation."""
    root = np.sqrt(run.dtype.type(run.config.d_model))
    return run.hook(run.weight("W_E")[list(tokens)] * root, hooks.EMBED)


def embed_with_positions(run: Pass, tokens: Sequence[int]) -> Array:
    """The rows of the tokens plus the learned rows of their positions."""
    rows = run.wiring.rows(run, tokens)
    return rows + run.hook(run.weight("W_pos")[run.positions], hooks.POS_EMBED)


def block(run: Pass, residual: Array, layer: int) -> Array:
    """One transformer block: attention writes into the residual stream, then the MLP does."""
    normalized = run.wiring.norm(run, residual, hooks.LN1_SCALE, layer)
    attn_out = attention(run, normalized, layer)
    residual = run.hook(residual + attn_out, hooks.RESID_MID, layer)
    normalized = run.wiring.norm(run, residual, hooks.LN2_SCALE, layer)
    mlp_out = run.wiring.mlp(run, normalized, layer)
    return run.hook(residual + mlp_out, hooks.RESID_POST, layer)


def block_at_once(run: Pass, residual: Array, layer: int) -> Array:
    """One transformer block whose two halves read the same stream; what both made is added."""
    normalized = run.wiring.norm(run, residual, hooks.LN1_SCALE, layer)
    attn_out = attention(run, normalized, layer)
    normalized = run.wiring.norm(run, residual, hooks.LN2_SCALE, layer)
    mlp_out = run.wiring.mlp(run, normalized, layer)
    return run.hook(residual + attn_out + mlp_out, hooks.RESID_POST, layer)


def rms_norm(run: Pass, x: Array, scale_leaf: str, layer: int | None = None) -> Array:
    """Divide by the root mean square, then multiply by the weight."""
    part = scale_leaf.removesuffix("hook_scale")
    scale = run.hook(rms_scale(x, run.config.eps), scale_leaf, layer)
    normalized = run.hook(x / scale, f"{part}hook_normalized", layer)
    weight = run.weight(hook_name(f"{part}w", layer))
    return run.hook(normalized * weight, f"{part}hook_norm_out", layer)


def rms_norm_plus_one(run: Pass, x: Array, scale_leaf: str, layer: int | None = None) -> Array:
    """Divide by the root mean square, then multiply by 1 + the weight."""
    part = scale_leaf.removesuffix("hook_scale")
    scale = run.hook(rms_scale(x, run.config.eps), scale_leaf, layer)
    normalized = run.hook(x / scale, f"{part}hook_normalized", layer)
    weight = 1 + run.weight(hook_name(f"{part}w", layer))
    return run.hook(normalized * weight, f"{part}hook_norm_out", layer)


def layer_norm(run: Pass, x: Array, scale_leaf: str, layer: int | None = None) -> Array:
    """Take the mean off, divide by the standard deviation, then weight and bias."""
    part = scale_leaf.removesuffix("hook_scale")
    x = centred(x)
    scale = run.hook(rms_scale(x, run.config.eps), scale_leaf, layer)
    normalized = run.hook(x / scale, f"{part}hook_normalized", layer)
    weight, bias = (run.weight(hook_name(f"{part}{name}", layer)) for name in "wb")
    return run.hook(normalized * weight + bias, f"{part}hook_norm_out", layer)


def linear(run: Pass, x: Array, weight: str, layer: int) -> Array:
    """x @ W."""
    return x @ run.weight(hook_name(weight, layer))


def affine(run: Pass, x: Array, weight: str, layer: int) -> Array:
    """x @ W + b; the bias of `attn.W_Q` is `attn.b_Q`."""
    return linear(run, x, weight, layer) + run.weight(hook_name(bias_name(weight), layer))


def attention(run: Pass, x: Array, layer: int) -> Array:
    """Queries meet keys, the softmax of the scores mixes the values, W_O writes the result."""
    config = run.config
    q = run.hook(project(run, x, "W_Q", layer, config.n_heads), hooks.Q, layer)
    k = run.hook(project(run, x, "W_K", layer, config.n_key_value_heads), hooks.K, layer)
    v = run.hook(project(run, x, "W_V", layer, config.n_key_value_heads), hooks.V, layer)
    q, k = run.wiring.heads(run, q, k, layer)
    q = run.wiring.place(run, q, hooks.ROT_Q, layer)
    k = run.wiring.place(run, k, hooks.ROT_K, layer)
    keys, values = remember(run, k, v, layer)

    # Grouped queries: n_group query heads read the same key/value head.
    keys, values = (np.repeat(x, config.n_group, axis=0) for x in (keys, values))
    scores = q.transpose(1, 0, 2) @ keys.transpose(0, 2, 1) / run.dtype.type(config.attn_scale)
    n_past, window = keys.shape[1] - x.shape[0], config.layer(layer).window
    scores = scores + causal_mask(x.shape[0], n_past, run.dtype, window)
    if run.knobs.score_add is not None:
        scores = scores + run.knobs.score_add[layer].astype(run.dtype)
    scores = run.hook(scores, hooks.SCORES, layer)
    pattern = run.hook(softmax(scores), hooks.PATTERN, layer)
    z = (pattern @ values).transpose(1, 0, 2)
    if run.knobs.head_scale is not None:
        z = z * run.knobs.head_scale[layer][:, None].astype(run.dtype)
    z = run.hook(z, hooks.Z, layer)
    flat = z.reshape(x.shape[0], -1)
    made = run.wiring.linear(run, flat, "attn.W_O", layer)
    return run.hook(run.wiring.after(run, made, hooks.ATTN_OUT, layer), hooks.ATTN_OUT, layer)


def project(run: Pass, x: Array, weight: str, layer: int, n_heads: int) -> Array:
    """x @ W (+ b), cut into heads: [pos, d_model] → [pos, head, d_head]."""
    flat = run.wiring.into_heads(run, x, f"attn.{weight}", layer)
    return flat.reshape(x.shape[0], n_heads, run.config.d_head)


def normed_heads(run: Pass, q: Array, k: Array, layer: int) -> tuple[Array, Array]:
    """Each head's query and key through a norm of their own."""
    q = run.wiring.norm(run, q, hooks.Q_NORM_SCALE, layer)
    return q, run.wiring.norm(run, k, hooks.K_NORM_SCALE, layer)


def heads_as_they_are(_run: Pass, q: Array, k: Array, _layer: int) -> tuple[Array, Array]:
    """Queries and keys of a model without such norms."""
    return q, k


def turned(run: Pass, x: Array, leaf: str, layer: int) -> Array:
    """Queries or keys turned by their positions; each layer has its own base."""
    base, factors = run.config.rotary_base_of(layer), run.config.rotary_factors_of(layer)
    angles = rotary_angles(run.positions, run.config.n_turned, base, run.dtype, factors)
    return run.hook(rotate(x, angles), leaf, layer)


def as_they_are(_run: Pass, x: Array, _leaf: str, _layer: int) -> Array:
    """Where nothing is done: no rotation with learned positions, no norm after a half."""
    return x


def remember(run: Pass, k: Array, v: Array, layer: int) -> tuple[Array, Array]:
    """Put new keys and values behind the cached ones; both [kv_head, key_pos, d_head]."""
    keys, values = k.transpose(1, 0, 2), v.transpose(1, 0, 2)
    if run.past:
        keys = np.concatenate([run.past[layer][0].astype(run.dtype), keys], axis=1)
        values = np.concatenate([run.past[layer][1].astype(run.dtype), values], axis=1)
    run.present.append((keys, values))
    return keys, values


def gated_mlp(run: Pass, x: Array, layer: int) -> Array:
    """The activated gate times the linear half, then back to the model's width."""
    pre = run.hook(run.wiring.linear(run, x, "mlp.W_gate", layer), hooks.MLP_PRE, layer)
    half = run.hook(run.wiring.linear(run, x, "mlp.W_in", layer), hooks.MLP_PRE_LINEAR, layer)
    post = run.wiring.activation(pre) * half
    return write_back(run, run.hook(post, hooks.MLP_POST, layer), layer)


def plain_mlp(run: Pass, x: Array, layer: int) -> Array:
    """Each neuron's sum through the activation, then back to the model's width."""
    pre = run.hook(run.wiring.linear(run, x, "mlp.W_in", layer), hooks.MLP_PRE, layer)
    return write_back(run, run.hook(run.wiring.activation(pre), hooks.MLP_POST, layer), layer)


def write_back(run: Pass, post: Array, layer: int) -> Array:
    """What the neurons write into the residual stream."""
    made = run.wiring.linear(run, post, "mlp.W_out", layer)
    mlp_out = run.wiring.after(run, made, hooks.MLP_OUT, layer)
    if run.knobs.mlp_scale is not None:
        mlp_out = mlp_out * run.knobs.mlp_scale[layer].astype(run.dtype)
    return run.hook(mlp_out, hooks.MLP_OUT, layer)


def normed_after(run: Pass, made: Array, leaf: str, layer: int) -> Array:
    """What attention or MLP made, through a norm of its own before it is added to the stream."""
    made_leaf, scale_leaf = BEFORE_ADDING[leaf]
    return run.wiring.norm(run, run.hook(made, made_leaf, layer), scale_leaf, layer)


def unembed_states(run: Pass, states: Array) -> None:
    """Final norm, then one logit per vocabulary token and the log of their summed exponentials."""
    normalized = run.wiring.norm(run, states, hooks.FINAL_SCALE, None)
    logits = run.hook(normalized @ run.weight("W_U"), hooks.LOGITS)
    run.hook(log_sum_exp(logits), hooks.LOGSUMEXP)


def add_knob(run: Pass, residual: Array, layer: int) -> Array:
    """Add the reader's vector to the stream entering this layer, if there is one."""
    if run.knobs.resid_add is None:
        return residual
    return residual + run.knobs.resid_add[layer].astype(run.dtype)


def from_arrays(arrays: Mapping[str, Array]) -> Weights:
    """A weight source over a mapping; a missing `W_U` is the tied embedding, transposed."""
    if "W_U" in arrays:
        return lambda name: arrays[name]
    return lambda name: arrays["W_E"].T if name == "W_U" else arrays[name]


@dataclass(frozen=True)
class Wiring:
    """What stands in each place of a family."""

    rows: Callable[[Pass, Sequence[int]], Array]
    embed: Callable[[Pass, Sequence[int]], Array]
    block: Callable[[Pass, Array, int], Array]
    norm: Callable[[Pass, Array, str, int | None], Array]
    linear: Callable[[Pass, Array, str, int], Array]
    into_heads: Callable[[Pass, Array, str, int], Array]
    heads: Callable[[Pass, Array, Array, int], tuple[Array, Array]]
    place: Callable[[Pass, Array, str, int], Array]
    after: Callable[[Pass, Array, str, int], Array]
    mlp: Callable[[Pass, Array, int], Array]
    activation: Callable[[Array], Array]


NORMS = {LAYER_NORM: layer_norm, RMS_NORM: rms_norm, RMS_NORM_PLUS_ONE: rms_norm_plus_one}
ACTIVATIONS = {"silu": silu, "gelu_new": gelu_new, "gelu": gelu}
# What a half adds to the stream -> what it made before, and the norm between.
BEFORE_ADDING = {
    hooks.ATTN_OUT: (hooks.ATTN_MADE, hooks.LN1_POST_SCALE),
    hooks.MLP_OUT: (hooks.MLP_MADE, hooks.LN2_POST_SCALE),
}


@cache
def wiring_of(family: Family) -> Wiring:
    """What a family's description puts in each place."""
    rows = embed_scaled if family.has_scaled_embedding else embed
    return Wiring(
        rows=rows,
        embed=rows if family.is_rotary else embed_with_positions,
        block=block_at_once if family.is_parallel else block,
        norm=NORMS[family.norm],
        linear=affine if family.has_bias("attn.W_O") else linear,
        into_heads=affine if family.has_bias("attn.W_Q") else linear,
        heads=normed_heads if family.has_head_norms else heads_as_they_are,
        place=turned if family.is_rotary else as_they_are,
        after=normed_after if family.has_norms_after else as_they_are,
        mlp=gated_mlp if family.is_gated else plain_mlp,
        activation=ACTIVATIONS[family.activation],
    )


def functions_of(family: Family) -> dict[str, tuple[Callable[..., object], ...]]:
    """The functions that compute a part of a family's pass, by the name of that part."""
    wiring = wiring_of(family)
    own = (wiring.heads, wiring.mlp, write_back, wiring.after, wiring.activation)
    nothing = {heads_as_they_are, as_they_are}
    after = () if wiring.after in nothing else (wiring.after,)
    return {
        "embed": tuple(dict.fromkeys((wiring.embed, wiring.rows))),
        "layers": (wiring.block, attention, *(one for one in own if one not in nothing)),
        "logits": (unembed_states, wiring.norm),
        "mix": (attention, *after),
        "expand": (wiring.norm, wiring.mlp, wiring.activation),
        "contract": (write_back, *after, wiring.block),
    }
