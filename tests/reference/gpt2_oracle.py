"""Transformers' own GPT-2, watched while it runs: every hook of the table, from its modules.

As oracle.py does for Llama: the library reads the folder with its own reader, and each value is
what one of its modules was given or gave. GPT-2 computes in its own dtype everywhere.
"""

# ruff: noqa: ANN401 - torch's hooks hand over anything

from __future__ import annotations

from contextlib import ExitStack
from copy import deepcopy
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch
from torch import nn
from transformers import GPT2LMHeadModel

from tests.reference.oracle import MASKED_BELOW, greedy_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


class Gpt2Transformers:
    """GPT2LMHeadModel with eager attention, in float32 or float64."""

    def __init__(self, model: GPT2LMHeadModel) -> None:
        self.model = model.eval()

    @classmethod
    def from_folder(cls, folder: Path) -> Gpt2Transformers:
        """The model as transformers itself reads a hub folder, in float32."""
        return cls(
            GPT2LMHeadModel.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
            )
        )

    def in_float64(self) -> Gpt2Transformers:
        """A copy with the same weights, computing in float64."""
        return Gpt2Transformers(deepcopy(self.model).to(torch.float64))

    @torch.inference_mode()
    def hooks(self, ids: Sequence[int]) -> dict[str, Array]:
        """Every hook of one run, and `logits` and `logits_logsumexp` of every position."""
        inner = self.model.transformer
        with ExitStack() as stack:
            watch = _Watch(stack)
            watch.gives(inner.wte, "hook_embed")
            watch.gives(inner.wpe, "hook_pos_embed")
            for number, block in enumerate(inner.h):
                watch.block(block, f"blocks.{number}")
            watch.norm(inner.ln_f, "ln_final")
            watch.softmax()
            out = self.model(torch.tensor([list(ids)]), use_cache=False)
        watch.take("logits", out.logits[0])
        watch.take("logits_logsumexp", torch.logsumexp(out.logits[0], dim=-1))
        return {name: value.numpy() for name, value in watch.values.items()}

    @torch.inference_mode()
    def read_out(self, states: Array) -> Array:
        """The logits of residual states, [state, d_vocab]: the final norm, then the head."""
        x = torch.from_numpy(states).to(self.model.dtype)
        return self.model.lm_head(self.model.transformer.ln_f(x)).numpy()

    @torch.inference_mode()
    def greedy(self, ids: Sequence[int], n_new: int) -> tuple[list[int], list[float]]:
        """The most probable continuation, and by how much each id won (in logits)."""
        return greedy_tokens(self.model, ids, n_new)


class _Watch:
    """One run's watchers; they go when the stack closes."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.values: dict[str, torch.Tensor] = {}

    def take(self, name: str, value: torch.Tensor) -> None:
        """Keep a copy of a value under a hook's name."""
        self.values[name] = value.detach().clone()

    def given(self, module: nn.Module, name: str, width: int = 0) -> None:
        """Take what a module is given, cut into heads if they have a width."""

        def see(_module: nn.Module, args: tuple[Any, ...]) -> None:
            self.take(name, _in_heads(args[0][0], width))

        self.stack.callback(module.register_forward_pre_hook(see).remove)

    def gives(self, module: nn.Module, name: str) -> None:
        """Take what a module gives."""

        def see(_module: nn.Module, _args: Any, out: Any) -> None:
            self.take(name, (out[0] if isinstance(out, tuple) else out)[0])

        self.stack.callback(module.register_forward_hook(see).remove)

    def gives_qkv(self, module: nn.Module, at: str, width: int) -> None:
        """Take queries, keys and values, which one module gives side by side."""

        def see(_module: nn.Module, _args: Any, out: torch.Tensor) -> None:
            for letter, part in zip("qkv", out[0].chunk(3, dim=-1), strict=True):
                self.take(f"{at}.attn.hook_{letter}", _in_heads(part, width))

        self.stack.callback(module.register_forward_hook(see).remove)

    def norm(self, module: nn.LayerNorm, at: str) -> None:
        """Take a LayerNorm's divisor, what it divided, and what it gives."""

        def see(_module: nn.Module, args: tuple[torch.Tensor], out: torch.Tensor) -> None:
            x = args[0]
            variance = x.var(-1, unbiased=False, keepdim=True)
            self.take(f"{at}.hook_scale", torch.sqrt(variance + module.eps)[0])
            bare = nn.functional.layer_norm(x, module.normalized_shape, eps=module.eps)
            self.take(f"{at}.hook_normalized", bare[0])
            self.take(f"{at}.hook_norm_out", out[0])

        self.stack.callback(module.register_forward_hook(see).remove)

    def block(self, block: nn.Module, at: str) -> None:
        """Take every hook of one block but what happens around its softmax."""
        attention, mlp = block.attn, block.mlp
        self.given(block, f"{at}.hook_resid_pre")
        self.norm(block.ln_1, f"{at}.ln1")
        self.gives_qkv(attention.c_attn, at, attention.head_dim)
        self.given(attention.c_proj, f"{at}.attn.hook_z", attention.head_dim)
        self.gives(attention.c_proj, f"{at}.hook_attn_out")
        self.given(block.ln_2, f"{at}.hook_resid_mid")
        self.norm(block.ln_2, f"{at}.ln2")
        self.gives(mlp.c_fc, f"{at}.mlp.hook_pre")
        self.given(mlp.c_proj, f"{at}.mlp.hook_post")
        self.gives(mlp, f"{at}.hook_mlp_out")
        self.gives(block, f"{at}.hook_resid_post")

    def softmax(self) -> None:
        """Stand in for the one function that no module shows: it runs once in each layer."""
        real, layers = nn.functional.softmax, count()

        def seen(scores: torch.Tensor, **options: Any) -> torch.Tensor:
            at = f"blocks.{next(layers)}.attn"
            shown = scores.masked_fill(scores < MASKED_BELOW, float("-inf"))
            self.take(f"{at}.hook_attn_scores", shown[0])
            pattern = real(scores, **options)
            self.take(f"{at}.hook_pattern", pattern[0])
            return pattern

        self.stack.enter_context(mock.patch.object(nn.functional, "softmax", seen))


def _in_heads(value: torch.Tensor, width: int) -> torch.Tensor:
    return value.unflatten(-1, (-1, width)) if width else value
