"""Transformers' own Llama, watched while it runs: every hook of the table, taken from its modules.

Nothing here comes from our code: transformers reads the checkpoint with its own readers, and each
value is what one of its modules was given or gave. What the library computes inside a function is
seen by standing in for the function while it runs.

In float64 the model has three places that fall back to float32 (the norm, the softmax, the rotary
table). `Transformers` lifts the first two, and the third except for the angles: those are float32
numbers by the model's definition, only their cosines and sines are taken in float64.
"""

# ruff: noqa: ANN401 - torch's hooks hand over anything

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

import gguf
import numpy as np
import torch
from torch import nn
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint
from transformers.models.llama import modeling_llama

from tests.reference.family_oracle import reordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from torch.utils.hooks import RemovableHandle
    from transformers import PreTrainedModel

    Array = np.ndarray[Any, np.dtype[Any]]

NORMS = {"ln1": "input_layernorm", "ln2": "post_attention_layernorm"}
# What transformers' mask holds instead of −inf is the dtype's least number.
MASKED_BELOW = -1e37


@dataclass(frozen=True)
class Meddling:
    """What a run does to transformers' modules, and which values it keeps.

    `zeroed_heads` (layer, head): that slice of what o_proj is given. `added` (layer, position) ->
    vector: into what a block is given; the layer after the last means the final norm.
    `hidden_cells` (layer, head, query, key): −inf in the mask. `mlp_scales` layer -> factor: of
    what the MLP gives. `only`: names to keep, None for all.
    """

    zeroed_heads: tuple[tuple[int, int], ...] = ()
    added: Mapping[tuple[int, int], Array] = field(default_factory=dict)
    hidden_cells: tuple[tuple[int, int, int, int], ...] = ()
    mlp_scales: Mapping[int, float] = field(default_factory=dict)
    only: frozenset[str] | None = None


