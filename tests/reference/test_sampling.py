"""Edits, temperature and cuts against the list of processors that transformers itself makes."""

from __future__ import annotations

import numpy as np
import pytest

from seethrough.core.sampling import reshape
from tests.core.test_sampling import UNLIKELY, darts, deviation

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.reference
LEAST_EXPECTED = 5


RANKS = (np.arange(49152) * 7919) % 49152
SCORES = (18.0 - 1.4 * np.log(1.0 + RANKS)).astype(np.float32)
BEST = np.argsort(-SCORES, kind="stable")
TEXT = [int(token) for token in BEST[[0, 3, 5, 0, 3, 7, 40_000, 3, 5, 2, 0, 3]]]
# Each filter alone, many pairs, and all of them.
SHAPES = [
    {"temperature": 1.0},
    {"temperature": 0.6},
    {"top_k": 40},
    {"top_p": 0.9},
    {"min_p": 0.05},
    {"typical_p": 0.9},
    {"typical_p": 0.2},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.7},
    {"no_repeat_ngram_size": 2},
    {"no_repeat_ngram_size": 1},
    {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.02},
    {"temperature": 1.7, "top_k": 300, "top_p": 0.8, "min_p": 0.1},
    {"temperature": 2.0, "top_p": 0.999, "min_p": 0.001},
    {"temperature": 0.7, "typical_p": 0.95},
    {"top_k": 50, "typical_p": 0.5},
    {"top_p": 0.8, "typical_p": 0.6},
    {"min_p": 0.01, "typical_p": 0.9},
    {"temperature": 1.4, "repetition_penalty": 1.2},
    {"repetition_penalty": 1.5, "no_repeat_ngram_size": 3},
    {"repetition_penalty": 1.1, "top_p": 0.9},
    {"no_repeat_ngram_size": 2, "top_k": 20},
    {"temperature": 0.5, "repetition_penalty": 2.0, "typical_p": 0.7},
    {
        "temperature": 1.2,
        "top_k": 200,
        "top_p": 0.97,
        "min_p": 0.003,
        "typical_p": 0.9,
        "repetition_penalty": 1.3,
        "no_repeat_ngram_size": 2,
    },
]
SETTERS = ("top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "no_repeat_ngram_size")


def transformers_probs(shape: dict[str, float]) -> np.ndarray:
    """The distribution of `generate(do_sample=True)`: its own list of processors, in its order."""
    config = transformers.GenerationConfig(
        do_sample=True,
        temperature=shape.get("temperature", 1.0),
        **{"top_k": 0, **{name: shape[name] for name in SETTERS if name in shape}},
    )
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(n_layer=1, n_head=1, n_embd=4))
    listed = model._get_logits_processor(config, input_ids_seq_length=len(TEXT))
    scores = listed(torch.tensor([TEXT]), torch.tensor(SCORES, dtype=torch.float64)[None])
    return torch.softmax(scores, dim=-1)[0].numpy()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_filters_are_transformers_own(shape: dict[str, float]) -> None:
    """The same tokens stay, with the same probabilities, over a whole vocabulary."""
    probs = transformers_probs(shape)

    shaped = reshape(SCORES, text=TEXT, **{"temperature": 1.0, **shape})

    assert (shaped.probs > 0).tolist() == (probs > 0).tolist()
    np.testing.assert_allclose(shaped.probs, probs, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_20_000_draws_follow_transformers(shape: dict[str, float]) -> None:
    """A χ² test of the darts against transformers' distribution, rare tokens taken together."""
    probs = transformers_probs(shape)

    shaped = reshape(SCORES, text=TEXT, **{"temperature": 1.0, **shape})
    landed = shaped.landings(np.array(darts()))

    assert (probs[landed] > 0).all()
    seldom = probs * len(landed) < LEAST_EXPECTED
    counts = np.bincount(landed, minlength=probs.size)
    expected = np.append(probs[~seldom], probs[seldom].sum())
    counted = np.append(counts[~seldom], counts[seldom].sum())
    if np.count_nonzero(expected) > 1:
        assert abs(deviation(counted, expected)) < UNLIKELY
