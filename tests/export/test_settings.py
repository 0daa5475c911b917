"""Checkpoints that transformers loads, and settings that stand in two places: taken, or refused.

tests/reference/test_checkpoints.py holds the same to transformers' own numbers.
"""

# ruff: noqa: ANN401 - a test may want any value in a file

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import seethrough
from export.sources import read_checkpoint
from seethrough.core.errors import SourceError
from tests.tiny import VARIANTS, random_weights, write_gguf, write_hub_folder
from tests.tiny_gpt2 import TinyGpt2, write_folder

if TYPE_CHECKING:
    from export.checkpoint import Checkpoint

TIED = VARIANTS["hub f32, grouped, tied"]
UNTIED = replace(TIED, is_tied=False)
GGUF = VARIANTS["gguf q8_0, grouped, tied"]
ROWS = "model.embed_tokens.weight"
HEAD = "lm_head.weight"
# What a sentence of the export tells its reader to do, by its first word.
WHAT_TO_DO = re.compile(
    r"(^|[.:;] (If [^,]*, )?)(Use|Fetch|Pass|Check|Put|Set|Leave|Merge|Give|fetch)\b[^.]*"
    r"(\.(bin|pt|json|gguf|safetensors)[^.]*)*\.$"
)


def llama(folder: Path, **settings: Any) -> Checkpoint:
    """The small tied Llama, read with these changes to its config.json."""
    folder.mkdir(exist_ok=True)
    return read_checkpoint(write_hub_folder(TIED, folder, settings=settings).path, {})


def gpt2(folder: Path, tiny: TinyGpt2 | None = None, **settings: Any) -> Checkpoint:
    """The small GPT-2, read with these changes to its config.json."""
    return read_checkpoint(write_folder(tiny or TinyGpt2(), folder, settings=settings).path, {})


def said(folder: Path, key: str) -> str:
    """The sentence that a folder is refused with."""
    with pytest.raises(SourceError) as caught:
        read_checkpoint(folder, {})
    assert caught.value.key == key, caught.value
    return str(caught.value)


def renamed(folder: Path, *, prefix: str) -> None:
    """Write the checkpoint's tensors again under names with another prefix."""
    weights = {
        name if name == HEAD else prefix + name.removeprefix("model."): values
        for name, values in random_weights(UNTIED).items()
    }
    without = dict.fromkeys(random_weights(UNTIED))
    write_hub_folder(UNTIED, folder, tensors={**without, **weights})


@pytest.mark.parametrize("settings", [{"architectures": None}, {"model_type": None}])
def test_one_name_of_the_family_is_enough(settings: dict[str, Any], tmp_path: Path) -> None:
    """A config.json that has its type alone, or its class alone, is read as that family."""
    assert llama(tmp_path / "a", **settings).config.family == "llama"
    assert gpt2(tmp_path / "b", **settings).config.family == "gpt2"


def test_the_type_decides(tmp_path: Path) -> None:
    """Class and type of two families: the type is taken, as transformers does."""
    made = llama(tmp_path, model_type="mistral", sliding_window=7)

    assert made.config.layer(0).window == 7


@pytest.mark.parametrize("name", ["GPT2Model", "GPT2LMHeadModel"])
def test_a_base_gpt2_is_taken(name: str, tmp_path: Path) -> None:
    """The base class saves the same weights without a prefix; the head is the embedding."""
    made = gpt2(tmp_path, TinyGpt2(prefix="", has_masks=False), architectures=[name])

    assert made.config.tie_word_embeddings


@pytest.mark.parametrize("prefix", ["", "model."])
def test_a_llama_s_prefix_is_optional(prefix: str, tmp_path: Path) -> None:
    """A Llama's tensors may lack `model.`, as its base class saves them."""
    renamed(tmp_path, prefix=prefix)

    made = read_checkpoint(tmp_path, {})

    rows = random_weights(UNTIED)["model.layers.1.self_attn.q_proj.weight"]
    np.testing.assert_array_equal(made.weight("blocks.1.attn.W_Q"), rows.T)


def test_a_base_llama_that_is_tied_is_taken(tmp_path: Path) -> None:
    """LlamaModel has no head of its own; tied to the embedding it has one."""
    assert llama(tmp_path, architectures=["LlamaModel"]).weight("W_U").shape == (64, 264)


def test_a_tensor_under_both_names_is_refused(tmp_path: Path) -> None:
    """With the prefix and without: which of the two was meant cannot be known."""
    write_hub_folder(TIED, tmp_path, tensors={"norm.weight": np.ones(64, np.float32)})

    assert "norm.weight twice" in said(tmp_path, "source.twice")


@pytest.mark.parametrize("name", ["gelu_pytorch_tanh", "gelu_fast", "gelu_new"])
def test_other_names_of_gelu_new(name: str, tmp_path: Path) -> None:
    """The tanh approximation is taken under each of transformers' names; the exact GELU is not."""
    assert gpt2(tmp_path / "a", activation_function=name).config.act_fn == "gelu_new"
    write_folder(TinyGpt2(), tmp_path / "b", settings={"activation_function": "gelu"})
    assert "Use a checkpoint with" in said(tmp_path / "b", "source.activation")