class Transformers:
    """LlamaForCausalLM with eager attention, in float32 or float64."""

    def __init__(self, model: LlamaForCausalLM, dtype: torch.dtype = torch.float32) -> None:
        self.dtype = dtype
        self.model = model.to(dtype).eval()
        self.layers = model.model.layers
        # Width -> where each of its numbers stands in this model; see `reordered`.
        self.places: dict[int, torch.Tensor] = {}

    @classmethod
    def from_gguf(cls, path: Path, dtype: torch.dtype = torch.float32) -> Transformers:
        """The model as transformers itself reads and dequantises a GGUF."""
        with mock.patch.object(gguf, "GGUFReader", cache(gguf.GGUFReader)):  # the file is read once
            settings = load_gguf_checkpoint(str(path))["config"]
            model = LlamaForCausalLM(LlamaConfig(**settings, attn_implementation="eager"))
            loaded = load_gguf_checkpoint(str(path), return_tensors=True, model_to_load=model)
        result = model.load_state_dict(loaded["tensors"], strict=False)
        tied = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
        assert not result.unexpected_keys
        assert set(result.missing_keys) <= tied
        model.tie_weights()
        return cls(model, dtype)

    @classmethod
    def from_folder(cls, folder: Path, dtype: torch.dtype = torch.float32) -> Transformers:
        """The model as transformers itself reads a hub folder, in float32 or float64."""
        model = LlamaForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
        )
        return cls(model, dtype)

    def in_float64(self) -> Transformers:
        """A copy with the same weights, computing in float64."""
        return Transformers(deepcopy(self.model), torch.float64)

    def reordered(self, seed: int) -> Transformers:
        """The same model with the numbers of the residual stream and of the MLP in another order.

        Every sum then rounds differently and nothing else changes, so a handful of these show how
        far transformers' own float32 scatters. `hooks` gives values in the usual order.
        """
        other, places = reordered(self.model, seed)
        copy, config = Transformers(other, self.dtype), self.model.config
        copy.places = {
            config.hidden_size: places["d_model"],
            config.intermediate_size: places["d_mlp"],
        }
        return copy

    def weight(self, name: str) -> Array:
        """A parameter under transformers' name, [out, in]."""
        return self.model.state_dict()[name].numpy()

    @torch.inference_mode()
    def hooks(
        self,
        ids: Sequence[int],
        *,
        n_logits: int = 0,
        past: DynamicCache | None = None,
        **meddling: Any,
    ) -> dict[str, Array]:
        """Every hook of one run, and `logits` and `logits_logsumexp` of every position.

        Args:
            n_logits: Only the last so many positions get logits; 0: all.
            past: Transformers' own cache of the positions before these; these are added to it.
            meddling: The fields of `Meddling`.
        """
        run = Watched(self, Meddling(**meddling))
        kept: dict[str, Any] = {"past_key_values": past, "use_cache": past is not None}
        with run.watching():
            out = self.model(torch.tensor([list(ids)]), logits_to_keep=n_logits, **kept)
        run.take("logits", out.logits[0])
        run.take("logits_logsumexp", torch.logsumexp(out.logits[0], dim=-1))
        return {name: self._in_order(name, value).numpy() for name, value in run.values.items()}

    def hooks_in_pieces(
        self, ids: Sequence[int], n_at_once: int, *, n_logits: int, only: frozenset[str]
    ) -> dict[str, Array]:
        """The same of a long text, so many positions at once: half of its attention is no work.

        The last positions alone have logits.
        """
        past = DynamicCache()
        pieces = [
            self.hooks(ids[at : at + n_at_once], n_logits=n_logits, past=past, only=only)
            for at in range(0, len(ids), n_at_once)
        ]
        whole = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[-1]}
        return {
            name: array[-n_logits:] if name.startswith("logits") else array
            for name, array in whole.items()
        }

    @torch.inference_mode()
    def read_out(self, states: Array) -> Array:
        """The logits of residual states, [state, d_vocab]: the final norm, then the head."""
        with self.own_precision():
            normalized = self.model.model.norm(torch.from_numpy(states).to(self.dtype))
        return self.model.lm_head(normalized).numpy()

    @torch.inference_mode()
    def greedy(self, ids: Sequence[int], n_new: int) -> tuple[list[int], list[float]]:
        """The most probable continuation, and by how much each id won (in logits)."""
        with self.own_precision():
            return greedy_tokens(self.model, ids, n_new)

    @torch.inference_mode()
    def follow(self, ids: Sequence[int], new: Sequence[int]) -> tuple[list[int], list[float]]:
        """What it takes after a text and after each start of `new`, and by how much each id won.

        One pass tells it all. Where these are `new` itself, that is the greedy continuation.
        """
        given = torch.tensor([[*ids, *new[:-1]]])
        out = self.model(given, use_cache=False, logits_to_keep=len(new))
        best = torch.topk(out.logits[0], 2)
        leads = best.values[:, 0] - best.values[:, 1]
        return best.indices[:, 0].tolist(), leads.tolist()

    def _in_order(self, name: str, value: torch.Tensor) -> torch.Tensor:
        is_per_head = ".attn." in name or name.startswith("logits")
        places = None if is_per_head else self.places.get(value.shape[-1])
        return value if places is None else value[..., places]

    def as_placed(self, vector: torch.Tensor) -> torch.Tensor:
        """A vector of the residual stream in the order in which this model has it."""
        places = self.places.get(len(vector))
        return vector if places is None else vector[torch.argsort(places)]

    @contextmanager
    def own_precision(self) -> Iterator[None]:
        """Lift the three places where transformers computes in float32 whatever the dtype."""
        if self.dtype == torch.float32:
            yield
            return
        with (
            mock.patch.object(modeling_llama.LlamaRMSNorm, "forward", norm_in_float64),
            mock.patch.object(modeling_llama.LlamaRotaryEmbedding, "forward", rotary_in_float64),
            mock.patch.object(nn.functional, "softmax", softmax_in_float64),
        ):
            yield


def greedy_tokens(
    model: PreTrainedModel, ids: Sequence[int], n_new: int
) -> tuple[list[int], list[float]]:
    """A model's most probable continuation over its own cache, and each id's lead in logits."""
    cache, fed, new, gaps = DynamicCache(), list(ids), [], []
    for _ in range(n_new):
        out = model(torch.tensor([fed]), past_key_values=cache, use_cache=True)
        best = torch.topk(out.logits[0, -1], 2)
        new.append(int(best.indices[0]))
        gaps.append(float(best.values[0] - best.values[1]))
        fed = new[-1:]
    return new, gaps


