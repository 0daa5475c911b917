"""Seeded Llama checkpoints of two or three layers, written as real files by others' writers.

GGUF files are written by the `gguf` package, quantised by it, and carry llama.cpp's order of q and
k rows; hub folders are written by `safetensors`. Both say what their numbers are: `weights` gives
them back under transformers' names, dequantised by the same packages.
"""

# ruff: noqa: ANN401 - a test may want any value in a file

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import gguf
import ml_dtypes
import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from export.hub_llama import LLAMA_HF
from export.names import by_source_name
from tests.k_blocks import K_FLOATS, k_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

MERGES = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "w")]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
HUB_DTYPES: dict[str, Any] = {"F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}
IDS = [4, 100, 7, 259, 31, 31, 200, 8, 262, 0]


@dataclass(frozen=True)
class Tiny:
    """One tiny model. `kinds` are the tensor types of matrices and of the embedding.

    The vocabulary has 264 tokens, or 263: an odd number must not break what is stored by halves
    of a byte.
    """

    n_layers: int = 2
    n_key_value_heads: int = 2
    is_tied: bool = True
    kinds: tuple[str, str] = ("F32", "F32")
    is_gguf: bool = True
    d_vocab: int = 264
    n_heads: int = 4
    d_head: int = 16
    d_mlp: int = 96
    rotary_base: float = 10000.0
    seed: int = 1

    @property
    def d_model(self) -> int:
        """A head is as wide as its share of the stream."""
        return self.n_heads * self.d_head


VARIANTS = {
    "gguf f32, grouped, tied": Tiny(),
    "gguf f16, all heads, untied": Tiny(
        n_layers=3, n_key_value_heads=4, is_tied=False, kinds=("F16", "F16")
    ),
    "gguf q8_0, grouped, tied": Tiny(kinds=("Q8_0", "Q8_0"), n_key_value_heads=1),
    "gguf q4_1, grouped, tied to q8_0": Tiny(n_layers=3, kinds=("Q4_1", "Q8_0")),
    "gguf q4_1, tied to q4_1": Tiny(kinds=("Q4_1", "Q4_1"), rotary_base=100000.0),
    "gguf q4_1, untied, odd vocabulary": Tiny(
        is_tied=False, kinds=("Q4_1", "Q8_0"), d_vocab=263, n_key_value_heads=4
    ),
    "gguf q4_0, tied to q5_0": Tiny(kinds=("Q4_0", "Q5_0"), seed=2),
    "gguf q5_1, tied to q4_0": Tiny(kinds=("Q5_1", "Q4_0"), seed=3),
    "gguf q5_0, untied, bf16": Tiny(is_tied=False, kinds=("Q5_0", "BF16"), seed=4),
    "gguf q4_k, tied to q6_k": Tiny(kinds=("Q4_K", "Q6_K"), d_head=64, d_mlp=512, seed=5),
    "gguf q5_k, tied to q5_1": Tiny(kinds=("Q5_K", "Q5_1"), d_head=64, d_mlp=512, seed=6),
    "gguf q6_k, untied, q4_k": Tiny(
        is_tied=False, kinds=("Q6_K", "Q4_K"), d_head=64, d_mlp=512, seed=7
    ),
    "hub f32, grouped, tied": Tiny(is_gguf=False),
    "hub bf16, grouped, untied": Tiny(is_gguf=False, is_tied=False, kinds=("BF16", "BF16")),
    "hub f16, all heads, tied": Tiny(
        is_gguf=False, n_layers=3, n_key_value_heads=4, kinds=("F16", "F16"), d_vocab=263
    ),
}


@dataclass
class Written:
    """A checkpoint on the disk, and the numbers in it: transformers' name -> [out, in]."""

    path: Path
    tiny: Tiny
    weights: dict[str, Array] = field(default_factory=dict)


def write(tiny: Tiny, folder: Path, **changes: Any) -> Written:
    """Write a tiny checkpoint; `changes` go to `write_gguf` or `write_hub_folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if tiny.is_gguf:
        return write_gguf(tiny, folder / "tiny.gguf", **changes)
    return write_hub_folder(tiny, folder, **changes)


def random_weights(tiny: Tiny) -> dict[str, Array]:
    """Float32 numbers under transformers' names; norms are near 1, matrices keep a unit size."""
    random = np.random.Generator(np.random.PCG64(tiny.seed))
    weights = {}
    for name, dims in hub_dims(tiny).items():
        if len(dims) == 1:
            weights[name] = random.uniform(0.5, 1.5, dims).astype(np.float32)
        else:
            spread = 1.0 if "embed" in name else 2 / np.sqrt(dims[1])
            weights[name] = (random.standard_normal(dims) * spread).astype(np.float32)
    return weights


def hub_dims(tiny: Tiny) -> dict[str, tuple[int, ...]]:
    """Name and dims, [out, in], of every tensor of a hub checkpoint."""
    kv_width = tiny.n_key_value_heads * tiny.d_head
    dims: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (tiny.d_vocab, tiny.d_model)}
    for layer in range(tiny.n_layers):
        at = f"model.layers.{layer}"
        dims |= {
            f"{at}.input_layernorm.weight": (tiny.d_model,),
            f"{at}.self_attn.q_proj.weight": (tiny.d_model, tiny.d_model),
            f"{at}.self_attn.k_proj.weight": (kv_width, tiny.d_model),
            f"{at}.self_attn.v_proj.weight": (kv_width, tiny.d_model),
            f"{at}.self_attn.o_proj.weight": (tiny.d_model, tiny.d_model),
            f"{at}.post_attention_layernorm.weight": (tiny.d_model,),
            f"{at}.mlp.gate_proj.weight": (tiny.d_mlp, tiny.d_model),
            f"{at}.mlp.up_proj.weight": (tiny.d_mlp, tiny.d_model),
            f"{at}.mlp.down_proj.weight": (tiny.d_model, tiny.d_mlp),
        }
    dims["model.norm.weight"] = (tiny.d_model,)
    if not tiny.is_tied:
        dims["lm_head.weight"] = (tiny.d_vocab, tiny.d_model)
    return dims