def test_the_hub_s_names_of_gpt2_s_sizes(tmp_path: Path) -> None:
    """GPT-2's sizes may stand under the names that other models use."""
    theirs = {
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "max_position_embeddings": 64,
    }
    without = dict.fromkeys(("n_embd", "n_head", "n_layer", "n_positions", "n_ctx"))
    config = gpt2(tmp_path, **without, **theirs).config

    assert (config.d_model, config.n_heads, config.n_layers, config.n_ctx) == (64, 4, 2, 64)


def test_two_names_that_differ_are_refused(tmp_path: Path) -> None:
    """Heads under both names with different numbers would change every probability: said."""
    write_folder(TinyGpt2(), tmp_path, settings={"num_attention_heads": 2})

    told = said(tmp_path, "source.two_values")
    assert "n_head as 4 and num_attention_heads as 2" in told


def test_what_is_left_out_is_the_class_s(tmp_path: Path) -> None:
    """Settings that a config.json lacks have the values of transformers' class."""
    assert gpt2(tmp_path / "a", layer_norm_epsilon=None).config.eps == 1e-5
    assert gpt2(tmp_path / "b", activation_function=None).config.act_fn == "gelu_new"
    made = llama(tmp_path / "c", rms_norm_eps=None, hidden_act=None, max_position_embeddings=None)
    assert (made.config.eps, made.config.n_ctx) == (1e-6, 2048)
    assert llama(tmp_path / "d", rope_theta=None, rope_scaling=None).config.rotary_base == 10000.0
    assert llama(tmp_path / "e", head_dim=None).config.d_head == 16


def test_the_end_is_the_class_s_where_no_file_names_one(tmp_path: Path) -> None:
    """Where no file names an end token it is the class's own; null means that there is none."""
    assert gpt2(tmp_path / "a", eos_token_id=None).end_ids == (50256,)
    assert llama(tmp_path / "b", eos_token_id=None).end_ids == (2,)
    config = json.loads((tmp_path / "b" / "config.json").read_text())
    (tmp_path / "b" / "config.json").write_text(json.dumps({**config, "eos_token_id": None}))
    assert read_checkpoint(tmp_path / "b", {}).end_ids == ()


def test_a_head_that_differs_is_kept(tmp_path: Path) -> None:
    """Tied by the settings and stored apart with other numbers: two matrices, as transformers."""
    head = np.random.default_rng(9).standard_normal((264, 64)).astype(np.float32)
    write_hub_folder(TIED, tmp_path, tensors={HEAD: head})

    made = read_checkpoint(tmp_path, {})

    assert not made.config.tie_word_embeddings
    np.testing.assert_array_equal(made.weight("W_U"), head.T)


def test_a_tied_model_may_hold_its_head_alone(tmp_path: Path) -> None:
    """Tied by the settings, with the head stored and not the embedding: the one is both."""
    rows = random_weights(TIED)[ROWS]
    write_hub_folder(TIED, tmp_path, tensors={ROWS: None, HEAD: rows})

    np.testing.assert_array_equal(read_checkpoint(tmp_path, {}).weight("W_E"), rows)


@pytest.mark.parametrize("tied", [False, None])
def test_no_head_at_all_is_refused(tied: bool | None, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    """Untied and without a head transformers makes one up: the sentence says what is missing."""
    write_hub_folder(TIED, tmp_path, settings={"tie_word_embeddings": tied})

    assert "Set tie_word_embeddings to true if" in said(tmp_path, "source.no_head")


ROPE = {"rope_type": "default", "rope_theta": 500000.0}


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({"rope_theta": 10000.0, "rope_parameters": ROPE}, 500000.0),
        ({"rope_theta": 10000.0, "rope_scaling": ROPE}, 500000.0),
        ({"rope_theta": 20000.0, "rope_parameters": {"rope_type": "default"}}, 20000.0),
        ({"rope_scaling": {"rope_theta": 7.0}, "rope_parameters": ROPE}, 7.0),
        ({"rope_scaling": {"rope_type": "linear", "factor": 1.0}}, 10000.0),
        ({"rope_scaling": {"rope_type": "default", "type": "linear", "factor": 4}}, 10000.0),
    ],
)
def test_two_rotary_bases(settings: dict[str, Any], base: float, tmp_path: Path) -> None:
    """The rotary base is the one that transformers takes: that of the record, if it has one."""
    assert llama(tmp_path, **settings).config.rotary_base == base


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"rope_parameters": {"full_attention": ROPE}}, "source.rope_scaling"),
        ({"rope_parameters": {"type": "dynamic", "factor": 2.0}}, "source.rope_scaling"),
        ({"rope_scaling": {"rope_type": "longrope"}}, "source.rope_scaling"),
        ({"rope_parameters": {**ROPE, "partial_rotary_factor": 0.5}}, "source.setting"),
        ({"partial_rotary_factor": 0.5}, "source.setting"),
        ({"per_layer_config": {"0": {"num_key_value_heads": 1}}}, "source.per_layer"),
    ],
)
def test_rotary_positions_of_another_kind(
    settings: dict[str, Any], key: str, tmp_path: Path
) -> None:
    """Scaled, by layer or in part, wherever it is said: refused, for it changes every number."""
    write_hub_folder(TIED, tmp_path, settings=settings)

    said(tmp_path, key)