class Watched:
    """One run in the making: what was seen, and what is changed on the way."""

    def __init__(self, owner: Transformers, meddling: Meddling) -> None:
        self.owner = owner
        self.meddling = meddling
        self.values: dict[str, torch.Tensor] = {}

    def wants(self, name: str) -> bool:
        """Whether a hook's value is to be kept."""
        return self.meddling.only is None or name in self.meddling.only

    def take(self, name: str, value: torch.Tensor) -> None:
        """Keep a copy of a value under a hook's name, if it is wanted."""
        if self.wants(name):
            self.values[name] = value.detach().clone()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Put every watcher in place, and take all away again."""
        inner = self.owner.model.model
        with ExitStack() as stack:
            stack.enter_context(self.owner.own_precision())
            stack.enter_context(self._functions())

            def on_output(module: nn.Module, see: Callable[[Any], Any]) -> None:
                handle = module.register_forward_hook(lambda _m, _i, out: see(out))
                stack.callback(handle.remove)

            def on_input(module: nn.Module, see: Callable[[Any], Any]) -> None:
                def changed(_module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
                    seen = see(args[0])
                    return args if seen is None else (seen, *args[1:])

                stack.callback(module.register_forward_pre_hook(changed).remove)

            on_output(inner.embed_tokens, lambda out: self.take("hook_embed", out[0]))
            for number, layer in enumerate(self.owner.layers):
                self._watch_layer(f"blocks.{number}", number, layer, on_input, on_output)
            last = len(self.owner.layers)

            def enter_final(x: torch.Tensor) -> torch.Tensor:
                x = self._added(x, last)
                self.take(f"blocks.{last - 1}.hook_resid_post", x[0])
                return x

            on_input(inner.norm, enter_final)
            stack.callback(self._watch_norm("ln_final", inner.norm).remove)
            for number, layer in enumerate(self.owner.layers):
                for part, module in NORMS.items():
                    norm = getattr(layer, module)
                    stack.callback(self._watch_norm(f"blocks.{number}.{part}", norm).remove)
            yield

    def _watch_layer(
        self,
        at: str,
        number: int,
        layer: nn.Module,
        on_input: Callable[[nn.Module, Callable[[Any], Any]], None],
        on_output: Callable[[nn.Module, Callable[[Any], Any]], None],
    ) -> None:
        attention, mlp = layer.self_attn, layer.mlp

        def enter(x: torch.Tensor) -> torch.Tensor:
            x = self._added(x, number)
            self.take(f"{at}.hook_resid_pre", x[0])
            return x

        def by_head(name: str) -> Callable[[torch.Tensor], None]:
            return lambda out: self.take(name, out[0].unflatten(-1, (-1, attention.head_dim)))

        def enter_o_proj(z: torch.Tensor) -> torch.Tensor:
            z = self._without_heads(z, number, attention.head_dim)
            self.take(f"{at}.attn.hook_z", z[0].unflatten(-1, (-1, attention.head_dim)))
            return z

        def leave_mlp(out: torch.Tensor) -> torch.Tensor:
            out = out * self.meddling.mlp_scales.get(number, 1.0)
            self.take(f"{at}.hook_mlp_out", out[0])
            return out

        on_input(layer, enter)
        on_output(attention.q_proj, by_head(f"{at}.attn.hook_q"))
        on_output(attention.k_proj, by_head(f"{at}.attn.hook_k"))
        on_output(attention.v_proj, by_head(f"{at}.attn.hook_v"))
        on_input(attention.o_proj, enter_o_proj)
        on_output(attention.o_proj, lambda out: self.take(f"{at}.hook_attn_out", out[0]))
        on_input(layer.post_attention_layernorm, lambda x: self.take(f"{at}.hook_resid_mid", x[0]))
        on_output(mlp.gate_proj, lambda out: self.take(f"{at}.mlp.hook_pre", out[0]))
        on_output(mlp.up_proj, lambda out: self.take(f"{at}.mlp.hook_pre_linear", out[0]))
        on_input(mlp.down_proj, lambda x: self.take(f"{at}.mlp.hook_post", x[0]))
        on_output(mlp, leave_mlp)
        on_output(layer, lambda out: self.take(f"{at}.hook_resid_post", out[0]))

    def _watch_norm(self, at: str, norm: nn.Module) -> RemovableHandle:
        """The divisor from what the norm is given; x / divisor is the norm run with weight 1."""
        bare = type(norm)(len(norm.weight), eps=norm.variance_epsilon).to(norm.weight.dtype)

        def see(module: nn.Module, args: tuple[torch.Tensor], out: torch.Tensor) -> None:
            x = args[0]
            mean_square = x.pow(2).mean(-1, keepdim=True)
            self.take(f"{at}.hook_scale", torch.sqrt(mean_square + module.variance_epsilon)[0])
            self.take(f"{at}.hook_norm_out", out[0])
            self.take(f"{at}.hook_normalized", type(module).forward(bare, x)[0])

        return norm.register_forward_hook(see)

    @contextmanager
    def _functions(self) -> Iterator[None]:
        """Stand in for the two functions inside attention that no module shows."""
        rotate, attend = modeling_llama.apply_rotary_pos_emb, modeling_llama.eager_attention_forward
        rotated: list[tuple[torch.Tensor, torch.Tensor]] = []

        def rotate_and_see(*args: Any, **kwargs: Any) -> Any:
            rotated.append(rotate(*args, **kwargs))
            return rotated[-1]

        def attend_and_see(
            module: Any, query: Any, key: Any, value: Any, mask: Any, **kwargs: Any
        ) -> Any:
            number = module.layer_idx
            at = f"blocks.{number}.attn"
            q, k = rotated.pop()
            self.take(f"{at}.hook_rot_q", q[0].transpose(0, 1))
            self.take(f"{at}.hook_rot_k", k[0].transpose(0, 1))
            softmax = nn.functional.softmax

            def softmax_and_see(scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
                if self.wants(f"{at}.hook_attn_scores"):
                    seen = scores.masked_fill(scores < MASKED_BELOW, float("-inf"))
                    self.take(f"{at}.hook_attn_scores", seen[0])
                pattern = softmax(scores, **kwargs)
                self.take(f"{at}.hook_pattern", pattern[0])
                return pattern

            mask = self._with_hidden_cells(mask, number, query.shape[1])
            with mock.patch.object(nn.functional, "softmax", softmax_and_see):
                return attend(module, query, key, value, mask, **kwargs)

        with (
            mock.patch.object(modeling_llama, "apply_rotary_pos_emb", rotate_and_see),
            mock.patch.object(modeling_llama, "eager_attention_forward", attend_and_see),
        ):
            yield

    def _added(self, x: torch.Tensor, layer: int) -> torch.Tensor:
        for (at, position), vector in self.meddling.added.items():
            if at == layer:
                x = x.clone()
                x[0, position] += self.owner.as_placed(torch.from_numpy(vector)).to(x.dtype)
        return x

    def _without_heads(self, z: torch.Tensor, layer: int, d_head: int) -> torch.Tensor:
        for at, head in self.meddling.zeroed_heads:
            if at == layer:
                z = z.clone()
                z[..., head * d_head : (head + 1) * d_head] = 0
        return z

    def _with_hidden_cells(self, mask: torch.Tensor, layer: int, n_heads: int) -> torch.Tensor:
        for at, head, query, key in self.meddling.hidden_cells:
            if at == layer:
                mask = mask.expand(-1, n_heads, -1, -1).clone()
                mask[0, head, query, key] = float("-inf")
        return mask


def norm_in_float64(self: Any, x: torch.Tensor) -> torch.Tensor:
    """LlamaRMSNorm.forward without its cast to float32."""
    variance = x.pow(2).mean(-1, keepdim=True)
    return self.weight * (x * torch.rsqrt(variance + self.variance_epsilon))


def rotary_in_float64(
    self: Any, x: torch.Tensor, position_ids: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """LlamaRotaryEmbedding.forward: its own float32 angles, their cosines and sines in float64."""
    angles = position_ids[..., None].float() * self.inv_freq.float()
    both = torch.cat((angles, angles), dim=-1).to(x.dtype)
    return both.cos() * self.attention_scaling, both.sin() * self.attention_scaling


_softmax = nn.functional.softmax


def softmax_in_float64(x: torch.Tensor, **kwargs: Any) -> torch.Tensor:
    """Softmax without the cast to float32 that the caller asks for."""
    return _softmax(x, **{**kwargs, "dtype": torch.float64})
