"""The closest peer's recorded heads, drawn by our views from its own vectors.

Its file lies outside the repository (`../shared/reference/published-blocks.json`); where it does
not, these tests have nothing to read.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.captured import Captured
from seethrough.core.config import ModelConfig
from seethrough.core.hooks import hook_name
from seethrough.core.maths import causal_mask, rotary_angles, rotate, softmax
from seethrough.core.routes import Route
from seethrough.core.tokens import TokenView
from seethrough.view.block.here import here_of
from seethrough.view.block.products import products_of
from seethrough.view.layout import PANELS
from tests.steps import page_state
from tests.view.sample import Reading

if TYPE_CHECKING:
    from seethrough.app.state import AppState

FILE = Path(__file__).parents[3] / "shared" / "reference" / "published-blocks.json"
NAMES = ("distilgpt2", "TinyLlama-1.1B-Chat-v1.0")
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the peer's file is not here")


@cache
def read() -> dict[str, Any]:
    """What the peer published."""
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return told


def config_of(told: dict[str, Any]) -> ModelConfig:
    """The model's sizes, as far as the file tells them."""
    is_llama = bool(told["has_swiglu_gate"])
    return ModelConfig(
        family="llama" if is_llama else "gpt2",
        d_model=told["hidden_size"],
        n_layers=22 if is_llama else 6,
        n_heads=told["n_heads"],
        n_key_value_heads=4 if is_llama else told["n_heads"],
        d_head=told["head_dim"],
        d_mlp=told["ffn_dim"],
        d_vocab=32_000 if is_llama else 50_257,
        n_ctx=2048 if is_llama else 1024,
        eps=1e-5,
        rotary_base=10_000.0 if is_llama else None,
        act_fn="silu" if is_llama else "gelu_new",
        normalization_type="RMS" if is_llama else "LN",
        positional_embedding_type="rotary" if is_llama else "standard",
        tie_word_embeddings=not is_llama,
    )


@cache
def state_of(name: str) -> AppState:
    """A run that holds the peer's query, key and value of the head, and what we make of them."""
    told = read()[name]
    config, layer = config_of(told), told["layer_index"]
    q, k, v = (np.array(told[one], np.float32)[:, None] for one in "qkv")
    n_pos = len(q)
    turned = (q, k)
    if config.rotary_base is not None:
        angles = rotary_angles(np.arange(n_pos), config.d_head, config.rotary_base)
        turned = (rotate(q, angles), rotate(k, angles))
    scores = turned[0][:, 0] @ turned[1][:, 0].T / np.sqrt(np.float32(config.d_head))
    scores = (scores + causal_mask(n_pos, 0))[None]
    made = {
        hooks.Q: q,
        hooks.K: k,
        hooks.V: v,
        hooks.SCORES: scores,
        hooks.PATTERN: softmax(scores),
    }
    made |= {hooks.ROT_Q: turned[0], hooks.ROT_K: turned[1]} if config.rotary_base else {}
    texts = [str(one) for one in told["tokens"]]
    return page_state(
        config=config,
        source="live",
        tokens=tuple(
            TokenView(token, text, text, is_special=False)
            for token, text in zip(told["token_ids"], texts, strict=True)
        ),
        captured=Captured({hook_name(leaf, layer): array for leaf, array in made.items()}),
        layer=layer,
        head=told["head_index"],
        position=told["spotlight_idx"],
    )


@pytest.mark.parametrize("name", NAMES)
def test_its_weights_are_ours(name: str) -> None:
    """Softmax of its own q · k / √d gives its published weights, to 1e-6."""
    state = state_of(name)
    here = here_of(state)
    assert here is not None
    ours = state.run.captured.arrays[here.name(hooks.PATTERN)][0]

    np.testing.assert_allclose(ours, np.array(read()[name]["weights"]), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_its_scores_are_no_scores(name: str) -> None:
    """What it calls scores is not q · k / √d: it is the logarithm of the weights.

    Softmax forgets what is added to a whole row, so both lead to the same weights; but a number
    that is called a product of two vectors has to be that product.
    """
    told = read()[name]
    state = state_of(name)
    here = here_of(state)
    assert here is not None
    ours = state.run.captured.arrays[here.name(hooks.SCORES)][0]
    seen = np.tril(np.ones(ours.shape, bool))
    theirs = np.array(told["scores"], np.float64)
    weights = np.array(told["weights"], np.float64)

    assert np.abs(theirs - ours)[seen].max() > 1
    large = seen & (weights > 1e-4)
    np.testing.assert_allclose(theirs[large], np.log(weights[large]), atol=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_its_head_is_drawn(name: str) -> None:
    """Our three steps draw it: each score that is written is the sum of the products shown."""
    state = state_of(name)
    here = here_of(state)
    assert here is not None
    for step in ("qkv", "scores", "weights"):
        shown = state.but(route=Route("block", "own", step))
        assert here.name(hooks.SCORES).split(".attn")[0] in PANELS[f"step-{step}"].render(shown)
    made = products_of(state, here, 0)
    assert made is not None
    scores = state.run.captured.arrays[here.name(hooks.SCORES)]
    assert made.score == pytest.approx(float(scores[0, here.position, 0]), abs=1e-5)
    cells = Reading(PANELS["step-scores"].render(state.but(route=Route("block", "own", "scores"))))
    assert f"{here.name(hooks.SCORES)}[0,{here.position},0]" in cells.values("data-cell")
