"""Transformers' own model of any rotary family, watched while it runs: every hook that we name.

What the modules are given and give is taken from them; what happens inside attention, by standing
in for the function that does it. Nothing here comes from our code but the hooks' names.
"""

# ruff: noqa: ANN401 - torch's hooks hand over anything

from __future__ import annotations

import sys
import warnings
from contextlib import ExitStack
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch
from torch import nn
from transformers import AutoModelForCausalLM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
    Take = Callable[[str, torch.Tensor], None]

# What transformers' mask holds instead of −inf is the dtype's least number.
MASKED_BELOW = -1e37
ON_BOTH_SIDES = "pre_feedforward_layernorm"


def model_of(path: Path) -> Any:
    """The model as transformers reads a folder or a GGUF, in float32."""
    told: dict[str, Any] = {"dtype": torch.float32, "attn_implementation": "eager"}
    place, more = (path, {}) if path.is_dir() else (path.parent, {"gguf_file": path.name})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return AutoModelForCausalLM.from_pretrained(place, **more, **told).eval()


def hooks_of(model: Any, ids: Sequence[int]) -> dict[str, Array]:
    """Every hook of one run, and `logits` and `logits_logsumexp` of every position."""
    found: dict[str, torch.Tensor] = {}

    def keep(name: str, value: torch.Tensor) -> None:
        found[name] = value.detach().clone()

    watch(model, ids, keep)
    return {name: value.numpy() for name, value in found.items()}


@torch.inference_mode()
def watch(model: Any, ids: Sequence[int], take: Take, positions: Sequence[int] = ()) -> None:
    """Hand each hook of one run over as it comes, then the logits and their log-sum-exp.

    Args:
        positions: Those that get logits; none named: all.
    """
    with ExitStack() as stack:
        if model.dtype == torch.float64:
            compute_in_float64(stack, model)
        gives(stack, model.model.embed_tokens, lambda out: take("hook_embed", out[0]))
        for number, layer in enumerate(model.model.layers):
            watch_layer(stack, layer, f"blocks.{number}", take)
        watch_norm(stack, model.model.norm, "ln_final", take)
        watch_attention(stack, model, take)
        at = torch.tensor(list(positions or range(len(ids))))
        logits = model(torch.tensor([list(ids)]), use_cache=False, logits_to_keep=at).logits[0]
    take("logits", logits)
    take("logits_logsumexp", torch.cat([row.logsumexp(-1) for row in logits.split(64)]))


@torch.inference_mode()
def greedy(model: Any, ids: Sequence[int], n_new: int) -> list[int]:
    """The most probable continuation, the whole text run anew for each token."""
    known = list(ids)
    for _ in range(n_new):
        logits = model(torch.tensor([known]), use_cache=False, logits_to_keep=1).logits[0, -1]
        known.append(int(logits.argmax()))
    return known[len(ids) :]


def in_float64(model: Any) -> Any:
    """A copy with the same weights, computing in float64."""
    return deepcopy(model).to(torch.float64)


def reordered(model: Any, seed: int) -> tuple[Any, dict[str, torch.Tensor]]:
    """The same model with the residual stream's and the MLP's numbers in another order.

    Every sum then rounds differently and nothing else changes. Returns also where each number of
    an axis of this name (`d_model`, `d_mlp`) stands in it.
    """
    generator = torch.Generator().manual_seed(seed)
    stream = torch.randperm(model.config.hidden_size, generator=generator)
    hidden = torch.randperm(model.config.intermediate_size, generator=generator)
    other = deepcopy(model)
    for name, parameter in other.named_parameters():
        values = parameter.data
        if "q_norm" in name or "k_norm" in name:  # of a head's own numbers
            continue
        if "gate_proj" in name or "up_proj" in name:
            values = values[hidden]
        if "down_proj" in name:
            values = values[:, hidden]
        writes = "o_proj" in name or "down_proj" in name or "norm" in name
        parameter.data = (values[stream] if writes else values[:, stream]).contiguous()
    return other, {"d_model": torch.argsort(stream), "d_mlp": torch.argsort(hidden)}


def compute_in_float64(stack: ExitStack, model: Any) -> None:
    """Lift the three casts to float32: in norms, in the rotary table, in the softmax.

    Angles stay float32 numbers, by the model's definition.
    """
    inner = model.model
    has_one_more = hasattr(inner.layers[0], ON_BOTH_SIDES)
    softmax = nn.functional.softmax

    def norm(self: Any, x: torch.Tensor) -> torch.Tensor:
        epsilon = epsilon_of(self)
        factor = self.weight + 1 if has_one_more else self.weight
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * factor

    def rotary(self: Any, x: Any, position_ids: Any, layer_type: str | None = None) -> Any:
        name = f"{layer_type}_inv_freq" if layer_type else "inv_freq"
        angles = position_ids[..., None].float() * getattr(self, name).float()
        both = torch.cat((angles, angles), dim=-1).to(x.dtype)
        return both.cos(), both.sin()

    def wide_softmax(x: torch.Tensor, **kept: Any) -> torch.Tensor:
        return softmax(x, **{**kept, "dtype": torch.float64})

    stack.enter_context(mock.patch.object(type(inner.norm), "forward", norm))
    stack.enter_context(mock.patch.object(type(inner.rotary_emb), "forward", rotary))
    stack.enter_context(mock.patch.object(nn.functional, "softmax", wide_softmax))


