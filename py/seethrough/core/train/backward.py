"""The whole backward pass in numpy, every gradient named: the reverse rule of each layer.

The twin of core/reference.py, read from its end to its beginning. A rule takes the gradient of what
its layer gave (how the loss changes with each number) and gives the gradient of what the layer got;
on the way it writes down those of the hooks and of the weights, as `<name>.grad`. Where a value
goes two ways, its gradients add up. The graph in the page computes the same under the same names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks, reference
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.maths import rotary_angles, rotate
from seethrough.core.reference import BEFORE_ADDING
from seethrough.core.train.slopes import SLOPES
from seethrough.core.weight_names import bias_name, expected_dims

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family
    from seethrough.core.reference import Weights

IGNORED = -1  # the target of a position that nothing is learned from (padding)


@dataclass
class Learned:
    """What one document teaches.

    `losses` −log p(target) at each position, 0 where there is no target: [pos]. `hooks` and `grads`
    by name, the latter of hooks and weights as `<name>.grad`.
    """

    losses: Array
    hooks: Mapping[str, Array]
    grads: dict[str, Array]


@dataclass
class Backward:
    """One backward pass in the making: what the forward pass left, and the gradients so far."""

    config: ModelConfig
    weights: Weights
    hooks: Mapping[str, Array]
    dtype: np.dtype
    grads: dict[str, Array] = field(default_factory=dict)

    @property
    def family(self) -> Family:
        """The description of the model's family."""
        return family_of(self.config)

    def weight(self, name: str) -> Array:
        """A weight in this pass's dtype."""
        return self.weights(name).astype(self.dtype, copy=False)

    def hooked(self, leaf: str, layer: int | None = None) -> Array:
        """What the forward pass left under a hook's name."""
        return self.hooks[hook_name(leaf, layer)]

    def note(self, gradient: Array, leaf: str, layer: int | None = None) -> Array:
        """Write a hook's gradient down and hand it on."""
        self.grads[f"{hook_name(leaf, layer)}.grad"] = gradient
        return gradient

    def learn(self, gradient: Array, weight: str) -> None:
        """Add to a weight's gradient."""
        name = f"{weight}.grad"
        self.grads[name] = self.grads[name] + gradient if name in self.grads else gradient


def gradients(
    config: ModelConfig,
    weights: Weights,
    tokens: Sequence[int],
    targets: Sequence[int],
    *,
    n_targets: int | None = None,
    dtype: type = np.float64,
) -> Learned:
    """The loss of one document and the gradient of every weight and hook.

    Args:
        targets: The token that comes next at each position; IGNORED where none counts.
        n_targets: By how many targets the loss is divided: those of the whole batch; None: those
            of this document.
    """
    cache, _ = reference.forward(config, weights, tokens, dtype=dtype)
    back = Backward(config, weights, dict(cache), np.dtype(dtype))
    wanted = np.asarray(targets)
    counted = np.flatnonzero(wanted != IGNORED)
    logits, sums = back.hooked(hooks.LOGITS), back.hooked(hooks.LOGSUMEXP)
    losses = np.zeros(len(wanted), back.dtype)
    gradient = np.zeros_like(logits)
    losses[counted], gradient[counted] = error_and_back(
        logits[counted], sums[counted], wanted[counted]
    )
    gradient /= len(counted) if n_targets is None else n_targets

    stream = unembed_back(back, back.note(gradient, hooks.LOGITS))
    for layer in reversed(range(config.n_layers)):
        stream = block_back(back, stream, layer)
    embed_back(back, stream, tokens)
    for name, dims in expected_dims(config).items():
        back.grads.setdefault(f"{name}.grad", np.zeros(dims, back.dtype))
    return Learned(losses, back.hooks, back.grads)


def error_and_back(logits: Array, logsumexp: Array, targets: Array) -> tuple[Array, Array]:
    """How wrong each guess was, −log p, and what is sent back to every score: p − y.

    y is 1 for the target and 0 for every other token. This is the reverse rule of softmax and
    −log p taken together.
    Shapes: logits [pos, d_vocab], logsumexp [pos], targets int [pos] → [pos], [pos, d_vocab].
    """
    at = np.arange(len(targets))
    losses = logsumexp - logits[at, targets]
    gradient = np.exp(logits - logsumexp[:, None])
    gradient[at, targets] -= 1
    return losses, gradient


def unembed_back(back: Backward, gradient: Array) -> Array:
    """From the logits to the residual stream: [pos, d_vocab] → [pos, d_model]."""
    read = back.hooked(hooks.FINAL_OUT)
    if back.config.tie_word_embeddings:
        back.learn(gradient.T @ read, "W_E")
    else:
        back.learn(read.T @ gradient, "W_U")
    return norm_back(back, gradient @ back.weight("W_U").T, hooks.FINAL_SCALE)