@cache
def _gguf_names() -> gguf.TensorNameMap:
    return gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 3)


def gguf_name(name: str) -> str:
    """llama.cpp's name of a tensor, from the gguf package's own table."""
    found = _gguf_names().get_name(name, try_suffixes=(".weight",))
    assert found is not None, name
    return found


def permuted(rows: Array, n_heads: int) -> Array:
    """llama.cpp's order of q and k rows: LlamaModel.permute of its convert_hf_to_gguf.py."""
    halves = rows.reshape(n_heads, 2, rows.shape[0] // n_heads // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def vocabulary(tiny: Tiny) -> list[str]:
    """Every byte as a letter, the merges, special tokens last."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*letters, *("".join(pair) for pair in MERGES), *SPECIAL]
    return tokens[len(tokens) - tiny.d_vocab :]


def write_gguf(
    tiny: Tiny,
    path: Path,
    *,
    fields: dict[str, Any] | None = None,
    tensors: dict[str, Any] | None = None,
) -> Written:
    """Write a GGUF.

    Args:
        fields: Metadata to change or add (int, float, str); None leaves one out.
        tensors: By llama.cpp's name: an array instead of the usual one, None to leave one out,
            (bytes, type) for one that is already quantised.
    """
    writer = GGUFWriter(path, "llama")
    changed = fields or {}
    if "general.architecture" in changed:
        writer.kv_data[0]["general.architecture"].value = changed["general.architecture"]
    for name, value in ({**_metadata(tiny), **changed}).items():
        if value is not None and name != "general.architecture":
            _add_field(writer, name, value)
    tokens = vocabulary(tiny)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in MERGES])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_chat_template(TEMPLATE)

    written = Written(path, tiny)
    replaced = dict(tensors or {})
    for name, values in random_weights(tiny).items():
        theirs = gguf_name(name)
        data, kind = _quantized(tiny, name, values)
        written.weights[name] = gguf.dequantize(data, kind).astype(np.float32)
        if "q_proj" in name:
            data = permuted(data, tiny.n_heads)
        if "k_proj" in name:
            data = permuted(data, tiny.n_key_value_heads)
        _add_tensor(writer, theirs, replaced.pop(theirs, (data, kind)))
    for theirs, value in replaced.items():
        _add_tensor(writer, theirs, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return written


def _metadata(tiny: Tiny) -> dict[str, Any]:
    return {
        "llama.context_length": 128,
        "llama.embedding_length": tiny.d_model,
        "llama.block_count": tiny.n_layers,
        "llama.feed_forward_length": tiny.d_mlp,
        "llama.attention.head_count": tiny.n_heads,
        "llama.attention.head_count_kv": tiny.n_key_value_heads,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.freq_base": tiny.rotary_base,
        "llama.rope.dimension_count": tiny.d_head,
        "llama.vocab_size": tiny.d_vocab,
        "general.name": "tiny",
        "general.license": "apache-2.0",
    }


def _add_field(writer: GGUFWriter, name: str, value: Any) -> None:
    adders = {int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}
    adders[type(value)](name, value)


def _quantized(tiny: Tiny, name: str, values: Array) -> tuple[Array, GGMLQuantizationType]:
    """A tensor as stored; norms stay float32, as in every real file."""
    kind = tiny.kinds[1] if "embed" in name else tiny.kinds[0]
    stored = GGMLQuantizationType[kind if values.ndim > 1 else "F32"]
    made = k_blocks(kind, values) if values.ndim > 1 and kind in K_FLOATS else None
    return gguf.quantize(values, stored) if made is None else made, stored


def _add_tensor(writer: GGUFWriter, name: str, value: Any) -> None:
    if value is None:
        return
    data, kind = value if isinstance(value, tuple) else (value, None)
    is_float = kind in (None, GGMLQuantizationType.F32, GGMLQuantizationType.F16)
    writer.add_tensor(name, data, raw_dtype=None if is_float else kind)


def write_hub_folder(
    tiny: Tiny,
    folder: Path,
    *,
    settings: dict[str, Any] | None = None,
    tensors: dict[str, Array | None] | None = None,
) -> Written:
    """Write a folder in the hub's layout: config.json, model.safetensors, tokenizer.json.

    Args:
        settings: Changes to config.json; None leaves one out.
        tensors: By transformers' name: an array instead of the usual one, None to leave one out.
    """
    stored = {
        name: values.astype(HUB_DTYPES[tiny.kinds[1 if "embed" in name else 0]])
        for name, values in random_weights(tiny).items()
    }
    everything = {**stored, **(tensors or {})}
    kept = {name: np.ascontiguousarray(x) for name, x in everything.items() if x is not None}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    config = {**_settings(tiny), **(settings or {})}
    _write_json(folder / "config.json", {k: v for k, v in config.items() if v is not None})
    _write_json(folder / "tokenizer.json", tokenizer_dict(tiny))
    _write_json(folder / "tokenizer_config.json", {"chat_template": TEMPLATE})
    weights = {name: values.astype(np.float32) for name, values in stored.items()}
    return Written(folder, tiny, weights)


def _settings(tiny: Tiny) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "eos_token_id": vocabulary(tiny).index("<|im_end|>"),
        "head_dim": tiny.d_head,
        "hidden_act": "silu",
        "hidden_size": tiny.d_model,
        "intermediate_size": tiny.d_mlp,
        "max_position_embeddings": 128,
        "mlp_bias": False,
        "num_attention_heads": tiny.n_heads,
        "num_hidden_layers": tiny.n_layers,
        "num_key_value_heads": tiny.n_key_value_heads,
        "rms_norm_eps": 1e-5,
        "rope_scaling": None,
        "rope_theta": tiny.rotary_base,
        "tie_word_embeddings": tiny.is_tied,
        "vocab_size": tiny.d_vocab,
    }


def tokenizer_dict(tiny: Tiny) -> dict[str, Any]:
    """A byte-level tokenizer.json, written by the `tokenizers` package."""
    vocab = {token: number for number, token in enumerate(vocabulary(tiny))}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=MERGES))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    made: dict[str, Any] = json.loads(tokenizer.to_str())
    return made


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data), encoding="utf-8")


def expected_weights(written: Written, config: ModelConfig) -> dict[str, Array]:
    """The checkpoint's numbers under our names, as in `x @ W`."""
    names = by_source_name(LLAMA_HF, config)
    ours = {name: names[name.removeprefix("model.")] for name in written.weights}
    return {
        ours[name]: values if values.ndim == 1 or "embed" in name else values.T
        for name, values in written.weights.items()
    }