def epsilon_of(norm: Any) -> float:
    """What a norm adds to the mean square."""
    return float(getattr(norm, "variance_epsilon", getattr(norm, "eps", 0.0)))


def watch_layer(stack: ExitStack, layer: Any, at: str, take: Take) -> None:
    """Every hook of one layer but what happens inside attention."""
    attention, mlp = layer.self_attn, layer.mlp
    width, is_wrapped = attention.head_dim, hasattr(layer, ON_BOTH_SIDES)
    second = getattr(layer, ON_BOTH_SIDES) if is_wrapped else layer.post_attention_layernorm

    def heads(name: str) -> Callable[[torch.Tensor], None]:
        return lambda x: take(f"{at}.attn.{name}", x[0].unflatten(-1, (-1, width)))

    def named(leaf: str) -> Callable[[torch.Tensor], None]:
        return lambda x: take(f"{at}.{leaf}", x[0])

    given(stack, layer, named("hook_resid_pre"))
    watch_norm(stack, layer.input_layernorm, f"{at}.ln1", take)
    for letter in "qkv":
        gives(stack, getattr(attention, f"{letter}_proj"), heads(f"hook_{letter}"))
    for name in ("q_norm", "k_norm"):
        if isinstance(module := getattr(attention, name, None), nn.Module):
            watch_norm(stack, module, f"{at}.attn.{name}", take, is_head_first=is_wrapped)
    given(stack, attention.o_proj, heads("hook_z"))
    given(stack, second, named("hook_resid_mid"))
    watch_norm(stack, second, f"{at}.ln2", take)
    gives(stack, mlp.gate_proj, named("mlp.hook_pre"))
    gives(stack, mlp.up_proj, named("mlp.hook_pre_linear"))
    given(stack, mlp.down_proj, named("mlp.hook_post"))
    gives(stack, layer, named("hook_resid_post"))
    if not is_wrapped:
        gives(stack, attention.o_proj, named("hook_attn_out"))
        gives(stack, mlp, named("hook_mlp_out"))
        return
    gives(stack, attention.o_proj, named("attn.hook_out"))
    gives(stack, mlp, named("mlp.hook_out"))
    halves = (("ln1_post", "post_attention_layernorm"), ("ln2_post", "post_feedforward_layernorm"))
    for (ours, theirs), leaf in zip(halves, ("hook_attn_out", "hook_mlp_out"), strict=True):
        watch_norm(stack, getattr(layer, theirs), f"{at}.{ours}", take)
        gives(stack, getattr(layer, theirs), named(leaf))


def watch_norm(
    stack: ExitStack, norm: Any, at: str, take: Take, *, is_head_first: bool = False
) -> None:
    """A norm's divisor, what it divided, and what it gives; Gemma's heads come before positions."""
    epsilon = epsilon_of(norm)

    def see(_module: Any, args: tuple[torch.Tensor], out: torch.Tensor) -> None:
        x = args[0][0]
        scale = torch.sqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)
        for kind, value in {"scale": scale, "normalized": x / scale, "norm_out": out[0]}.items():
            take(f"{at}.hook_{kind}", value.transpose(0, 1) if is_head_first else value)

    stack.callback(norm.register_forward_hook(see).remove)


def watch_attention(stack: ExitStack, model: Any, take: Take) -> None:
    """Stand in for attention itself, which no module shows; turned queries and keys come in."""
    library = sys.modules[type(model).__module__]
    attend = library.eager_attention_forward
    softmax = nn.functional.softmax

    def attend_and_see(
        module: Any, query: Any, key: Any, value: Any, mask: Any, **more: Any
    ) -> Any:
        at = f"blocks.{module.layer_idx}.attn"
        take(f"{at}.hook_rot_q", query[0].transpose(0, 1))
        take(f"{at}.hook_rot_k", key[0].transpose(0, 1))

        def softmax_and_see(scores: torch.Tensor, **kept: Any) -> torch.Tensor:
            shown = scores.masked_fill(scores < MASKED_BELOW, float("-inf"))
            take(f"{at}.hook_attn_scores", shown[0])
            pattern = softmax(scores, **kept)
            take(f"{at}.hook_pattern", pattern[0])
            return pattern

        with mock.patch.object(nn.functional, "softmax", softmax_and_see):
            return attend(module, query, key, value, mask, **more)

    stack.enter_context(mock.patch.object(library, "eager_attention_forward", attend_and_see))


def given(stack: ExitStack, module: Any, see: Callable[[torch.Tensor], None]) -> None:
    """Show what a module is given."""

    def note(_module: Any, args: tuple[Any, ...], kept: dict[str, Any]) -> None:
        see(args[0] if args else kept["hidden_states"])

    stack.callback(module.register_forward_pre_hook(note, with_kwargs=True).remove)


def gives(stack: ExitStack, module: Any, see: Callable[[torch.Tensor], None]) -> None:
    """Show what a module gives."""

    def note(_module: Any, _args: Any, out: Any) -> None:
        see(out[0] if isinstance(out, tuple) else out)

    stack.callback(module.register_forward_hook(note).remove)