def block_back(back: Backward, stream: Array, layer: int) -> Array:
    """One block. The stream carries the gradient past each half; what a half read adds to it."""
    back.note(stream, hooks.RESID_POST, layer)
    read = mlp_back(back, back.note(stream, hooks.MLP_OUT, layer), layer)
    stream = stream + norm_back(back, read, hooks.LN2_SCALE, layer)
    back.note(stream, hooks.RESID_MID, layer)
    read = attention_back(back, back.note(stream, hooks.ATTN_OUT, layer), layer)
    stream = stream + norm_back(back, read, hooks.LN1_SCALE, layer)
    return back.note(stream, hooks.RESID_PRE, layer)


def embed_back(back: Backward, stream: Array, tokens: Sequence[int]) -> None:
    """Each token's row gets what its positions got; a learned position's row likewise."""
    back.note(stream, hooks.EMBED)
    factor = np.sqrt(back.config.d_model) if back.family.has_scaled_embedding else 1
    rows = np.zeros((back.config.d_vocab, back.config.d_model), back.dtype)
    np.add.at(rows, list(tokens), stream * factor)
    back.learn(rows, "W_E")
    if not back.family.is_rotary:
        back.note(stream, hooks.POS_EMBED)
        places = np.zeros((back.config.n_ctx, back.config.d_model), back.dtype)
        places[: len(tokens)] = stream
        back.learn(places, "W_pos")


def norm_back(back: Backward, gradient: Array, scale_leaf: str, layer: int | None = None) -> Array:
    """Through a norm: what lies along the normalized vector is taken off, and it is scaled.

    Where the norm takes the mean off, the gradient's mean is taken off too.
    """
    part = scale_leaf.removesuffix("hook_scale")
    scale = back.hooked(scale_leaf, layer)
    normalized = back.hooked(f"{part}hook_normalized", layer)
    weight = back.weight(hook_name(f"{part}w", layer)) + back.family.norm.adds_one
    back.note(gradient, f"{part}hook_norm_out", layer)
    back.learn(over_rows(gradient * normalized), hook_name(f"{part}w", layer))
    inner = back.note(gradient * weight, f"{part}hook_normalized", layer)
    along = (inner * normalized).mean(axis=-1, keepdims=True)
    back.note(-along * normalized.shape[-1] / scale, scale_leaf, layer)
    if back.family.norm.is_centred:
        back.learn(over_rows(gradient), hook_name(f"{part}b", layer))
    return through_norm(inner, normalized, scale, is_centred=back.family.norm.is_centred)


def through_norm(inner: Array, normalized: Array, scale: Array, *, is_centred: bool) -> Array:
    """From the gradient of the normalized vector to that of what the norm read.

    Shapes: inner, normalized [pos, d_model]; scale [pos, 1] → [pos, d_model].
    """
    along = (inner * normalized).mean(axis=-1, keepdims=True)
    across = (inner - along * normalized) / scale
    return across - across.mean(axis=-1, keepdims=True) if is_centred else across


def linear_back(back: Backward, gradient: Array, x: Array, weight: str, layer: int) -> Array:
    """Through x @ W (+ b): the weight's gradient is xᵀ @ gradient, x's is gradient @ Wᵀ."""
    back.learn(x.T @ gradient, hook_name(weight, layer))
    if back.family.has_bias(weight):
        back.learn(over_rows(gradient), hook_name(bias_name(weight), layer))
    return gradient @ back.weight(hook_name(weight, layer)).T


