"""The graph that opens a trained model has every hook of the reference, with any vocabulary."""

from __future__ import annotations

import numpy as np
import pytest

from export.train.step import build_run
from seethrough.core import hooks, reference
from seethrough.core.train.flat import flat_of
from seethrough.core.train.sizes import config_of, first_weights
from tests.export.train.test_step_graph import opened

TOKENS = (4, 1, 3, 3, 8)
D_VOCAB = 11


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_every_hook(family: str) -> None:
    """From weights in one vector come the hooks that the reference computes from the same."""
    config = config_of("25k", D_VOCAB, family)
    weights = {name: 5 * array for name, array in first_weights(config, 2).items()}
    names = [spec.name for spec in hooks.expected_hooks(config)]
    session = opened(build_run(config_of("25k", 2, family)))
    got = session.run([*names, hooks.LOGITS], fed(config, flat_of(config).join(weights)))
    cache, _ = reference.forward(config, reference.from_arrays(weights), TOKENS, dtype=np.float64)

    for name, value in zip([*names, hooks.LOGITS], got, strict=True):
        expected = cache[name][-len(value) :] if value.ndim < 3 else cache[name]
        seen = np.isfinite(expected)
        assert np.allclose(value[seen], expected[seen], atol=2e-5), name


def fed(config, vector):
    """The inputs of a run from the start, its last position unembedded."""
    layers, heads = config.n_layers, config.n_heads
    nothing = np.zeros((1, config.n_key_value_heads, 0, config.d_head), np.float32)
    past = {f"past.{layer}.{kind}": nothing for layer in range(layers) for kind in ("key", "value")}
    return {
        "weights": vector,
        "tokens": np.array([TOKENS]),
        "positions": np.arange(len(TOKENS))[None],
        "unembed_layer": np.array([layers]),
        "unembed_pos": np.array([len(TOKENS) - 1]),
        "top_k": np.array([1]),
        "head_scale": np.ones((layers, heads), np.float32),
        "mlp_scale": np.ones(layers, np.float32),
        "resid_add": np.zeros((layers + 1, 1, config.d_model), np.float32),
        "score_add": np.zeros((layers, 1, 1, 1), np.float32),
        **past,
    }
