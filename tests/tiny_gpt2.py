"""Seeded GPT-2 checkpoints as real hub folders, quirks and all, up to the true shapes.

`weights` gives what is in the file back under the file's own names; `expected_weights` gives it
under ours.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file

from tests.tiny import HUB_DTYPES, tokenizer_dict
from tests.tiny import Tiny as TinyLlama

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seethrough.core.cache import Array


@dataclass(frozen=True)
class TinyGpt2:
    """One GPT-2 model; `prefix` and `has_masks` are how the hub's files differ among themselves."""

    n_layers: int = 2
    n_heads: int = 4
    d_head: int = 16
    d_vocab: int = 264
    n_ctx: int = 64
    kind: str = "F32"
    prefix: str = "transformer."
    has_masks: bool = True
    is_tied: bool = True
    d_mlp: int | None = None
    seed: int = 1

    @property
    def d_model(self) -> int:
        """The heads share the stream's width."""
        return self.n_heads * self.d_head


VARIANTS = {
    "as distilgpt2's file: prefix, masks": TinyGpt2(),
    "as gpt2's file: masks, no prefix": TinyGpt2(prefix="", n_layers=3, seed=2),
    "no masks, f16": TinyGpt2(has_masks=False, kind="F16", seed=3),
    "bf16, odd vocabulary": TinyGpt2(kind="BF16", d_vocab=263, seed=4),
    "a head of its own, narrow MLP": TinyGpt2(is_tied=False, d_mlp=96, seed=5),
}
# The standard deviation of whole numbers that are equally often each of −127…127.
GRID_SPREAD = 73.6
DISTILGPT2 = TinyGpt2(n_layers=6, n_heads=12, d_head=64, d_vocab=50257, n_ctx=1024)
GPT2_SMALL = TinyGpt2(n_layers=12, n_heads=12, d_head=64, d_vocab=50257, n_ctx=1024, prefix="")


@dataclass
class Written:
    """A checkpoint on the disk, and the numbers in it under transformers' names."""

    path: Path
    tiny: TinyGpt2
    weights: dict[str, Array] = field(default_factory=dict)


def dims_of(tiny: TinyGpt2) -> dict[str, tuple[int, ...]]:
    """Name and dims of every weight as the hub has it; Conv1D's are [in, out]."""
    width, hidden = tiny.d_model, tiny.d_mlp or 4 * tiny.d_model
    dims: dict[str, tuple[int, ...]] = {
        "wte.weight": (tiny.d_vocab, width),
        "wpe.weight": (tiny.n_ctx, width),
    }
    for layer in range(tiny.n_layers):
        for name, shape in {
            "ln_1": (width,),
            "attn.c_attn": (width, 3 * width),
            "attn.c_proj": (width, width),
            "ln_2": (width,),
            "mlp.c_fc": (width, hidden),
            "mlp.c_proj": (hidden, width),
        }.items():
            dims[f"h.{layer}.{name}.weight"] = shape
            dims[f"h.{layer}.{name}.bias"] = shape[-1:]
    dims |= {"ln_f.weight": (width,), "ln_f.bias": (width,)}
    return dims if tiny.is_tied else {**dims, "lm_head.weight": (tiny.d_vocab, width)}


def random_weights(tiny: TinyGpt2) -> dict[str, Array]:
    """Float32 numbers; norms near 1, biases small, matrices that keep a unit size."""
    random = np.random.Generator(np.random.PCG64(tiny.seed))
    weights = {}
    for name, dims in dims_of(tiny).items():
        if name.endswith("bias"):
            made = random.standard_normal(dims) * 0.1
        elif len(dims) == 1:
            made = random.uniform(0.5, 1.5, dims)
        else:
            spread = {"wte": 1.0, "wpe": 0.3}.get(name.partition(".")[0], 2 / np.sqrt(dims[0]))
            made = random.standard_normal(dims) * spread
        weights[name] = made.astype(np.float32)
    return weights


def grid_weights(tiny: TinyGpt2) -> dict[str, Array]:
    """Float32 numbers that the export stores exactly: whole multiples of a float16 in each matrix.

    In each block of 32, along either axis, one number is 127 steps, so that the first scale tried
    loses nothing. Made of whole numbers alone, they are the same wherever the generator is.
    """
    random = np.random.Generator(np.random.PCG64(tiny.seed))
    weights = {}
    for name, dims in dims_of(tiny).items():
        if len(dims) == 1:
            made = random.integers(-128, 129, dims) / 1024 + (not name.endswith("bias"))
        elif name == "wpe.weight":
            made = random.integers(-512, 513, dims) / 1024
        else:
            spread = 3 / np.sqrt(dims[1]) if name == "wte.weight" else 2 / np.sqrt(dims[0])
            whole = random.integers(-127, 128, dims, np.int8)
            is_largest = np.add.outer(np.arange(dims[0]), np.arange(dims[1])) % 32 == 0
            whole[is_largest] = np.where(whole[is_largest] < 0, -127, 127)
            made = whole * np.float32(np.float16(spread / GRID_SPREAD))
        weights[name] = made.astype(np.float32)
    return weights


