"""What a public project recorded inside one real block of distilgpt2 and of TinyLlama.

Real vectors go through the numpy twins; where the records are not at hand, the tests are skipped.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from seethrough.core.maths import causal_mask, gelu_new, rotary_angles, rotate, silu, softmax

BESIDE = Path(__file__).parents[3] / "shared" / "reference"
FILE = Path(os.environ.get("SEETHROUGH_REFERENCE", BESIDE)) / "published-blocks.json"
GPT2, LLAMA = "distilgpt2", "TinyLlama-1.1B-Chat-v1.0"
NAMES = (
    *("q", "k", "v", "weights", "context", "pre_ln1", "attn_output", "post_attn_residual"),
    *("ffn_gate", "ffn_pre_act", "ffn_post_act", "ffn_output", "block_output"),
)
# The records have seven digits.
DIGITS = {"rtol": 2e-6, "atol": 1e-6}
ROTARY_BASE = 10000.0

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"{FILE.name} is not at hand")


@cache
def block(model: str) -> dict[str, np.ndarray]:
    """The arrays recorded of one model, in float64."""
    told = json.loads(FILE.read_text(encoding="utf-8"))[model]
    return {name: np.array(told[name], np.float64) for name in NAMES if told[name] is not None}


def pattern(q: np.ndarray, k: np.ndarray) -> np.ndarray:
    """softmax(q·k / √d_head) under the causal mask."""
    return softmax(q @ k.T / np.sqrt(q.shape[1]) + causal_mask(len(q), 0, np.float64))


def test_attention_of_distilgpt2() -> None:
    """softmax(q·k / 8) of the recorded queries and keys is the recorded pattern."""
    told = block(GPT2)
    np.testing.assert_allclose(pattern(told["q"], told["k"]), told["weights"], **DIGITS)


def test_rotary_attention_of_tinyllama() -> None:
    """Queries and keys turned by halves give the recorded pattern; as they are they do not."""
    told = block(LLAMA)
    angles = rotary_angles(np.arange(len(told["q"])), 64, ROTARY_BASE, np.float64)
    q, k = (rotate(told[name][:, None, :], angles)[:, 0] for name in "qk")

    np.testing.assert_allclose(pattern(q, k), told["weights"], **DIGITS)
    assert np.abs(pattern(told["q"], told["k"]) - told["weights"]).max() > 0.01


@pytest.mark.parametrize("model", [GPT2, LLAMA])
def test_the_mix_and_the_sums(model: str) -> None:
    """The pattern's mix of values is the recorded z; the stream is the sum of its parts."""
    told = block(model)
    sums = {"rtol": 0, "atol": 2e-5}  # numbers of up to a thousand, in seven digits

    np.testing.assert_allclose(told["weights"][-1] @ told["v"], told["context"], **DIGITS)
    middle = told["pre_ln1"] + told["attn_output"]
    np.testing.assert_allclose(middle, told["post_attn_residual"], **sums)
    np.testing.assert_allclose(middle + told["ffn_output"], told["block_output"], **sums)


def test_gelu_of_distilgpt2() -> None:
    """gelu_new of each neuron's recorded sum is the recorded activation."""
    told = block(GPT2)
    np.testing.assert_allclose(gelu_new(told["ffn_pre_act"]), told["ffn_post_act"], **DIGITS)


def test_swiglu_of_tinyllama() -> None:
    """silu of the recorded gate times the linear half is the recorded activation."""
    told = block(LLAMA)
    made = silu(told["ffn_gate"]) * told["ffn_pre_act"]
    np.testing.assert_allclose(made, told["ffn_post_act"], **DIGITS)
