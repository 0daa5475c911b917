"""Transformers' own GPT-Neo and GPT-NeoX, watched while they run: every hook, from their modules.

Nothing here comes from our code but the hooks' names.
"""

# ruff: noqa: ANN401 - torch's hooks hand over anything

from __future__ import annotations

from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch
from torch import nn
from transformers.models.gpt_neo import modeling_gpt_neo

from tests.reference.family_oracle import MASKED_BELOW, given, gives, watch_attention

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
    Take = Callable[[str, torch.Tensor], None]


@torch.inference_mode()
def hooks_of(model: Any, ids: Sequence[int]) -> dict[str, Array]:
    """Every hook of one run, and `logits` and `logits_logsumexp` of every position."""
    found: dict[str, torch.Tensor] = {}

    def take(name: str, value: torch.Tensor) -> None:
        found[name] = value.detach().clone()

    with ExitStack() as stack:
        watch = watch_neox if hasattr(model, "gpt_neox") else watch_neo
        watch(stack, model, take)
        logits = model(torch.tensor([list(ids)]), use_cache=False).logits[0]
    take("logits", logits)
    take("logits_logsumexp", torch.logsumexp(logits, dim=-1))
    return {name: value.numpy() for name, value in found.items()}


def watch_neox(stack: ExitStack, model: Any, take: Take) -> None:
    """Both halves read what enters the layer; nothing stands between them."""
    inner = model.gpt_neox
    gives(stack, inner.embed_in, lambda out: take("hook_embed", out[0]))
    for number, layer in enumerate(inner.layers):
        at, attention, mlp = f"blocks.{number}", layer.attention, layer.mlp
        width = attention.head_size
        given(stack, layer, named(take, f"{at}.hook_resid_pre"))
        watch_norm(stack, layer.input_layernorm, f"{at}.ln1", take)
        gives(stack, attention.query_key_value, by_head(take, at, width))
        given(stack, attention.dense, named(take, f"{at}.attn.hook_z", width))
        gives(stack, attention.dense, named(take, f"{at}.hook_attn_out"))
        watch_norm(stack, layer.post_attention_layernorm, f"{at}.ln2", take)
        gives(stack, mlp.dense_h_to_4h, named(take, f"{at}.mlp.hook_pre"))
        given(stack, mlp.dense_4h_to_h, named(take, f"{at}.mlp.hook_post"))
        gives(stack, mlp, named(take, f"{at}.hook_mlp_out"))
        gives(stack, layer, named(take, f"{at}.hook_resid_post"))
    watch_norm(stack, inner.final_layer_norm, "ln_final", take)
    watch_attention(stack, model, take)
    if model.dtype == torch.float64:
        lift_softmax(stack)


def watch_neo(stack: ExitStack, model: Any, take: Take) -> None:
    """As GPT-2, but for three matrices in place of one, and attention in float32 by its word."""
    inner = model.transformer
    gives(stack, inner.wte, lambda out: take("hook_embed", out[0]))
    gives(stack, inner.wpe, lambda out: take("hook_pos_embed", out[0]))
    for number, layer in enumerate(inner.h):
        at, attention, mlp = f"blocks.{number}", layer.attn.attention, layer.mlp
        width = attention.head_dim
        given(stack, layer, named(take, f"{at}.hook_resid_pre"))
        watch_norm(stack, layer.ln_1, f"{at}.ln1", take)
        for letter in "qkv":
            module = getattr(attention, f"{letter}_proj")
            gives(stack, module, named(take, f"{at}.attn.hook_{letter}", width))
        given(stack, attention.out_proj, named(take, f"{at}.attn.hook_z", width))
        gives(stack, attention.out_proj, named(take, f"{at}.hook_attn_out"))
        given(stack, layer.ln_2, named(take, f"{at}.hook_resid_mid"))
        watch_norm(stack, layer.ln_2, f"{at}.ln2", take)
        gives(stack, mlp.c_fc, named(take, f"{at}.mlp.hook_pre"))
        given(stack, mlp.c_proj, named(take, f"{at}.mlp.hook_post"))
        gives(stack, mlp, named(take, f"{at}.hook_mlp_out"))
        gives(stack, layer, named(take, f"{at}.hook_resid_post"))
    watch_norm(stack, inner.ln_f, "ln_final", take)
    watch_softmax(stack, take)
    if model.dtype == torch.float64:
        # Its attention casts queries and keys to float32; the name of that type is float64's here.
        wide = mock.Mock(wraps=torch, float32=torch.float64)
        stack.enter_context(mock.patch.object(modeling_gpt_neo, "torch", wide))


def named(take: Take, name: str, width: int = 0) -> Callable[[torch.Tensor], None]:
    """Takes a value of the one text under a name, cut into heads if they have a width."""
    return lambda x: take(name, x[0].unflatten(-1, (-1, width)) if width else x[0])


def by_head(take: Take, at: str, width: int) -> Callable[[torch.Tensor], None]:
    """Takes queries, keys and values, which lie side by side in each head."""

    def see(out: torch.Tensor) -> None:
        parts = out[0].unflatten(-1, (-1, 3 * width)).split(width, dim=-1)
        for letter, part in zip("qkv", parts, strict=True):
            take(f"{at}.attn.hook_{letter}", part)

    return see


def watch_norm(stack: ExitStack, module: nn.LayerNorm, at: str, take: Take) -> None:
    """A LayerNorm's divisor, what it divided, and what it gives."""

    def see(_module: nn.Module, args: tuple[torch.Tensor], out: torch.Tensor) -> None:
        x = args[0]
        variance = x.var(-1, unbiased=False, keepdim=True)
        take(f"{at}.hook_scale", torch.sqrt(variance + module.eps)[0])
        bare = nn.functional.layer_norm(x, module.normalized_shape, eps=module.eps)
        take(f"{at}.hook_normalized", bare[0])
        take(f"{at}.hook_norm_out", out[0])

    stack.callback(module.register_forward_hook(see).remove)


def watch_softmax(stack: ExitStack, take: Take) -> None:
    """Stand in for the one function that no module shows: it runs once in each layer."""
    real, layers = nn.functional.softmax, count()

    def seen(scores: torch.Tensor, **options: Any) -> torch.Tensor:
        at = f"blocks.{next(layers)}.attn"
        take(f"{at}.hook_attn_scores", scores.masked_fill(scores < MASKED_BELOW, -torch.inf)[0])
        pattern = real(scores, **options)
        take(f"{at}.hook_pattern", pattern[0])
        return pattern

    stack.enter_context(mock.patch.object(nn.functional, "softmax", seen))


def lift_softmax(stack: ExitStack) -> None:
    """Let no softmax be in float32."""
    real = nn.functional.softmax

    def wide(x: torch.Tensor, **kept: Any) -> torch.Tensor:
        return real(x, **{**kept, "dtype": torch.float64})

    stack.enter_context(mock.patch.object(nn.functional, "softmax", wide))