def digest_of(weights: Mapping[str, Array]) -> str:
    """A name for exactly these numbers: SHA-256 over names and bytes."""
    told = hashlib.sha256()
    for name in sorted(weights):
        told.update(name.encode())
        told.update(weights[name].astype("<f4").tobytes())
    return told.hexdigest()


def write_folder(
    tiny: TinyGpt2,
    folder: Path,
    *,
    settings: dict[str, Any] | None = None,
    tensors: dict[str, Array | None] | None = None,
) -> Written:
    """Write config.json, model.safetensors and tokenizer.json as the hub has them.

    Args:
        settings: Changes to config.json; None leaves one out.
        tensors: By the file's name without its prefix: an array instead, None to leave one out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored = {name: x.astype(HUB_DTYPES[tiny.kind]) for name, x in random_weights(tiny).items()}
    everything = {**stored, **masks(tiny), **(tensors or {})}
    file = {
        name if name.startswith("lm_head") else f"{tiny.prefix}{name}": np.ascontiguousarray(x)
        for name, x in everything.items()
        if x is not None
    }
    save_file(file, folder / "model.safetensors", metadata={"format": "pt"})
    config = {**_settings(tiny), **(settings or {})}
    kept = {name: value for name, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept), "utf-8")
    tokenizer = tokenizer_dict(TinyLlama(d_vocab=min(tiny.d_vocab, 264)))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    weights = {name: values.astype(np.float32) for name, values in stored.items()}
    return Written(folder, tiny, weights)


def masks(tiny: TinyGpt2) -> dict[str, Array]:
    """The causal masks that older files hold as if they were weights."""
    if not tiny.has_masks:
        return {}
    triangle = np.tril(np.ones((tiny.n_ctx, tiny.n_ctx), np.float32))[None, None]
    low = np.array(-1e4, np.float32)
    layers = range(tiny.n_layers)
    return {f"h.{layer}.attn.bias": triangle for layer in layers} | {
        f"h.{layer}.attn.masked_bias": low for layer in layers
    }


def _settings(tiny: TinyGpt2) -> dict[str, Any]:
    return {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "bos_token_id": 0,
        "eos_token_id": 0,
        "layer_norm_epsilon": 1e-5,
        "model_type": "gpt2",
        "n_ctx": tiny.n_ctx,
        "n_embd": tiny.d_model,
        "n_head": tiny.n_heads,
        "n_inner": tiny.d_mlp,
        "n_layer": tiny.n_layers,
        "n_positions": tiny.n_ctx,
        "tie_word_embeddings": tiny.is_tied,
        "vocab_size": tiny.d_vocab,
    }


def expected_weights(written: Written) -> dict[str, Array]:
    """The file's numbers under our names, as in `x @ W`; spelled out, not read from our tables."""
    file = written.weights
    ours = {"W_E": file["wte.weight"], "W_pos": file["wpe.weight"]}
    for layer in range(written.tiny.n_layers):
        theirs, at = f"h.{layer}", f"blocks.{layer}"
        for norm, name in (("ln_1", "ln1"), ("ln_2", "ln2")):
            ours[f"{at}.{name}.w"] = file[f"{theirs}.{norm}.weight"]
            ours[f"{at}.{name}.b"] = file[f"{theirs}.{norm}.bias"]
        for kind, letter in (("weight", "W"), ("bias", "b")):
            width = written.tiny.d_model
            whole = file[f"{theirs}.attn.c_attn.{kind}"]
            for place, part in enumerate("QKV"):
                cut = whole[..., place * width : (place + 1) * width]
                ours[f"{at}.attn.{letter}_{part}"] = cut
            ours[f"{at}.attn.{letter}_O"] = file[f"{theirs}.attn.c_proj.{kind}"]
            ours[f"{at}.mlp.{letter}_in"] = file[f"{theirs}.mlp.c_fc.{kind}"]
            ours[f"{at}.mlp.{letter}_out"] = file[f"{theirs}.mlp.c_proj.{kind}"]
    ours |= {"ln_final.w": file["ln_f.weight"], "ln_final.b": file["ln_f.bias"]}
    if not written.tiny.is_tied:
        ours["W_U"] = file["lm_head.weight"].T
    return ours
