"""A small model in torch, every hook a tensor that autograd reaches: the judge of our gradients.

Forward only, written from the formulas; the way back is torch's alone. That its hooks are those of
core/reference.py, which transformers holds, is asserted where it is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.reference import BEFORE_ADDING
from seethrough.core.train.backward import IGNORED
from seethrough.core.weight_names import bias_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

Tensor = torch.Tensor


@dataclass
class TorchModel:
    """Weights as parameters by name, and the hooks of the last pass."""

    config: ModelConfig
    weights: dict[str, Tensor]
    hooked: dict[str, Tensor] = field(default_factory=dict)
    is_hooked: bool = True

    @classmethod
    def of(
        cls,
        config: ModelConfig,
        arrays: Mapping[str, Array],
        dtype: torch.dtype,
        *,
        is_hooked: bool = True,
    ) -> TorchModel:
        """A model of some weights, in a dtype."""
        made = {name: torch.tensor(array, dtype=dtype) for name, array in arrays.items()}
        weights = {name: one.requires_grad_() for name, one in made.items()}
        return cls(config, weights, is_hooked=is_hooked)

    def hook(self, value: Tensor, leaf: str, layer: int | None = None) -> Tensor:
        """Keep a value, and its gradient later; each hook is a tensor of its own."""
        if not self.is_hooked:
            return value
        own = value.clone() if value.requires_grad else value
        own.retain_grad()
        self.hooked[hook_name(leaf, layer)] = own
        return own

    def losses(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """−log p(target) at each place, 0 where none counts: [document, pos]."""
        logits = self.logits(tokens)
        flat = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none"
        )
        return flat.reshape(targets.shape)

    def logits(self, tokens: Tensor) -> Tensor:
        """The forward pass: [document, pos, d_vocab]."""
        family, config = family_of(self.config), self.config
        stream = self.weights["W_E"][tokens]
        if family.has_scaled_embedding:
            stream = stream * math.sqrt(config.d_model)
        stream = self.hook(stream, hooks.EMBED)
        if not family.is_rotary:
            places = self.weights["W_pos"][: tokens.shape[1]].expand(len(tokens), -1, -1)
            stream = stream + self.hook(places, hooks.POS_EMBED)
        for layer in range(config.n_layers):
            stream = self.hook(stream, hooks.RESID_PRE, layer)
            read = self.norm(stream, hooks.LN1_SCALE, layer)
            made = self.after(self.attention(read, layer), hooks.ATTN_OUT, layer)
            behind = stream + self.hook(made, hooks.ATTN_OUT, layer)
            if not family.is_parallel:
                stream = behind = self.hook(behind, hooks.RESID_MID, layer)
            read = self.norm(stream, hooks.LN2_SCALE, layer)
            made = self.after(self.mlp(read, layer), hooks.MLP_OUT, layer)
            stream = self.hook(
                behind + self.hook(made, hooks.MLP_OUT, layer), hooks.RESID_POST, layer
            )
        read = self.norm(stream, hooks.FINAL_SCALE)
        tied = config.tie_word_embeddings
        unembedding = self.weights["W_E"].T if tied else self.weights["W_U"]
        return self.hook(read @ unembedding, hooks.LOGITS)

    def norm(self, x: Tensor, scale_leaf: str, layer: int | None = None) -> Tensor:
        """Any of the families' norms."""
        part, norm = scale_leaf.removesuffix("hook_scale"), family_of(self.config).norm
        if norm.is_centred:
            x = x - x.mean(-1, keepdim=True)
        root = torch.sqrt((x * x).mean(-1, keepdim=True) + self.config.eps)
        normalized = self.hook(
            x / self.hook(root, scale_leaf, layer), f"{part}hook_normalized", layer
        )
        weight = self.weights[hook_name(f"{part}w", layer)]
        out = normalized * (weight + 1 if norm.adds_one else weight)
        if norm.is_centred:
            out = out + self.weights[hook_name(f"{part}b", layer)]
        return self.hook(out, f"{part}hook_norm_out", layer)

    def linear(self, x: Tensor, weight: str, layer: int) -> Tensor:
        """x @ W, and b where the family has it."""
        out = x @ self.weights[hook_name(weight, layer)]
        if family_of(self.config).has_bias(weight):
            out = out + self.weights[hook_name(bias_name(weight), layer)]
        return out

    def attention(self, x: Tensor, layer: int) -> Tensor:
        """From what the heads read to what W_O gives."""
        config, family = self.config, family_of(self.config)
        made = {}
        counts = {hooks.Q: config.n_heads, hooks.K: config.n_key_value_heads}
        for leaf, weight in ((hooks.Q, "W_Q"), (hooks.K, "W_K"), (hooks.V, "W_V")):
            flat = self.linear(x, f"attn.{weight}", layer)
            n_heads = counts.get(leaf, config.n_key_value_heads)
            made[leaf] = self.hook(flat.unflatten(-1, (n_heads, config.d_head)), leaf, layer)
        q, k, v = made.values()
        if family.has_head_norms:
            q = self.norm(q, hooks.Q_NORM_SCALE, layer)
            k = self.norm(k, hooks.K_NORM_SCALE, layer)
        if family.is_rotary:
            q = self.hook(self.turn(q, layer), hooks.ROT_Q, layer)
            k = self.hook(self.turn(k, layer), hooks.ROT_K, layer)
        q = q.transpose(1, 2)
        k, v = (part.repeat_interleave(config.n_group, 2).transpose(1, 2) for part in (k, v))
        width = math.sqrt(config.d_head) if family.has_scaled_scores else 1.0
        scores = q @ k.transpose(-1, -2) / width
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = self.hook(scores.masked_fill(later, -math.inf), hooks.SCORES, layer)
        pattern = self.hook(scores.softmax(-1), hooks.PATTERN, layer)
        z = self.hook((pattern @ v).transpose(1, 2), hooks.Z, layer)
        return self.linear(z.flatten(-2), "attn.W_O", layer)

    def turn(self, x: Tensor, layer: int) -> Tensor:
        """Queries or keys turned by their positions."""
        half = self.config.n_turned // 2
        base = self.config.rotary_base_of(layer)
        steps = base ** (-torch.arange(half, dtype=torch.float64) / half)
        angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None, None] * steps
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        first, second, rest = x.tensor_split([half, 2 * half], -1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], -1)

    def mlp(self, x: Tensor, layer: int) -> Tensor:
        """From what the neurons read to what W_out gives."""
        family = family_of(self.config)
        gate = "mlp.W_gate" if family.is_gated else "mlp.W_in"
        pre = self.hook(self.linear(x, gate, layer), hooks.MLP_PRE, layer)
        if family.activation == "silu":
            post = torch.nn.functional.silu(pre)
        else:
            way = "tanh" if family.activation == "gelu_new" else "none"
            post = torch.nn.functional.gelu(pre, approximate=way)
        if family.is_gated:
            half = self.linear(x, "mlp.W_in", layer)
            post = post * self.hook(half, hooks.MLP_PRE_LINEAR, layer)
        return self.linear(self.hook(post, hooks.MLP_POST, layer), "mlp.W_out", layer)

    def after(self, made: Tensor, leaf: str, layer: int) -> Tensor:
        """The norm before a half is added, where the family has it."""
        if not family_of(self.config).has_norms_after:
            return made
        made_leaf, scale_leaf = BEFORE_ADDING[leaf]
        return self.norm(self.hook(made, made_leaf, layer), scale_leaf, layer)