@pytest.mark.parametrize(
    ("window", "expected"), [(None, None), (128, None), (4096, None), (9, 9), (..., None)]
)
def test_mistral(window: Any, expected: int | None, tmp_path: Path) -> None:
    """A Mistral is a Llama; a window narrower than the context is each layer's own."""
    changes = {"architectures": ["MistralForCausalLM"], "model_type": "mistral"}
    write_hub_folder(TIED, tmp_path, settings=changes)
    config = json.loads((tmp_path / "config.json").read_text())
    if window is not ...:
        config["sliding_window"] = window
    (tmp_path / "config.json").write_text(json.dumps(config))

    made = read_checkpoint(tmp_path, {}).config

    assert [made.layer(one).window for one in range(2)] == [expected] * 2


@pytest.mark.parametrize(
    "fields",
    [
        {"llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": 1.0},
        {"llama.rope.scaling.type": "none", "llama.rope.scaling.attn_factor": 2.0},
    ],
)
def test_a_gguf_s_scaling_in_odd_places(fields: dict[str, Any], tmp_path: Path) -> None:
    """Scaling of another kind, and a factor of attention, are named."""
    path = write_gguf(GGUF, tmp_path / "tiny.gguf", fields=fields).path

    told = said(path, "source.rope_scaling")
    assert any(str(part) in told for item in fields.items() for part in item)


@pytest.mark.parametrize("name", ["blk.0.rope_freqs.weight", "rope_factors_short.weight"])
def test_a_gguf_s_rotary_tensors(name: str, tmp_path: Path) -> None:
    """Factors that are stored as a tensor are named as scaling, wherever they stand."""
    tensors = {name: np.full(8, 2.0, np.float32)}
    path = write_gguf(GGUF, tmp_path / "tiny.gguf", tensors=tensors).path

    assert name in said(path, "source.rope_scaling")


@pytest.mark.parametrize(
    "fields",
    [
        {"llama.rope.scaling.type": "none", "llama.rope.scaling.factor": 4.0},
        {"llama.rope.scaling.factor": 1.0},
        {"llama.rope.scale_linear": 0.0},
        {"llama.attention.value_length": 16},
    ],
)
def test_a_gguf_s_scaling_that_is_none(fields: dict[str, Any], tmp_path: Path) -> None:
    """A factor of 1 or 0, or one that the type switches off, leaves the positions as they are."""
    path = write_gguf(GGUF, tmp_path / "tiny.gguf", fields=fields).path

    assert read_checkpoint(path, {}).config.rotary_base == 10000.0


def test_a_gguf_s_values_of_another_width(tmp_path: Path) -> None:
    """Values of another width than the keys are named, before any tensor is."""
    path = write_gguf(GGUF, tmp_path / "tiny.gguf", fields={"llama.attention.value_length": 8}).path

    said(path, "source.value_width")


def adapter(folder: Path, **told: str) -> None:
    """A LoRA's folder as peft saves it."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **told}))
    (folder / "adapter_model.safetensors").write_bytes(b"")


def test_an_adapter_is_named_as_such(tmp_path: Path) -> None:
    """A LoRA is no model: the sentence has its base, and how the two become one."""
    adapter(tmp_path / "a", base_model_name_or_path="maker/base")
    assert "Merge it into its base model (maker/base)" in said(tmp_path / "a", "source.adapter")
    adapter(tmp_path / "b")
    assert "(its files name none)" in said(tmp_path / "b", "source.adapter")
    write_hub_folder(TIED, tmp_path / "b")
    said(tmp_path / "b", "source.adapter")


def test_a_folder_around_a_checkpoint_is_named(tmp_path: Path) -> None:
    """A folder whose folders or files are checkpoints says which."""
    for name in ("checkpoint-500", "checkpoint-1000"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")

    told = said(tmp_path, "source.inside")
    assert "checkpoint-1000, checkpoint-500, tiny.gguf in it may be what you mean" in told


def test_every_sentence_says_what_to_do() -> None:
    """Each refusal of a checkpoint ends with what its reader can do."""
    file = Path(seethrough.__file__).parent / "catalogue" / "en" / "export.json"
    told = json.loads(file.read_text("utf-8"))

    assert len(told) > 20
    assert [key for key, text in told.items() if not WHAT_TO_DO.search(text)] == []
