"""Small checkpoints as transformers saves them and as hands write them, each with what is right.

`CASES` is a table: a name, how the checkpoint is written, and the key of the sentence with which it
is refused; an empty key: it is taken. Weights are seeded; every vocabulary is tests/tiny.py's.
"""

# ruff: noqa: ANN401 - torch is imported when a case is written, and not before

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file, save_file

from export.stages.model_paths import place_at
from tests import tiny
from tests.gguf_of_folder import gguf_of
from tests.tiny import VARIANTS, random_weights, tokenizer_dict, write_gguf, write_hub_folder
from tests.tiny_gpt2 import TinyGpt2, write_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 7
VOCABULARY = 264
GPT2 = {"n_embd": 64, "n_head": 4, "n_layer": 2, "n_positions": 64}
LLAMA = {
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
    "intermediate_size": 96,
    "max_position_embeddings": 128,
}
WIDE = {
    "hidden_size": 512,
    "num_attention_heads": 8,
    "num_hidden_layers": 7,
    "intermediate_size": 1408,
    "max_position_embeddings": 128,
}
TIED = VARIANTS["hub f32, grouped, tied"]
UNTIED = replace(TIED, is_tied=False)
HEAD, ROWS = "lm_head.weight", "model.embed_tokens.weight"
GEMMA3 = {
    **LLAMA,
    "num_hidden_layers": 6,
    "num_key_value_heads": 1,
    "head_dim": 256,  # a GGUF says nothing of what scores are scaled by: transformers takes 256
    "sliding_window": 4,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
LINEAR_ROPE = {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e4}
YARN_ROPE = {**LINEAR_ROPE, "rope_type": "yarn", "original_max_position_embeddings": 64}
DEFAULT_ROPE = {"rope_type": "default", "rope_theta": 500000.0}


@dataclass(frozen=True)
class Case:
    """One checkpoint: `write` makes it in a folder and returns the path that is passed."""

    name: str
    write: Callable[[Path], Path]
    refused: str = ""


def saved(
    kind: str, dtype: str = "float32", shard: str = "5GB", **settings: Any
) -> Callable[[Path], Path]:
    """A seeded model of a class of transformers, written by its own save_pretrained."""

    def write(folder: Path) -> Path:
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415

        made = getattr(transformers, kind)
        config = made.config_class(
            vocab_size=VOCABULARY, bos_token_id=0, eos_token_id=0, pad_token_id=None, **settings
        )
        model = made(config)
        # Larger numbers than transformers' own, so that probabilities are not all alike. Norms are
        # near 1; Gemma's are held without it.
        source = torch.Generator().manual_seed(SEED)
        usual = 0.0 if "Gemma" in kind else 1.0
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                noise = torch.randn(parameter.shape, generator=source)
                spread = 2 / parameter.shape[-1] ** 0.5 if parameter.dim() > 1 else 0.1
                if "attn.attention.q_proj" in name:  # scores that nothing scales
                    spread /= 4
                is_norm = "norm" in name or "ln_" in name
                parameter.copy_(noise * spread + usual * is_norm)
        model.tie_weights()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.to(getattr(torch, dtype)).save_pretrained(folder, max_shard_size=shard)
        return with_tokenizer(folder)

    return write


def with_tokenizer(folder: Path) -> Path:
    """The folder with the small vocabulary's tokenizer.json in it."""
    text = json.dumps(tokenizer_dict(tiny.Tiny()))
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    return folder


def llama(source: tiny.Tiny = TIED, **settings: Any) -> Callable[[Path], Path]:
    """A Llama's folder by hand, with changes to its config.json; None leaves a setting out."""
    return lambda folder: write_hub_folder(source, made(folder), settings=settings).path


def llama_tensors(source: tiny.Tiny, changes: dict[str, Any]) -> Callable[[Path], Path]:
    """A Llama's folder by hand, with other tensors."""
    return lambda folder: write_hub_folder(source, made(folder), tensors=changes).path


def gpt2(source: TinyGpt2 | None = None, **settings: Any) -> Callable[[Path], Path]:
    """A GPT-2's folder by hand, with changes to its config.json."""
    return lambda folder: write_folder(source or TinyGpt2(), folder, settings=settings).path


def made(folder: Path) -> Path:
    """The folder, which is there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def without_prefix(folder: Path) -> Path:
    """An untied Llama whose tensors have no `model.` before them."""
    write_hub_folder(UNTIED, made(folder))
    file = folder / "model.safetensors"
    stored = {name.removeprefix("model."): values for name, values in load_file(file).items()}
    save_file(stored, file, metadata={"format": "pt"})
    return folder


def padded(folder: Path) -> Path:
    """An embedding of 320 rows under a tokeniser of 264 tokens, as many models are padded."""
    rows = np.random.default_rng(SEED).standard_normal((320, 64)).astype(np.float32)
    write_hub_folder(TIED, made(folder), tensors={ROWS: rows}, settings={"vocab_size": 320})
    return folder


def too_many_tokens(folder: Path) -> Path:
    """A tokeniser of 264 tokens over an embedding of 200 rows."""
    rows = random_weights(TIED)[ROWS][:200]
    write_hub_folder(TIED, made(folder), tensors={ROWS: rows}, settings={"vocab_size": 200})
    return folder


def another_head(folder: Path) -> Path:
    """Tied by its settings, with a head of other numbers stored beside the embedding."""
    head = np.random.default_rng(SEED).standard_normal((VOCABULARY, 64)).astype(np.float32)
    return llama_tensors(TIED, {HEAD: head})(folder)


def head_alone(folder: Path) -> Path:
    """Tied by its settings, with the head stored and the embedding not."""
    rows = random_weights(TIED)[ROWS]
    return llama_tensors(TIED, {ROWS: None, HEAD: rows})(folder)


def old_files(folder: Path) -> Path:
    """GPT-2's old tokeniser files, with an empty line at the end of the merges."""
    write_folder(TinyGpt2(), folder)
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]), encoding="utf-8")
    merges = "".join(f"{' '.join(pair)}\n" for pair in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    return folder


def in_cache(folder: Path) -> Path:
    """The hub's cache: a snapshot whose files are links into a folder of blobs."""
    top = folder / "models--maker--tiny"
    snapshot = made(top / "snapshots" / "0123456789abcdef0123456789abcdef01234567")
    gpt2()(folder / "blobs")
    for file in (folder / "blobs").iterdir():
        (snapshot / file.name).symlink_to(file)
    return place_at(top).path


def adapter(folder: Path) -> Path:
    """A LoRA's folder as peft saves it."""
    told = {"peft_type": "LORA", "base_model_name_or_path": "maker/base"}
    (made(folder) / "adapter_config.json").write_text(json.dumps(told))
    save_file({"lora_A": np.ones(3, np.float32)}, folder / "adapter_model.safetensors")
    return folder


def trainer_output(folder: Path) -> Path:
    """A trainer's folder, whose checkpoints lie in folders of their own."""
    gpt2()(made(folder / "checkpoint-500"))
    return folder


def gguf(**fields: Any) -> Callable[[Path], Path]:
    """A GGUF in 8-bit blocks, with changes to its metadata."""
    source = VARIANTS["gguf q8_0, grouped, tied"]
    return lambda folder: write_gguf(source, made(folder) / "tiny.gguf", fields=fields).path


def as_gguf(kind: str, stored: str, **settings: Any) -> Callable[[Path], Path]:
    """A GGUF of what a class of transformers saved, its matrices in a type of blocks."""

    def write(folder: Path) -> Path:
        from_folder = saved(kind, **settings)(folder / "hub")
        return gguf_of(from_folder, folder / "tiny.gguf", stored)

    return write


UNTIED_GEMMA3 = {**GEMMA3, "tie_word_embeddings": False}
WINDOWED = {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}
NEOX = {
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 96,
    "max_position_embeddings": 64,
}
NEO = {
    "hidden_size": 64,
    "num_heads": 4,
    "num_layers": 2,
    "attention_types": [[["global", "local"], 1]],
    "window_size": 4,
    "max_position_embeddings": 64,
}
ALL_TURNED = {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 1.0}
HUB_NAMES = {
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "max_position_embeddings": 64,
}
NO_NAMES = dict.fromkeys(("n_embd", "n_head", "n_layer", "n_positions", "n_ctx"))
CASES = [
    Case("GPT2LMHeadModel", saved("GPT2LMHeadModel", **GPT2)),
    Case("GPT2LMHeadModel, float16", saved("GPT2LMHeadModel", "float16", **GPT2)),
    Case("GPT2LMHeadModel, bfloat16", saved("GPT2LMHeadModel", "bfloat16", **GPT2)),
    Case("GPT2Model", saved("GPT2Model", **GPT2)),
    Case(
        "GPT-2, gelu_pytorch_tanh",
        saved("GPT2LMHeadModel", activation_function="gelu_pytorch_tanh", **GPT2),
    ),
    Case("GPT-2, n_inner 96", saved("GPT2LMHeadModel", n_inner=96, **GPT2)),
    Case("GPT-2, a head of its own", saved("GPT2LMHeadModel", tie_word_embeddings=False, **GPT2)),
    Case("GPT-2, epsilon 1e-3", saved("GPT2LMHeadModel", layer_norm_epsilon=1e-3, **GPT2)),
    Case("LlamaForCausalLM", saved("LlamaForCausalLM", **LLAMA)),
    Case("Llama, tied", saved("LlamaForCausalLM", tie_word_embeddings=True, **LLAMA)),
    Case("LlamaModel, tied", saved("LlamaModel", tie_word_embeddings=True, **LLAMA)),
    Case("LlamaModel, untied", saved("LlamaModel", **LLAMA), "source.no_head"),
    Case("Llama, bfloat16, in 3 files", saved("LlamaForCausalLM", "bfloat16", "60KB", **LLAMA)),
    Case("Llama, heads 32 wide", saved("LlamaForCausalLM", head_dim=32, **LLAMA)),
    Case(
        "Llama, rotary base 500,000",
        saved("LlamaForCausalLM", rope_parameters=DEFAULT_ROPE, **LLAMA),
    ),
    Case("Llama, scaled by 4", saved("LlamaForCausalLM", rope_parameters=LINEAR_ROPE, **LLAMA)),
    Case(
        "Llama, Llama 3's scaling",
        saved("LlamaForCausalLM", rope_parameters=LLAMA3_ROPE, **LLAMA),
    ),
    Case(
        "Llama, scaled by yarn",
        saved("LlamaForCausalLM", rope_parameters=YARN_ROPE, **LLAMA),
        "source.rope_scaling",
    ),
    Case("Gemma3ForCausalLM", saved("Gemma3ForCausalLM", **GEMMA3)),
    Case("Gemma 3, bfloat16", saved("Gemma3ForCausalLM", "bfloat16", **GEMMA3)),
    Case("Gemma 3, a head of its own", saved("Gemma3ForCausalLM", **UNTIED_GEMMA3)),
    Case(
        "Gemma 3, capped logits",
        saved("Gemma3ForCausalLM", final_logit_softcapping=30.0, **GEMMA3),
        "source.setting",
    ),
    Case(
        "Gemma 3, scores scaled otherwise",
        saved("Gemma3ForCausalLM", query_pre_attn_scalar=168, **GEMMA3),
        "source.setting",
    ),
    Case(
        "Gemma 3, sees both ways",
        saved("Gemma3ForCausalLM", use_bidirectional_attention=True, **GEMMA3),
        "source.setting",
    ),
    Case("Qwen2ForCausalLM", saved("Qwen2ForCausalLM", **LLAMA)),
    Case("Qwen 2, tied", saved("Qwen2ForCausalLM", tie_word_embeddings=True, **LLAMA)),
    Case("Qwen 2, windows from layer 1", saved("Qwen2ForCausalLM", **WINDOWED, **LLAMA)),
    Case("Qwen3ForCausalLM", saved("Qwen3ForCausalLM", **LLAMA)),
    Case(
        "Qwen 3, biases",
        saved("Qwen3ForCausalLM", attention_bias=True, **LLAMA),
        "source.bias",
    ),
    Case("SmolLM3ForCausalLM", saved("SmolLM3ForCausalLM", **{**LLAMA, "num_hidden_layers": 4})),
    Case("GPTNeoXForCausalLM", saved("GPTNeoXForCausalLM", **NEOX)),
    Case("GPT-NeoX, bfloat16, in 3 files", saved("GPTNeoXForCausalLM", "bfloat16", "60KB", **NEOX)),
    Case(
        "GPT-NeoX, all of each head turned",
        saved("GPTNeoXForCausalLM", rope_parameters=ALL_TURNED, **NEOX),
    ),
    Case(
        "GPT-NeoX, one half after the other",
        saved("GPTNeoXForCausalLM", use_parallel_residual=False, **NEOX),
        "source.setting",
    ),
    Case("GPTNeoForCausalLM", saved("GPTNeoForCausalLM", **NEO)),
    Case("GPTNeoModel", saved("GPTNeoModel", **NEO)),
    Case(
        "GPT-Neo, exact GELU",
        saved("GPTNeoForCausalLM", activation_function="gelu", **NEO),
        "source.activation",
    ),
    Case("Llama, biases", saved("LlamaForCausalLM", attention_bias=True, **LLAMA), "source.bias"),
    Case("Mistral, no window", saved("MistralForCausalLM", sliding_window=None, **LLAMA)),
    Case("Mistral, window of 4", saved("MistralForCausalLM", sliding_window=4, **LLAMA)),
    Case("Mistral, usual window", saved("MistralForCausalLM", **LLAMA)),
    Case(
        "MistralModel, tied",
        saved("MistralModel", tie_word_embeddings=True, sliding_window=None, **LLAMA),
    ),
    Case(
        "GPT-2, exact GELU",
        saved("GPT2LMHeadModel", activation_function="gelu", **GPT2),
        "source.activation",
    ),
    Case(
        "GPT-2, scaled by layer",
        saved("GPT2LMHeadModel", scale_attn_by_inverse_layer_idx=True, **GPT2),
        "source.setting",
    ),
    Case(
        "OPTForCausalLM",
        saved(
            "OPTForCausalLM",
            hidden_size=64,
            num_hidden_layers=1,
            num_attention_heads=4,
            ffn_dim=64,
            max_position_embeddings=64,
            word_embed_proj_dim=64,
        ),
        "source.architecture",
    ),
    Case("Llama of 22 M, to blocks", saved("LlamaForCausalLM", **WIDE)),
    Case(
        "Mistral, layer_types",
        saved("MistralForCausalLM", layer_types=["full_attention"] * 2, **LLAMA),
        "source.architecture",
    ),
    Case("no architectures", gpt2(architectures=None)),
    Case("no model_type", llama(model_type=None)),
    Case("neither", llama(model_type=None, architectures=None), "source.architecture"),
    Case("GPT-2 without prefix", gpt2(TinyGpt2(prefix=""), architectures=["GPT2Model"])),
    Case("Llama without prefix", without_prefix),
    Case("the hub's names of sizes", gpt2(**NO_NAMES, **HUB_NAMES)),
    Case("two counts of heads", gpt2(num_attention_heads=2), "source.two_values"),
    Case("usual values left out", gpt2(layer_norm_epsilon=None, activation_function=None)),
    Case("rms_norm_eps left out", llama(rms_norm_eps=None, hidden_act=None)),
    Case("rotary base twice", llama(rope_parameters=DEFAULT_ROPE)),
    Case("scaled by its type alone", llama(rope_scaling={"type": "linear", "factor": 1.0})),
    Case("tied, another head stored", another_head),
    Case("tied, the head alone", head_alone),
    Case("no head, not tied", llama(tie_word_embeddings=False), "source.no_head"),
    Case("padded vocabulary", padded),
    Case("more tokens than rows", too_many_tokens, "source.tokens_beyond"),
    Case("vocab_size of another", llama(vocab_size=300), "source.dims"),
    Case("fewer layers than stored", llama(num_hidden_layers=1), "source.unused_tensor"),
    Case("old files, empty line", old_files),
    Case("a folder of the hub's cache", in_cache),
    Case("an adapter", adapter, "source.adapter"),
    Case("a trainer's folder", trainer_output, "source.inside"),
    Case("GGUF in 8-bit blocks", gguf()),
    Case(
        "GGUF, scaled by yarn",
        gguf(**{"llama.rope.scaling.type": "yarn"}),
        "source.rope_scaling",
    ),
    Case("GGUF of Gemma 3, 8-bit blocks", as_gguf("Gemma3ForCausalLM", "Q8_0", **GEMMA3)),
    Case("GGUF of Qwen 2, 4-bit blocks", as_gguf("Qwen2ForCausalLM", "Q4_0", **LLAMA)),
    Case("GGUF of Qwen 3", as_gguf("Qwen3ForCausalLM", "F16", head_dim=128, **LLAMA)),
    # transformers reads no context from a GPT-2's GGUF and takes 1024.
    Case("GGUF of GPT-2", as_gguf("GPT2LMHeadModel", "Q8_0", **{**GPT2, "n_positions": 1024})),
]