def attention_back(back: Backward, gradient: Array, layer: int) -> Array:
    """Through W_O, the mix, the softmax, the scores, to what the heads read: [pos, d_model]."""
    config = back.config
    z, pattern = back.hooked(hooks.Z, layer), back.hooked(hooks.PATTERN, layer)
    made = after_back(back, gradient, hooks.ATTN_OUT, layer)
    flat = linear_back(back, made, z.reshape(len(z), -1), "attn.W_O", layer)
    mixed = back.note(flat.reshape(z.shape), hooks.Z, layer).transpose(1, 0, 2)
    rot_q, rot_k = (back.hooked(leaf, layer) for leaf in turned_leaves(back.family))
    values = np.repeat(back.hooked(hooks.V, layer), config.n_group, axis=1).transpose(1, 0, 2)
    keys = np.repeat(rot_k, config.n_group, axis=1).transpose(1, 0, 2)

    on_pattern = back.note(mixed @ values.transpose(0, 2, 1), hooks.PATTERN, layer)
    on_values = shared(back, pattern.transpose(0, 2, 1) @ mixed)
    # Softmax: a share's gradient counts by how far it is above the row's mean, weighed by shares.
    mean = (on_pattern * pattern).sum(axis=-1, keepdims=True)
    on_scores = back.note(pattern * (on_pattern - mean), hooks.SCORES, layer)
    on_scores = on_scores / np.sqrt(back.dtype.type(config.d_head))
    on_keys = shared(back, on_scores.transpose(0, 2, 1) @ rot_q.transpose(1, 0, 2))
    on_queries = (on_scores @ keys).transpose(1, 0, 2)
    on_queries = turned_back(back, on_queries, hooks.ROT_Q, layer)
    on_keys = turned_back(back, on_keys, hooks.ROT_K, layer)
    if back.family.has_head_norms:
        on_queries = norm_back(back, on_queries, hooks.Q_NORM_SCALE, layer)
        on_keys = norm_back(back, on_keys, hooks.K_NORM_SCALE, layer)

    read, total = back.hooked(hooks.LN1_OUT, layer), np.zeros_like(gradient)
    parts = ((on_queries, hooks.Q, "attn.W_Q"), (on_keys, hooks.K, "attn.W_K"))
    for part, leaf, weight in (*parts, (on_values, hooks.V, "attn.W_V")):
        back.note(part, leaf, layer)
        total += linear_back(back, part.reshape(len(part), -1), read, weight, layer)
    return total


def turned_leaves(family: Family) -> tuple[str, str]:
    """The hooks of the queries and keys that meet."""
    if family.is_rotary:
        return hooks.ROT_Q, hooks.ROT_K
    return (hooks.Q_NORM_OUT, hooks.K_NORM_OUT) if family.has_head_norms else (hooks.Q, hooks.K)


def shared(back: Backward, gradient: Array) -> Array:
    """What the query heads of a group ask of their one key/value head, added up.

    Shapes: [head, pos, d_head] → [pos, kv_head, d_head].
    """
    n_heads, n_pos, width = gradient.shape
    grouped = gradient.reshape(n_heads // back.config.n_group, back.config.n_group, n_pos, width)
    added: Array = grouped.sum(axis=1).transpose(1, 0, 2)
    return added


def turned_back(back: Backward, gradient: Array, leaf: str, layer: int) -> Array:
    """Through the turn by position: turned back by the same angle."""
    if not back.family.is_rotary:
        return gradient
    back.note(gradient, leaf, layer)
    config, positions = back.config, np.arange(len(gradient))
    base, factors = config.rotary_base_of(layer), config.rotary_factors_of(layer)
    return rotate(gradient, -rotary_angles(positions, config.d_head, base, back.dtype, factors))


def mlp_back(back: Backward, gradient: Array, layer: int) -> Array:
    """Through W_out, the activation (and the gate), to what the neurons read: [pos, d_model]."""
    read, pre = back.hooked(hooks.LN2_OUT, layer), back.hooked(hooks.MLP_PRE, layer)
    post = back.hooked(hooks.MLP_POST, layer)
    made = after_back(back, gradient, hooks.MLP_OUT, layer)
    on_post = linear_back(back, made, post, "mlp.W_out", layer)
    back.note(on_post, hooks.MLP_POST, layer)
    slope = SLOPES[back.family.activation](pre)
    if not back.family.is_gated:
        on_pre = back.note(on_post * slope, hooks.MLP_PRE, layer)
        return linear_back(back, on_pre, read, "mlp.W_in", layer)
    half = back.hooked(hooks.MLP_PRE_LINEAR, layer)
    on_pre = back.note(on_post * half * slope, hooks.MLP_PRE, layer)
    activated = reference.ACTIVATIONS[back.family.activation](pre)
    on_half = back.note(on_post * activated, hooks.MLP_PRE_LINEAR, layer)
    through_gate = linear_back(back, on_pre, read, "mlp.W_gate", layer)
    return through_gate + linear_back(back, on_half, read, "mlp.W_in", layer)


def after_back(back: Backward, gradient: Array, leaf: str, layer: int) -> Array:
    """Through the norm that some families have before a half is added to the stream."""
    if not back.family.has_norms_after:
        return gradient
    made_leaf, scale_leaf = BEFORE_ADDING[leaf]
    return back.note(norm_back(back, gradient, scale_leaf, layer), made_leaf, layer)


def over_rows(x: Array) -> Array:
    """Added over all axes but the last: [..., width] → [width]."""
    added: Array = x.reshape(-1, x.shape[-1]).sum(axis=0)
    return added
